import type { Failure } from "../api/failure.ts";
import type { ErrorCode } from "../errors/failure.ts";
import { failure } from "../errors/failure.ts";

// Collects the files of an archive as npm would unpack them.

/** A regular file of an archive. Its bytes are `archive.subarray(start, start + size)`. */
export interface TarEntry {
  /** Path without the archive's first folder, as npm unpacks it. */
  path: string;
  /** `0o644`, plus the execute bits (`0o111`) of the archive. */
  mode: number;
  start: number;
  size: number;
}

// The most names that a warning lists.
const NAMES = 20;
/** The characters of paths that are compared between two pauses. */
const CHARS_AT_ONCE = 1 << 17;

const FILE_AND_FOLDER = "a file and a folder have the same name, and the later one is left out";
const SAME_ON_SOME_SYSTEMS = "some names are the same on systems that ignore case or accents";

/** The files of an archive, added one by one, and the warnings about them. */
export class ArchiveFiles {
  readonly files: Map<string, TarEntry> = new Map();
  readonly folders: Set<string> = new Set();
  /** The characters of the paths of all files and folders. */
  pathLength = 0;
  readonly #ignores = new Set<string>();
  /** Warnings by text: code and paths. */
  readonly #warnings = new Map<string, [code: ErrorCode, paths: string[]]>();

  /** Adds a file. If the path exists already, the new file takes its place in the list. */
  add(entry: TarEntry): void {
    const path = this.#renamed(entry.path);
    if (path === null) return;
    const folders = this.#foldersOf(path);
    if (folders) {
      for (const folder of folders) this.folders.add(folder);
      this.pathLength += folders.reduce((sum, folder) => sum + folder.length, path.length);
      this.files.set(path, { ...entry, path });
    } else this.note(FILE_AND_FOLDER, "TAR_ENTRY_ERROR", [path]);
  }

  /** Notes paths under the text of a warning. */
  note(text: string, code: ErrorCode, paths: readonly string[]): void {
    const [, noted] = this.#warnings.get(text) ?? [code, []];
    this.#warnings.set(text, [code, [...noted, ...paths].slice(0, NAMES)]);
  }

  /** Returns all warnings. Call it after the last file. The generator pauses. */
  *warnings(): Generator<undefined, Failure[]> {
    const alike = yield* this.#alike();
    if (alike.length > 0) this.note(SAME_ON_SOME_SYSTEMS, "ECASE", alike);
    return [...this.#warnings].map(([text, [code, paths]]) =>
      failure(code, `${text}: ${paths.map(quoted).join(", ")}`, { details: { paths } }),
    );
  }

  /** Renames a .gitignore to .npmignore, as npm does. Returns null if the folder already has a .npmignore. */
  #renamed(path: string): string | null {
    if (!path.endsWith("ignore")) return path;
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const ignore = `${folder}.npmignore`;
    if (path === ignore) this.#ignores.add(path);
    if (path !== `${folder}.gitignore`) return path;
    return this.#ignores.has(ignore) ? null : ignore;
  }

  /** Returns the new folders above a path; null if the path is already a folder, or one of its folders is a file. */
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

  /** Returns the paths that differ only in case or in the encoding of accents. At least one of each pair is a file. */
  *#alike(): Generator<undefined, string[]> {
    let chars = 0;
    const first = new Map<string, string>();
    const alike = new Set<string>();
    for (const path of [...this.files.keys(), ...this.folders]) {
      chars += path.length;
      if (chars > CHARS_AT_ONCE) {
        chars = 0;
        yield;
      }
      const key = fold(path);
      const other = first.get(key);
      if (other === undefined) {
        if (this.files.has(path)) first.set(key, path);
      } else alike.add(other).add(path);
    }
    return [...alike];
  }
}

/** Quotes a name for a message. Shortens long ones. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

/** Returns the form that equal names share: `ä.js` for `Ä.js`, whether the accent is part of the letter or a character of its own. */
function fold(path: string): string {
  const lower = path.toLowerCase();
  return /[^ -~]/.test(lower) ? path.normalize().toUpperCase().toLowerCase().normalize() : lower;
}
