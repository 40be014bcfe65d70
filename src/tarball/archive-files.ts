import type { Failure } from "../api/failure.ts";
import type { ErrorCode } from "../errors/failure.ts";
import { failure } from "../errors/failure.ts";

/** A regular file of an archive. Its bytes are `archive.subarray(start, start + size)`. */
export interface TarEntry {
  /** Without the archive's first folder, as npm unpacks it. */
  path: string;
  /** `0o644`, with `0o111` or a part of it where the archive has that. */
  mode: number;
  start: number;
  size: number;
}

// As many names as a warning has.
const NAMES = 20;

const TAKEN = "it has files whose name is another's folder; the later ones are left out";
const ALIKE = "it has names that are one and the same on some systems";

/** The files of an archive as they come up, and what is odd about them. */
export class ArchiveFiles {
  readonly files: Map<string, TarEntry> = new Map();
  readonly folders: Set<string> = new Set();
  readonly #ignores = new Set<string>();
  /** By words: code and paths. */
  readonly #odd = new Map<string, [code: ErrorCode, paths: string[]]>();

  /** Of two files with one path the later stands, in the earlier one's place. */
  add(entry: TarEntry): void {
    const path = this.#renamed(entry.path);
    if (path === null) return;
    const folders = this.#foldersOf(path);
    if (folders) {
      for (const folder of folders) this.folders.add(folder);
      this.files.set(path, { ...entry, path });
    } else this.note(TAKEN, "TAR_ENTRY_ERROR", [path]);
  }

  note(words: string, code: ErrorCode, paths: readonly string[]): void {
    const [, noted] = this.#odd.get(words) ?? [code, []];
    this.#odd.set(words, [code, [...noted, ...paths].slice(0, NAMES)]);
  }

  /** Once all files are listed. */
  warnings(): Failure[] {
    const alike = this.#alike();
    if (alike.length > 0) this.note(ALIKE, "ECASE", alike);
    return [...this.#odd].map(([words, [code, paths]]) =>
      failure(code, `${words}: ${paths.map(quoted).join(", ")}`, { details: { paths } }),
    );
  }

  /** npm writes a .gitignore as .npmignore; null where a .npmignore came before it, which then stands. */
  #renamed(path: string): string | null {
    if (!path.endsWith("ignore")) return path;
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const ignore = `${folder}.npmignore`;
    if (path === ignore) this.#ignores.add(path);
    if (path !== `${folder}.gitignore`) return path;
    return this.#ignores.has(ignore) ? null : ignore;
  }

  /** The folders above a path that are not known yet; null where the path is a folder, or one of them a file. */
  #foldersOf(path: string): string[] | null {
    if (this.folders.has(path)) return null;
    const found: string[] = [];
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const folder = path.slice(0, end);
      if (this.folders.has(folder)) break;
      if (this.files.has(folder)) return null;
      found.push(folder);
    }
    return found;
  }

  /** Files whose paths differ only in case or in how an accent is written; of folders, those that a file is like. */
  #alike(): string[] {
    const first = new Map<string, string>();
    const alike = new Set<string>();
    for (const path of [...this.files.keys(), ...this.folders]) {
      const key = fold(path);
      const other = first.get(key);
      if (other === undefined) {
        if (this.files.has(path)) first.set(key, path);
      } else alike.add(other).add(path);
    }
    return [...alike];
  }
}

/** A name as a message has it: some archives have very long ones. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

/** `Ä.js` written with one character or with two gives the same as `ä.js`. */
function fold(path: string): string {
  const lower = path.toLowerCase();
  return /[^ -~]/.test(lower) ? path.normalize().toUpperCase().toLowerCase().normalize() : lower;
}
