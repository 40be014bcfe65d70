import type { InstalledProject } from "../../../src/api/install.ts";

/** The methods of an installed project that are needed to draw its folders. */
export type FolderReader = Pick<InstalledProject, "readdir" | "lstat">;

interface FolderEntry {
  readonly path: string;
  readonly name: string;
  readonly isFolder: boolean;
}

export interface FileRow extends FolderEntry {
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
  readonly expandable: boolean;
  readonly expanded: boolean;
}

/** The visible rows of a tree of folders. A folder is read when it is first opened. */
export class FileRows {
  readonly #project: FolderReader;
  readonly #read = new Map<string, readonly FolderEntry[]>();
  readonly #open = new Set<string>();
  #found: readonly string[] | null = null;
  #rows: readonly FileRow[] | undefined;

  constructor(project: FolderReader) {
    this.#project = project;
  }

  get rows(): readonly FileRow[] {
    this.#rows ??= this.#found ? listOf(this.#found) : this.#rowsBelow("", 1, []);
    return this.#rows;
  }

  get filtered(): boolean {
    return this.#found !== null;
  }

  toggle(path: string, open: boolean = !this.#open.has(path)): void {
    if (open) this.#open.add(path);
    else this.#open.delete(path);
    this.#rows = undefined;
  }

  /** Shows only these files, as a list. Null shows the folders again. */
  show(found: readonly string[] | null): void {
    this.#found = found;
    this.#rows = undefined;
  }

  /** Opens the folders above `path`, and `path` itself if it is a folder. Returns its row, or -1 if it does not exist. */
  reveal(path: string): number {
    this.#found = null;
    for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) this.#open.add(path.slice(0, at));
    this.#rows = undefined;
    const index = this.rows.findIndex((row) => row.path === path);
    if (this.rows[index]?.isFolder) this.toggle(path, true);
    return index;
  }

  #rowsBelow(folder: string, level: number, rows: FileRow[]): FileRow[] {
    const entries = this.#entries(folder);
    entries.forEach((entry, i) => {
      const expanded = entry.isFolder && this.#open.has(entry.path);
      rows.push({
        ...entry,
        level,
        position: i + 1,
        siblings: entries.length,
        expandable: entry.isFolder,
        expanded,
      });
      if (expanded) this.#rowsBelow(entry.path, level + 1, rows);
    });
    return rows;
  }

  /** Returns the entries of a folder: folders first, then files, each sorted by name. */
  #entries(folder: string): readonly FolderEntry[] {
    const known = this.#read.get(folder);
    if (known) return known;
    const entries = this.#project.readdir(folder).map((name) => {
      const path = folder === "" ? name : `${folder}/${name}`;
      return { path, name, isFolder: this.#project.lstat(path).kind === "directory" };
    });
    const sorted = [...entries.filter(({ isFolder }) => isFolder), ...entries.filter(({ isFolder }) => !isFolder)];
    this.#read.set(folder, sorted);
    return sorted;
  }
}

function listOf(paths: readonly string[]): FileRow[] {
  const siblings = paths.length;
  const more = { isFolder: false, level: 1, siblings, expandable: false, expanded: false };
  return paths.map((path, i) => ({ ...more, path, name: path.slice(path.lastIndexOf("/") + 1), position: i + 1 }));
}
