import type { FileSink, SinkFile, SinkLink, SinkState } from "../api/sink.ts";
import { sinkBusy } from "../errors/sink.ts";
import { checkedSink, type UncheckedSession } from "./checked-sink.ts";
import { clean, isDecided, recover, type Swap, swapFolders } from "./folder-swap.ts";
import { type DiskState, HIDDEN_LOCK, ownerOf, readDiskState } from "./hidden-lock.ts";
import { inParallel } from "./in-parallel.ts";
import { ProjectDisk, type SinkFs, type SinkFsEntry } from "./sink-fs.ts";
import { folderOf, linkText, refusePath, rootsOf } from "./sink-paths.ts";
import { STAGED, WORK } from "./work-folder.ts";

export interface FsSinkOptions {
  /** `id` identifies this process. `open` fails with ESINKBUSY if `alive` returns true for the process that is using the folder. */
  owner?: { id: string; alive(id: string): boolean | Promise<boolean> };
}

const OWNER = `${WORK}/owner`;
/** The number of files that are written at the same time. */
const AT_ONCE = 16;

/**
 * Makes a sink that writes to a disk: `node_modules` in `folder`, and in the folders of workspaces (docs/sinks.md).
 *
 * 1. `open` claims the work folder, and finishes or removes an interrupted change.
 * 2. `write` builds the new tree in the work folder. Kept packages are hard-linked into it, or copied if the disk has no links.
 * 3. `commit` adds links and the hidden lock, then swaps the folders, so that a crash leaves the old tree or the new one.
 */
export function createFsSink(fs: SinkFs, folder: string, options: FsSinkOptions = {}): FileSink {
  const disk = new ProjectDisk(fs, folder);
  return checkedSink({}, async () => {
    const link = await disk.firstLinkIn("node_modules");
    if (link) refusePath(link, "is a symbolic link. Replace it by a folder");
    await disk.makeFolder("");
    await claimFolder(disk, options.owner);
    try {
      return new FsSession(disk, await readDiskState(disk));
    } catch (error) {
      await clean(disk);
      throw error;
    }
  });
}

async function claimFolder(disk: ProjectDisk, owner: FsSinkOptions["owner"]): Promise<void> {
  const id = owner && (await disk.text(OWNER));
  if (id && (await owner.alive(id)))
    throw sinkBusy(`The process ${id} is installing here. Wait until it has ended.`, { owner: id });
  await recover(disk);
  // Fails if another process was faster.
  await disk.fs.mkdir(disk.at(WORK));
  if (owner) await disk.fs.writeFile(disk.at(OWNER), owner.id);
}

class FsSession implements UncheckedSession {
  readonly held: ReadonlyMap<string, string>;
  readonly #disk: ProjectDisk;
  readonly #before: DiskState;
  #keep: ReadonlySet<string> = new Set();
  #wrote = false;
  #copied: Promise<void> | null = null;
  /** The folders that were made in the staged tree, each with the promise of its creation. */
  readonly #folders = new Map<string, Promise<void>>();
  #canLink = true;

  constructor(disk: ProjectDisk, before: DiskState) {
    this.#disk = disk;
    this.#before = before;
    this.held = before.held;
  }

  async begin(keep: ReadonlySet<string>): Promise<void> {
    this.#keep = keep;
  }

  async write(location: string, files: Iterable<SinkFile>): Promise<void> {
    this.#wrote = true;
    await this.#copyKept();
    if (this.#folders.has(location)) await this.#clear(location);
    await inParallel(files, AT_ONCE, async ({ path, bytes, mode }) => {
      const to = `${location}/${path}`;
      await this.#folder(folderOf(to));
      await this.#disk.fs.writeFile(this.#staged(to), bytes, { mode });
    });
  }

  async commit(state: SinkState): Promise<void> {
    if (await this.#changesNothing(state)) return this.#disk.remove(WORK);
    await this.#copyKept();
    await inParallel(state.links, AT_ONCE, (link) => this.#link(link));
    await this.#folder("node_modules");
    // Write the hidden lock last: npm trusts it only if no folder is newer.
    await this.#disk.fs.writeFile(this.#staged(HIDDEN_LOCK), state.hiddenLock);
    const roots = rootsOf(
      state.packages.keys(),
      state.links.map(({ path }) => path),
    );
    for (const root of roots) {
      const link = await this.#disk.firstLinkIn(root);
      if (link) refusePath(link, "is a symbolic link. Replace it by a folder");
    }
    const swaps: Swap[] = [...roots].map((root) => ({ root, filled: true }));
    for (const root of rootsOf(this.#before.entries.keys()))
      if (!roots.has(root) && !(await this.#disk.firstLinkIn(root))) swaps.push({ root, filled: false });
    await swapFolders(this.#disk, swaps);
    // The tree is complete. If a later step fails, the next change repeats it.
    await this.#touchHiddenLock(swaps).catch(() => {});
    await clean(this.#disk).catch(() => {});
  }

  async abort(): Promise<void> {
    if (!(await isDecided(this.#disk))) await this.#disk.remove(WORK);
  }

  #staged(path: string): string {
    return this.#disk.at(`${STAGED}/${path}`);
  }

  #folder(path: string): Promise<void> {
    let made = this.#folders.get(path);
    if (!made) {
      made = this.#disk.makeFolder(`${STAGED}/${path}`);
      this.#folders.set(path, made);
      for (let at = folderOf(path); at && !this.#folders.has(at); at = folderOf(at)) this.#folders.set(at, made);
    }
    return made;
  }

  /** Removes files that another package's tarball brought to a location, but no kept package below it. */
  async #clear(location: string): Promise<void> {
    const below = [...this.#keep].filter((kept) => kept.startsWith(`${location}/`));
    const clearFolder = async (folder: string): Promise<void> => {
      for (const { name } of await this.#disk.list(`${STAGED}/${folder}`)) {
        const path = `${folder}/${name}`;
        if (below.includes(path)) continue;
        if (below.some((kept) => kept.startsWith(`${path}/`))) await clearFolder(path);
        else await this.#disk.remove(`${STAGED}/${path}`);
      }
    };
    await clearFolder(location);
    for (const path of this.#folders.keys()) if (path.startsWith(`${location}/`)) this.#folders.delete(path);
  }

  #copyKept(): Promise<void> {
    this.#copied ??= inParallel(this.#keep, 4, (location) => this.#copyFolder(location, location));
    return this.#copied;
  }

  /** Copies a folder, without other packages in it, and without commands, which `commit` links again. */
  async #copyFolder(owner: string, folder: string): Promise<void> {
    const { entries } = this.#before;
    const isOther = (path: string): boolean => entries.has(path) && ownerOf(path, entries) !== owner;
    const inCommands = folder.endsWith("node_modules/.bin");
    await inParallel(await this.#disk.list(folder), 4, async (entry: SinkFsEntry) => {
      const path = `${folder}/${entry.name}`;
      if (isOther(path)) return;
      if (entry.isDirectory()) await this.#copyFolder(owner, path);
      else if (entry.isFile()) await this.#copyFile(path);
      else if (entry.isSymbolicLink() && !inCommands) await this.#copyLink(path);
    });
  }

  async #copyFile(path: string): Promise<void> {
    await this.#folder(folderOf(path));
    const { fs } = this.#disk;
    if (this.#canLink) {
      try {
        await fs.link(this.#disk.at(path), this.#staged(path));
        return;
      } catch (error) {
        // Some disks have no hard links, and some limit the links of one file (EMLINK).
        if ((error as { code?: unknown }).code !== "EMLINK") this.#canLink = false;
      }
    }
    await fs.copyFile(this.#disk.at(path), this.#staged(path));
  }

  async #copyLink(path: string): Promise<void> {
    await this.#folder(folderOf(path));
    await this.#disk.fs.symlink(String(await this.#disk.fs.readlink(this.#disk.at(path))), this.#staged(path));
  }

  async #link(link: SinkLink): Promise<void> {
    await this.#folder(folderOf(link.path));
    const create = (): Promise<unknown> => this.#disk.fs.symlink(linkText(link), this.#staged(link.path));
    try {
      await create();
    } catch (error) {
      // A bundled command has the same name: the link replaces it. In `node_modules` itself the other entry is a package, which is kept.
      if ((error as { code?: unknown }).code !== "EEXIST" || !folderOf(link.path).endsWith("/.bin")) throw error;
      await this.#disk.remove(`${STAGED}/${link.path}`);
      await create();
    }
  }

  /** Checks whether the disk has the new state already, so that nothing must be swapped. */
  async #changesNothing({ packages, links, hiddenLock }: SinkState): Promise<boolean> {
    const { whole, held, entries, text } = this.#before;
    if (this.#wrote || !whole || text !== hiddenLock || packages.size !== held.size) return false;
    const wanted = new Map(links.map((link) => [link.path, linkText(link)]));
    const folders = [...rootsOf(entries.keys(), wanted.keys())];
    for (const location of entries.keys()) folders.push(`${location}/node_modules`);
    let same = true;
    let found = 0;
    const compare = async (path: string): Promise<void> => {
      found++;
      const target = await this.#disk.fs.readlink(this.#disk.at(path)).catch(() => null);
      if (target !== wanted.get(path)) same = false;
    };
    await inParallel(folders, AT_ONCE, async (folder) => {
      for (const { name } of await this.#disk.list(`${folder}/.bin`)) await compare(`${folder}/.bin/${name}`);
    });
    for (const [location, { kind }] of entries) if (kind === "link") await compare(location);
    return same && found === wanted.size;
  }

  /** Makes the hidden lock newer than the swapped folders of workspaces, because npm compares their times too. */
  async #touchHiddenLock(swaps: readonly Swap[]): Promise<void> {
    if (swaps.length === 1) return;
    let latest = 0;
    for (const { root } of swaps)
      for (const folder of [root, folderOf(root)])
        latest = Math.max(latest, Number((await this.#disk.stat(folder))?.mtimeMs ?? 0));
    const seconds = Math.ceil(latest + 1) / 1000;
    await this.#disk.fs.utimes(this.#disk.at(HIDDEN_LOCK), seconds, seconds);
  }
}
