import type { FileSink, SinkFile, SinkState } from "../../src/api/sink.ts";
import { invalidInput } from "../../src/errors/invalid-option.ts";
import { sinkBusy } from "../../src/errors/sink.ts";
import { checkedSink, type UncheckedSession } from "../../src/sink/checked-sink.ts";
import { inParallel } from "../../src/sink/in-parallel.ts";
import { foldersAbove, refusePath, rootsOf } from "../../src/sink/sink-paths.ts";
import { STAGED, WORK } from "../../src/sink/work-folder.ts";
import {
  AT_ONCE,
  bundledFolders,
  decide,
  isDecided,
  type OpfsPackage,
  type Packages,
  readState,
  recover,
  writeState,
} from "./opfs-change.ts";
import { OpfsDisk } from "./opfs-disk.ts";

/**
 * Makes a sink that writes `node_modules` into a folder of the origin-private file system, which has neither links nor modes: links
 * are listed in `node_modules/.webhoist.json` (docs/sinks.md). Folders cannot be renamed there, so a change is made in steps:
 *
 * 1. `write` stages new files in a work folder.
 * 2. `commit` writes a journal. From here on the change will happen.
 * 3. The old files are removed, and the staged files moved in one by one. If that is interrupted, the next `open` finishes it: the
 *    sink must be opened before the files are used.
 *
 * @throws InstallError EINVALIDINPUT
 */
export function createOpfsSink(directory: FileSystemDirectoryHandle): FileSink {
  if (typeof (directory as Partial<FileSystemDirectoryHandle> | null)?.getDirectoryHandle !== "function")
    throw invalidInput("createOpfsSink takes a folder, such as await navigator.storage.getDirectory().");
  return checkedSink(directory, async () => {
    const release = await lock(directory);
    try {
      const disk = new OpfsDisk(directory);
      await recover(disk);
      const { packages, roots } = await readState(disk);
      return new OpfsSession(disk, { packages, roots, release });
    } catch (error) {
      release();
      throw error;
    }
  });
}

/** Locks the folder against other tabs. Returns the function that releases it. @throws InstallError ESINKBUSY */
async function lock(directory: FileSystemDirectoryHandle): Promise<() => void> {
  const { locks, storage } = globalThis.navigator ?? {};
  if (!locks || !storage?.getDirectory) return () => {};
  const path = await (await storage.getDirectory()).resolve(directory);
  return new Promise((resolve, reject) => {
    const hold = (granted: unknown): Promise<void> | undefined => {
      if (granted) return new Promise((release) => resolve(release));
      reject(sinkBusy("Another tab is installing here. Wait until it has ended."));
      return undefined;
    };
    const name = `webhoist sink ${(path ?? [directory.name]).join("/")}`;
    locks.request(name, { ifAvailable: true }, hold).catch(reject);
  });
}

interface Before {
  packages: Packages;
  roots: ReadonlySet<string>;
  release: () => void;
}

class OpfsSession implements UncheckedSession {
  readonly held: ReadonlyMap<string, string>;
  readonly #disk: OpfsDisk;
  readonly #before: Before;
  #keep: ReadonlySet<string> = new Set();
  /** Folders that the written packages bring into their own `node_modules`, by location. */
  readonly #brings = new Map<string, Set<string>>();

  constructor(disk: OpfsDisk, before: Before) {
    this.#disk = disk;
    this.#before = before;
    this.held = new Map([...before.packages].map(([location, { integrity }]) => [location, integrity]));
  }

  async begin(keep: ReadonlySet<string>): Promise<void> {
    this.#keep = keep;
  }

  async write(location: string, files: Iterable<SinkFile>): Promise<void> {
    // A package's tarball may bring this location. The separate package replaces it.
    const wasBrought = [...this.#brings.values()].some((others) => others.has(location));
    const brings = new Set<string>();
    this.#brings.set(location, brings);
    if (wasBrought) await this.#disk.remove(`${STAGED}/${location}`);
    await inParallel(files, AT_ONCE, async ({ path, bytes }) => {
      for (const folder of bundledFolders(location, path)) brings.add(folder);
      await this.#disk.write(`${STAGED}/${location}/${path}`, bytes);
    });
  }

  async commit({ packages, links }: SinkState): Promise<void> {
    const next = new Map<string, OpfsPackage>();
    const kept = new Map<string, OpfsPackage>();
    // A separate package at a bundled folder's path owns that folder.
    const linkPaths = new Set(links.map(({ path }) => path));
    const isOwn = (path: string): boolean => !packages.has(path) && !linkPaths.has(path);
    for (const [location, integrity] of packages) {
      const before = this.#keep.has(location) ? this.#before.packages.get(location) : undefined;
      const brings = before?.brings ?? [...(this.#brings.get(location) ?? [])];
      const entry = { integrity, brings: brings.filter(isOwn) };
      next.set(location, entry);
      if (before) kept.set(location, entry);
    }
    for (const root of rootsOf(packages.keys()))
      for (const folder of foldersAbove(root))
        if (await this.#disk.findFile(folder)) refusePath(folder, "is not a folder. Remove it");
    await writeState(this.#disk, next, links);
    await decide(this.#disk, kept, new Set([...this.#before.roots, ...rootsOf(packages.keys())]));
    // The change is decided. What failed once may succeed now; otherwise the next `open` finishes it.
    await recover(this.#disk).catch(() => recover(this.#disk));
    this.#before.release();
  }

  async abort(): Promise<void> {
    try {
      if (!(await isDecided(this.#disk))) await this.#disk.remove(WORK);
    } finally {
      this.#before.release();
    }
  }
}
