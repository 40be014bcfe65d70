import type { ProjectDisk } from "./sink-fs.ts";
import { folderOf, foldersAbove, refusePath } from "./sink-paths.ts";
import { STAGED, WORK } from "./work-folder.ts";

/** The state of a staged tree, shared by all steps of a change. */
export interface StagedState {
  /** Folders that were made. */
  readonly made: Set<string>;
  /** Files of kept packages that gave way to folders. */
  readonly removed: Map<string, Promise<void>>;
}

/** Returns the path of a staged folder. */
export function folderAt(path: string): string {
  return path === "" ? STAGED : `${STAGED}/${path}`;
}

/**
 * Makes the folders of the staged tree for one step of a change, such as one package. Before a step writes into a folder, the folder
 * is made by us, or checked with `lstat`: another program may have put a link in its place since the last step.
 */
export class StagedFolders {
  readonly #disk: ProjectDisk;
  readonly #made: Set<string>;
  readonly #removed: Map<string, Promise<void>>;
  /** Folders that this step has made or checked. */
  readonly #checked = new Map<string, Promise<void>>();

  constructor(disk: ProjectDisk, { made, removed }: StagedState) {
    this.#disk = disk;
    this.#made = made;
    this.#removed = removed;
  }

  /** Makes a folder and the folders above it. @throws InstallError ESINKPATH if a file or a link is in the way */
  make(path: string): Promise<void> {
    let made = this.#checked.get(path);
    if (!made) {
      made = this.#make(path);
      this.#checked.set(path, made);
    }
    return made;
  }

  /**
   * Makes the folder of a package. A file of a kept package gives way, at its path or above it.
   * @throws InstallError ESINKPATH if another package has the same folder, because the disk ignores case
   */
  async makePackage(location: string): Promise<void> {
    const unmade = [location, ...foldersAbove(location)].filter((path) => !this.#made.has(path)).reverse();
    for (const path of unmade) {
      const before = await this.#disk.stat(`${STAGED}/${path}`);
      if (before?.isFile()) await this.#removeFile(path);
      else if (before?.isDirectory() && path === location && !this.#made.has(path))
        refusePath(location, "is the folder of another package too, because this disk ignores case");
      else if (!before) break;
    }
    await this.make(location);
  }

  /** Removes a file, once, even if several packages go below it. */
  #removeFile(path: string): Promise<void> {
    let removed = this.#removed.get(path);
    if (!removed) {
      removed = this.#disk.remove(`${STAGED}/${path}`);
      this.#removed.set(path, removed);
    }
    return removed;
  }

  async #make(path: string): Promise<void> {
    const above = folderOf(path);
    const at = folderAt(path);
    if (path === "") await this.#disk.expectFolder(WORK);
    else await this.make(above);
    if (!this.#made.has(path)) {
      try {
        await this.#disk.fs.mkdir(this.#disk.at(at));
        this.#made.add(path);
        return;
      } catch (error) {
        if ((error as { code?: unknown }).code !== "EEXIST") throw error;
      }
    }
    await this.#disk.expectFolder(at);
  }
}
