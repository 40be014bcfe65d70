import type { FileMap } from "../api/common.ts";
import { resolvePath } from "../base/posix-path.ts";

/**
 * A project's files under absolute virtual paths: the set's root stands at `mount` (`/project`). Nothing outside the
 * set exists, and a key cannot climb out of it.
 */
export class ProjectFiles {
  declare readonly mount: string;
  readonly #files = new Map<string, string | Uint8Array>();
  #folders: Map<string, Set<string>> | null = null;

  constructor(files: FileMap, mount: string) {
    this.mount = resolvePath("/", mount);
    for (const key of Object.keys(files)) {
      const content = files[key];
      if (content !== undefined) this.#files.set(resolvePath(this.mount, `.${resolvePath("/", key)}`), content);
    }
  }

  /** A file's text (UTF-8; bad bytes become U+FFFD), or null when there is none. */
  text(path: string): string | null {
    const content = this.#files.get(resolvePath("/", path));
    if (content === undefined) return null;
    // A copy: some browsers refuse to decode shared memory.
    return typeof content === "string"
      ? content
      : new TextDecoder("utf-8", { ignoreBOM: true }).decode(content.slice());
  }

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

  /** Names in a folder, files and folders alike, in no promised order. */
  names(folder: string): Iterable<string> {
    return this.#tree().get(resolvePath("/", folder)) ?? [];
  }

  /** A path as a key of the file set that was handed in: `/project/a/b` is `a/b`. */
  key(path: string): string {
    const full = resolvePath("/", path);
    return full.slice(this.mount === "/" ? 1 : this.mount.length + 1);
  }

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
