import { sinkFailed } from "../errors/sink.ts";
import { folderOf, foldersAbove, refusePath } from "./sink-paths.ts";

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
  /** With the flag `wx`, it fails with EEXIST if the path exists, also as a link. */
  writeFile(path: string, data: Uint8Array | string, options?: { mode?: number; flag?: "wx" }): Promise<unknown>;
  rename(from: string, to: string): Promise<unknown>;
  rm(path: string, options: { recursive: true; force: true }): Promise<unknown>;
  link(existing: string, path: string): Promise<unknown>;
  copyFile(from: string, to: string): Promise<unknown>;
  symlink(target: string, path: string): Promise<unknown>;
  readlink(path: string): Promise<unknown>;
  utimes(path: string, atime: number, mtime: number): Promise<unknown>;
}

/**
 * A project's folder on a disk. All paths are relative to it. Everything behind a symbolic link may be outside the project, so the
 * methods that change something first check each folder on their way with `lstat`.
 */
export class ProjectDisk {
  readonly fs: SinkFs;
  readonly #folder: string;

  constructor(fs: SinkFs, folder: string) {
    this.fs = fs;
    let end = folder.length;
    while (end > 1 && /[/\\]/.test(folder[end - 1] as string)) end--;
    this.#folder = folder.slice(0, end);
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

  /** Returns the text of a plain file that is not behind a link; null if there is none. */
  async plainText(path: string): Promise<string | null> {
    if (await this.firstLinkIn(path)) return null;
    return (await this.stat(path))?.isFile() ? this.text(path) : null;
  }

  /** Removes a file, a link, or a folder with its content. @throws InstallError ESINKPATH if it is behind a link */
  async remove(path: string): Promise<void> {
    await this.refuseLinks(folderOf(path));
    await this.fs.rm(this.at(path), { recursive: true, force: true });
  }

  /** @throws InstallError ESINKPATH if one of the paths is behind a link */
  async move(from: string, to: string): Promise<void> {
    await this.refuseLinks(folderOf(from));
    await this.refuseLinks(folderOf(to));
    await this.fs.rename(this.at(from), this.at(to));
  }

  /** Makes a folder and the folders above it. @throws InstallError ESINKPATH if one of them is a link or a file */
  async makeFolder(path: string): Promise<void> {
    if (path === "") return void (await this.fs.mkdir(this.at(""), { recursive: true }));
    for (const folder of [path, ...foldersAbove(path)].reverse()) {
      if (!(await this.stat(folder))) break;
      await this.expectFolder(folder);
    }
    await this.fs.mkdir(this.at(path), { recursive: true });
  }

  /** @throws InstallError ESINKPATH if the path is not a folder, for example a link to one; ESINK if it is missing */
  async expectFolder(path: string): Promise<void> {
    const stat = await this.stat(path);
    if (!stat) throw sinkFailed(`The folder ${JSON.stringify(path)} was removed while the install ran.`);
    if (!stat.isDirectory()) refusePath(path, "is not a folder. Remove it");
  }

  /** @throws InstallError ESINKPATH if the path leads through a link, or is one */
  async refuseLinks(path: string): Promise<void> {
    const link = await this.firstLinkIn(path);
    if (link) refusePath(link, "is a symbolic link. Replace it by a folder");
  }

  /** Returns the first symbolic link in a path, or null. Everything behind a link may be outside the project. */
  async firstLinkIn(path: string): Promise<string | null> {
    if (path === "") return null;
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
