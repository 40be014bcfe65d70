import type { FileSink, SinkFile, SinkLink, SinkState } from "../api/sink.ts";
import type { RulesOf } from "../base/option-rules.ts";
import { checkOptions } from "../base/refuse-option.ts";
import { endSentence } from "../errors/failure.ts";
import { failureOf } from "../errors/failure-of.ts";
import { asText, invalidInput } from "../errors/invalid-option.ts";
import { sinkBusy, sinkFailed } from "../errors/sink.ts";
import { checkedSink, type UncheckedSession } from "./checked-sink.ts";
import { clean, isDecided, recover, removeWork, type Swap, swapFolders } from "./folder-swap.ts";
import { type DiskState, HIDDEN_LOCK, ownerOf, readDiskState } from "./hidden-lock.ts";
import { inParallel } from "./in-parallel.ts";
import { ProjectDisk, type SinkFs, type SinkFsEntry } from "./sink-fs.ts";
import { folderOf, foldersAbove, linkText, refusePath, rootsOf } from "./sink-paths.ts";
import { folderAt, StagedFolders, type StagedState } from "./staged-folders.ts";
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
 *
 * @throws InstallError EINVALIDINPUT, EINVALIDOPTION
 */
export function createFsSink(fs: SinkFs, folder: string, options: FsSinkOptions = {}): FileSink {
  checkFs(fs);
  if (asText(folder, "folder") === "") throw invalidInput("folder must be the path of a folder, not empty.");
  checkOptions(RULES, options);
  const disk = new ProjectDisk(fs, folder);
  return checkedSink({}, async () => {
    await disk.refuseLinks("node_modules");
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

const RULES: RulesOf<FsSinkOptions> = { owner: { id: "text", alive: "function" } };

/** Every function of {@link SinkFs}. The compiler demands each. */
const FS_FUNCTIONS: Readonly<Record<keyof SinkFs, 1>> = {
  lstat: 1,
  mkdir: 1,
  readdir: 1,
  readFile: 1,
  writeFile: 1,
  rename: 1,
  rm: 1,
  link: 1,
  copyFile: 1,
  symlink: 1,
  readlink: 1,
  utimes: 1,
};

/** @throws InstallError EINVALIDINPUT that names what is missing */
function checkFs(fs: SinkFs): void {
  const given = Object(fs) as Readonly<Record<string, unknown>>;
  // Node's `fs` has functions of the same names, which take a callback.
  if (typeof given["promises"] === "object" && given["lstatSync"])
    throw invalidInput("fs must be Node's fs/promises: pass fs.promises.");
  const missing = Object.keys(FS_FUNCTIONS).find((name) => typeof given[name] !== "function");
  if (missing) throw invalidInput(`fs must be Node's fs/promises, or have its functions: ${missing} is missing.`);
}

async function claimFolder(disk: ProjectDisk, owner: FsSinkOptions["owner"]): Promise<void> {
  const id = owner && (await disk.plainText(OWNER));
  if (id && (await isAlive(owner, id)))
    throw sinkBusy(`The process ${id} is installing here. Wait until it has ended.`, { owner: id });
  await recover(disk);
  // Fails if another process was faster.
  await disk.fs.mkdir(disk.at(WORK));
  if (owner) await disk.fs.writeFile(disk.at(OWNER), owner.id, { flag: "wx" });
}

/** @throws InstallError ESINK if the callback fails, with its error as the cause */
async function isAlive(owner: NonNullable<FsSinkOptions["owner"]>, id: string): Promise<boolean> {
  try {
    return Boolean(await owner.alive(id));
  } catch (error) {
    throw sinkFailed(endSentence(`options.owner.alive failed: ${failureOf(error).message}`), { owner: id }, error);
  }
}

class FsSession implements UncheckedSession {
  readonly held: ReadonlyMap<string, string>;
  readonly #disk: ProjectDisk;
  readonly #before: DiskState;
  #keep: ReadonlySet<string> = new Set();
  #wrote = false;
  #copied: Promise<void> | null = null;
  readonly #staged: StagedState = { made: new Set(), removed: new Map() };
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
    const folders = new StagedFolders(this.#disk, this.#staged);
    const wasBrought = this.#staged.made.has(location);
    await folders.makePackage(location);
    if (wasBrought) await this.#clear(location);
    const write = async ({ path, bytes, mode }: SinkFile): Promise<void> => {
      const to = `${location}/${path}`;
      await folders.make(folderOf(to));
      await this.#writeNew(to, bytes, { mode });
    };
    /** By name as a disk that ignores case compares it: the last write, which the next one awaits. The later file must stay. */
    const writes = new Map<string, Promise<void>>();
    await inParallel(files, AT_ONCE, (file) => {
      const name = file.path.normalize().toLowerCase();
      const before = writes.get(name);
      const written = before ? before.then(() => write(file)) : write(file);
      writes.set(name, written);
      return written;
    });
  }

  async commit(state: SinkState): Promise<void> {
    if (await this.#changesNothing(state)) return removeWork(this.#disk);
    await this.#copyKept();
    const folders = new StagedFolders(this.#disk, this.#staged);
    await inParallel(state.links, AT_ONCE, (link) => this.#link(link, folders));
    await folders.make("node_modules");
    // Write the hidden lock last: npm trusts it only if no folder is newer.
    await this.#writeNew(HIDDEN_LOCK, state.hiddenLock);
    const roots = rootsOf(
      state.packages.keys(),
      state.links.map(({ path }) => path),
    );
    // Another program may have put a link into the new tree.
    await inParallel(this.#staged.made, AT_ONCE, (folder) => this.#disk.expectFolder(folderAt(folder)));
    for (const root of roots) {
      await this.#disk.refuseLinks(root);
      await this.#disk.refuseLinks(`${STAGED}/${root}`);
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
    if (!(await isDecided(this.#disk))) await removeWork(this.#disk);
  }

  #at(path: string): string {
    return this.#disk.at(`${STAGED}/${path}`);
  }

  /** Writes a file that does not exist yet. A link at its path is not followed. */
  async #writeNew(path: string, data: Uint8Array | string, options: { mode?: number } = {}): Promise<void> {
    const { fs } = this.#disk;
    try {
      await fs.writeFile(this.#at(path), data, { ...options, flag: "wx" });
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EEXIST") throw error;
      // Two names may be one on a disk that ignores case: the later file stays, as with npm.
      if (!(await this.#disk.stat(`${STAGED}/${path}`))?.isFile())
        refusePath(path, "is a file and something else. Install again if another program changes node_modules");
      await this.#disk.remove(`${STAGED}/${path}`);
      await fs.writeFile(this.#at(path), data, { ...options, flag: "wx" });
    }
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
    const { made } = this.#staged;
    for (const path of made)
      if (
        path.startsWith(`${location}/`) &&
        !below.some((kept) => `${kept}/`.startsWith(`${path}/`) || path.startsWith(`${kept}/`))
      )
        made.delete(path);
  }

  #copyKept(): Promise<void> {
    this.#copied ??= this.#copyAll(new StagedFolders(this.#disk, this.#staged));
    return this.#copied;
  }

  async #copyAll(folders: StagedFolders): Promise<void> {
    const above = new Set([...this.#keep].flatMap(foldersAbove));
    await inParallel(above, AT_ONCE, (folder) => this.#disk.expectFolder(folder));
    await inParallel(this.#keep, 4, (location) => this.#copyFolder(location, location, folders));
  }

  /** Copies a folder, without other packages in it, and without commands, which `commit` links again. */
  async #copyFolder(owner: string, folder: string, folders: StagedFolders): Promise<void> {
    const { entries } = this.#before;
    const isOther = (path: string): boolean => entries.has(path) && ownerOf(path, entries) !== owner;
    const inCommands = folder.endsWith("node_modules/.bin");
    // It was a folder when the sink was opened.
    await this.#disk.expectFolder(folder);
    await inParallel(await this.#disk.list(folder), 4, async (entry: SinkFsEntry) => {
      const path = `${folder}/${entry.name}`;
      if (isOther(path)) return;
      if (entry.isDirectory()) return this.#copyFolder(owner, path, folders);
      if (entry.isFile()) return this.#copyFile(path, folders);
      if (!inCommands) refusePath(path, "was put there while the install ran. Install again");
    });
  }

  async #copyFile(path: string, folders: StagedFolders): Promise<void> {
    await folders.make(folderOf(path));
    const { fs } = this.#disk;
    if (this.#canLink) {
      try {
        await fs.link(this.#disk.at(path), this.#at(path));
        return;
      } catch (error) {
        // Some disks have no hard links, and some limit the links of one file (EMLINK).
        if ((error as { code?: unknown }).code !== "EMLINK") this.#canLink = false;
      }
    }
    await fs.copyFile(this.#disk.at(path), this.#at(path));
  }

  async #link(link: SinkLink, folders: StagedFolders): Promise<void> {
    await folders.make(folderOf(link.path));
    const create = (): Promise<unknown> => this.#disk.fs.symlink(linkText(link), this.#at(link.path));
    try {
      await create();
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EEXIST") throw error;
      // A kept package brought it: the link replaces it. Any other entry has this name because the disk ignores case.
      const isBrought = folderOf(link.path).endsWith("/.bin") || this.#staged.made.has(link.path);
      if (!isBrought && !(await this.#disk.stat(`${STAGED}/${link.path}`))?.isFile())
        refusePath(link.path, "is the folder of a package too, because this disk ignores case");
      await this.#disk.remove(`${STAGED}/${link.path}`);
      const { made } = this.#staged;
      for (const path of made) if (`${path}/`.startsWith(`${link.path}/`)) made.delete(path);
      await create();
    }
  }

  /** Checks whether the disk has the new state already, so that nothing must be swapped. */
  async #changesNothing({ packages, links, hiddenLock }: SinkState): Promise<boolean> {
    const { whole, held, entries, text, listing } = this.#before;
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
      for (const name of (await listing.list(`${folder}/.bin`)).keys()) await compare(`${folder}/.bin/${name}`);
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
    await this.#disk.refuseLinks(HIDDEN_LOCK);
    await this.#disk.fs.utimes(this.#disk.at(HIDDEN_LOCK), seconds, seconds);
  }
}
