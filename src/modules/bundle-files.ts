import type { FileMap } from "../api/common.ts";
import type { InstalledProject } from "../api/install.ts";
import { resolvePath } from "../base/posix-path.ts";
import type { PackageFiles } from "../node/package-files.ts";
import { ProjectFiles } from "../project/files.ts";

/** The files of a build: the user's own, then those of the installed project. Paths are relative to the project. */
export class BundleFiles implements PackageFiles {
  readonly #project: InstalledProject;
  readonly #own: ProjectFiles;
  readonly #links = new Map<string, string | null>();

  constructor(project: InstalledProject, own: FileMap) {
    this.#project = project;
    this.#own = new ProjectFiles(own, "/");
  }

  kind(path: string): "file" | "directory" | null {
    if (path.startsWith("..")) return null;
    const own = this.#ownPath(path);
    if (this.#own.has(own)) return "file";
    // `stat` follows links.
    if (this.#project.exists(path)) return this.#project.stat(path).kind === "file" ? "file" : "directory";
    return this.#own.isFolder(own) ? "directory" : null;
  }

  /** Checks for one of the user's own files. */
  isOwn(path: string): boolean {
    return this.#own.has(this.#ownPath(path));
  }

  realpath(path: string): string {
    const own = this.#ownPath(path);
    if (this.#own.has(own) || !this.#project.exists(path)) return own.slice(1);
    return this.#project.realpath(path);
  }

  text(path: string): string | Promise<string> {
    return (
      this.#own.text(this.#ownPath(path)) ??
      this.#project.readFile(path).then((bytes) => new TextDecoder().decode(bytes))
    );
  }

  async bytes(path: string): Promise<Uint8Array> {
    return this.#own.bytes(this.#ownPath(path)) ?? (await this.#project.readFile(path));
  }

  /** Returns the path among the user's own files. A workspace in `node_modules` is a link to one of their folders. */
  #ownPath(path: string): string {
    const full = `/${path}`;
    const inPackage = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(full)?.[0];
    if (!inPackage) return full;
    let to = this.#links.get(inPackage);
    if (to === undefined) {
      to = this.#linkTarget(inPackage);
      this.#links.set(inPackage, to);
    }
    return to === null ? full : to + full.slice(inPackage.length);
  }

  /** Returns the target of a link; null if the path is not a link, or does not exist. */
  #linkTarget(path: string): string | null {
    try {
      const { target } = this.#project.lstat(path.slice(1));
      return target === undefined ? null : resolvePath(`${path}/..`, target);
    } catch {
      // The path does not exist.
      return null;
    }
  }
}
