/** The status of a path. */
export interface SinkFsStat {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  readonly mtimeMs: number | bigint;
}

/** An entry of a folder. */
export interface SinkFsEntry {
  readonly name: string | Uint8Array;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** The functions of Node's `fs/promises` that a sink needs; memfs' `promises` has them too. Errors carry Node's `code`. */
export interface SinkFs {
  lstat(path: string): Promise<SinkFsStat>;
  mkdir(path: string, options?: { recursive?: boolean }): Promise<unknown>;
  readdir(path: string, options: { withFileTypes: true }): Promise<readonly unknown[]>;
  readFile(path: string, encoding: "utf8"): Promise<unknown>;
  writeFile(path: string, data: Uint8Array | string, options?: { mode?: number }): Promise<unknown>;
  rename(from: string, to: string): Promise<unknown>;
  rm(path: string, options: { recursive: true; force: true }): Promise<unknown>;
  link(existing: string, path: string): Promise<unknown>;
  copyFile(from: string, to: string): Promise<unknown>;
  symlink(target: string, path: string): Promise<unknown>;
  readlink(path: string): Promise<unknown>;
  utimes(path: string, atime: number, mtime: number): Promise<unknown>;
}

/** A project's folder on a disk. All paths are relative to it. */
export class ProjectDisk {
  readonly fs: SinkFs;
  readonly #folder: string;

  constructor(fs: SinkFs, folder: string) {
    this.fs = fs;
    this.#folder = folder.replace(/(?<=.)[/\\]+$/, "");
  }

  at(path: string): string {
    return path === "" ? this.#folder : `${this.#folder === "/" ? "" : this.#folder}/${path}`;
  }

  /** Returns the status of a path, without following a link; null if the path does not exist. */
  async stat(path: string): Promise<SinkFsStat | null> {
    return unlessMissing(this.fs.lstat(this.at(path)), null);
  }

  async list(path: string): Promise<readonly SinkFsEntry[]> {
    const entries = await unlessMissing(this.fs.readdir(this.at(path), { withFileTypes: true }), []);
    return entries as readonly SinkFsEntry[];
  }

  /** Returns the text of a file; null if the file does not exist. */
  async text(path: string): Promise<string | null> {
    const text = await unlessMissing(this.fs.readFile(this.at(path), "utf8"), null);
    return typeof text === "string" ? text : null;
  }

  async remove(path: string): Promise<void> {
    await this.fs.rm(this.at(path), { recursive: true, force: true });
  }

  async move(from: string, to: string): Promise<void> {
    await this.fs.rename(this.at(from), this.at(to));
  }

  async makeFolder(path: string): Promise<void> {
    await this.fs.mkdir(this.at(path), { recursive: true });
  }

  /** Returns the first symbolic link in a path, or null. Everything behind a link may be outside the project. */
  async firstLinkIn(path: string): Promise<string | null> {
    const parts = path.split("/");
    for (let i = 1; i <= parts.length; i++) {
      const part = parts.slice(0, i).join("/");
      if ((await this.stat(part))?.isSymbolicLink()) return part;
    }
    return null;
  }
}

async function unlessMissing<T, U>(work: Promise<T>, fallback: U): Promise<T | U> {
  try {
    return await work;
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (code === "ENOENT" || code === "ENOTDIR") return fallback;
    throw error;
  }
}
