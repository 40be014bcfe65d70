import type { FileMap } from "../api/common.ts";
import { resolvePath } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";

/**
 * The virtual folder that contains a project's files. It is deep, so that `file:../../x` leads outside the file set, and not to a
 * file in it. Failures never show this folder (src/engine/hide-project-path.ts).
 */
export const PROJECT_MOUNT = "/0/1/2/3/4/5/6/7";

/** The characters of a path. No disk takes a longer one, and walking its folders takes the square of its length. */
const MAX_PATH = 4096;

function longPath(path: string): InstallError {
  return new InstallError(
    overLimit(`The path "${path}" of a file has more than ${MAX_PATH} characters. Leave the file out.`),
  );
}

/**
 * A project's files under absolute virtual paths. The root of the file set is at `mount` (`/project`). Nothing exists outside
 * the set, and a key with `..` cannot lead out of it.
 */
export class ProjectFiles {
  declare readonly mount: string;
  readonly #files = new Map<string, string | Uint8Array>();
  #folders: Map<string, Set<string>> | null = null;

  /** @throws InstallError ELIMIT if a path is too long */
  constructor(files: FileMap, mount: string) {
    this.mount = resolvePath("/", mount);
    for (const key of Object.keys(files)) {
      if (key.length > MAX_PATH) throw longPath(key);
      const content = files[key];
      if (content !== undefined) this.#files.set(resolvePath(this.mount, `.${resolvePath("/", key)}`), content);
    }
  }

  /** Returns a file's text (UTF-8, invalid bytes become U+FFFD), or null if there is no such file. */
  text(path: string): string | null {
    const content = this.#files.get(resolvePath("/", path));
    if (content === undefined) return null;
    // decodes a copy, because some browsers refuse to decode shared memory
    return typeof content === "string"
      ? content
      : new TextDecoder("utf-8", { ignoreBOM: true }).decode(content.slice());
  }

  /** Returns a file's bytes, or null if there is no such file. */
  bytes(path: string): Uint8Array | null {
    const content = this.#files.get(resolvePath("/", path));
    if (content === undefined) return null;
    return typeof content === "string" ? new TextEncoder().encode(content) : content;
  }

  has(path: string): boolean {
    return this.#files.has(resolvePath("/", path));
  }

  isFolder(path: string): boolean {
    return this.#tree().has(resolvePath("/", path));
  }

  /** Returns the names of the files and folders in a folder, in no particular order. */
  names(folder: string): Iterable<string> {
    return this.#tree().get(resolvePath("/", folder)) ?? [];
  }

  /** Returns the key of a path in the caller's file set: `a/b` for `/project/a/b`. */
  key(path: string): string {
    const full = resolvePath("/", path);
    return full.slice(this.mount === "/" ? 1 : this.mount.length + 1);
  }

  /** Returns the names in each folder. Folders are derived from the files' paths. */
  #tree(): Map<string, Set<string>> {
    if (this.#folders) return this.#folders;
    const folders = new Map<string, Set<string>>([[this.mount, new Set()]]);
    for (let path of this.#files.keys()) {
      for (let known = false; !known && path !== this.mount; ) {
        const slash = path.lastIndexOf("/");
        const folder = path.slice(0, slash) || "/";
        const names = folders.get(folder);
        known = names !== undefined;
        if (names) names.add(path.slice(slash + 1));
        else folders.set(folder, new Set([path.slice(slash + 1)]));
        path = folder;
      }
    }
    this.#folders = folders;
    return folders;
  }
}
