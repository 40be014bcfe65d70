import type { FileSink, SinkFile, SinkState } from "../../src/api/sink.ts";
import { sinkBusy } from "../../src/errors/sink.ts";
import { guardSink, type RawSession } from "../../src/sink/checked-sink.ts";
import { inParallel } from "../../src/sink/in-parallel.ts";
import { rootsOf } from "../../src/sink/sink-paths.ts";
import {
  AT_ONCE,
  brought,
  decide,
  type Filled,
  isDecided,
  type Packages,
  readState,
  recover,
  STAGED,
  WORK,
  writeState,
} from "./opfs-change.ts";
import { OpfsDisk } from "./opfs-disk.ts";

/**
 * Folders in the origin-private file system: `node_modules` in `directory`. Only what differs is written. There are no links
 * and no modes there: links are listed in `node_modules/.webhoist.json` (docs/sinks.md).
 *
 * Folders there cannot be renamed, so a change that is decided is done file by file. One that is cut off then, or fails, is
 * finished by the next `open`, which must come before the files are used.
 */
export function createOpfsSink(directory: FileSystemDirectoryHandle): FileSink {
  return guardSink(directory, async () => {
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

/** One tab at a time. @throws InstallError ESINKBUSY */
async function lock(directory: FileSystemDirectoryHandle): Promise<() => void> {
  const { locks, storage } = globalThis.navigator ?? {};
  if (!locks || !storage?.getDirectory) return () => {};
  const path = await (await storage.getDirectory()).resolve(directory);
  return new Promise((resolve, reject) => {
    const hold = (granted: unknown): Promise<void> | undefined => {
      if (granted) return new Promise((release) => resolve(release));
      reject(sinkBusy("Another tab is installing here."));
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

class OpfsSession implements RawSession {
  readonly held: ReadonlyMap<string, string>;
  readonly #disk: OpfsDisk;
  readonly #before: Before;
  #keep: ReadonlySet<string> = new Set();
  /** What packages that were written bring into folders of their own. */
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
    // Another package brought it.
    const wasBrought = [...this.#brings.values()].some((others) => others.has(location));
    const brings = new Set<string>();
    this.#brings.set(location, brings);
    if (wasBrought) await this.#disk.remove(`${STAGED}/${location}`);
    await inParallel(files, AT_ONCE, async ({ path, bytes }) => {
      for (const folder of brought(location, path)) brings.add(folder);
      await this.#disk.write(`${STAGED}/${location}/${path}`, bytes);
    });
  }

  async commit({ packages, links }: SinkState): Promise<void> {
    const next = new Map<string, Filled>();
    const kept = new Map<string, Filled>();
    // A package that was written where another one's tarball had files has them instead.
    const isOwn = (path: string): boolean => !packages.has(path);
    for (const [location, integrity] of packages) {
      const before = this.#keep.has(location) ? this.#before.packages.get(location) : undefined;
      const brings = before?.brings ?? [...(this.#brings.get(location) ?? [])];
      const filled = { integrity, brings: brings.filter(isOwn) };
      next.set(location, filled);
      if (before) kept.set(location, filled);
    }
    await writeState(this.#disk, next, links);
    await decide(this.#disk, kept, new Set([...this.#before.roots, ...rootsOf(packages.keys())]));
    await recover(this.#disk);
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
