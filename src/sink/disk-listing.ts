import { inParallel } from "./in-parallel.ts";
import type { ProjectDisk } from "./sink-fs.ts";
import { folderOf } from "./sink-paths.ts";

/** The kind of an entry. Symbolic links, pipes and devices are `other`. */
export type EntryKind = "file" | "folder" | "other";

const NOTHING: ReadonlyMap<string, EntryKind> = new Map();

/**
 * Lists folders of a disk, each once. It starts in the project's folder and enters folders only, so that it sees nothing behind a
 * link, and takes a name for the same only if it is spelled the same.
 */
export class DiskListing {
  readonly #disk: ProjectDisk;
  readonly #folders = new Map<string, Promise<ReadonlyMap<string, EntryKind>>>();

  constructor(disk: ProjectDisk) {
    this.#disk = disk;
  }

  /** Returns the entries of a folder by name. There are none if the path is no folder, or is behind a link. */
  list(path: string): Promise<ReadonlyMap<string, EntryKind>> {
    let entries = this.#folders.get(path);
    if (!entries) {
      entries = this.#read(path);
      this.#folders.set(path, entries);
    }
    return entries;
  }

  /** Returns null if the path does not exist, or is behind a link. */
  async kind(path: string): Promise<EntryKind | null> {
    return (await this.list(folderOf(path))).get(path.slice(path.lastIndexOf("/") + 1)) ?? null;
  }

  /** Checks whether `isFine` accepts every entry below a folder. It does not enter folders for which `skips` returns true. */
  async every(
    folder: string,
    skips: (path: string) => boolean,
    isFine: (path: string, kind: EntryKind) => boolean,
  ): Promise<boolean> {
    let fine = true;
    await inParallel(await this.list(folder), 4, async ([name, kind]) => {
      const path = `${folder}/${name}`;
      if (!fine || skips(path)) return;
      if (!isFine(path, kind) || (kind === "folder" && !(await this.every(path, skips, isFine)))) fine = false;
    });
    return fine;
  }

  async #read(path: string): Promise<ReadonlyMap<string, EntryKind>> {
    if (path !== "" && (await this.kind(path)) !== "folder") return NOTHING;
    const entries = new Map<string, EntryKind>();
    for (const entry of await this.#disk.list(path))
      entries.set(`${entry.name}`, entry.isDirectory() ? "folder" : entry.isFile() ? "file" : "other");
    return entries;
  }
}
