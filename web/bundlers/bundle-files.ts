import type { FileMap } from "../../src/api/common.ts";
import type { InstalledProject } from "../../src/api/install.ts";
import { resolvePath } from "../../src/base/posix-path.ts";
import type { PackageFiles } from "../../src/node/package-files.ts";
import { ProjectFiles } from "../../src/project/files.ts";

/** An installed project with the user's own files before it, as a bundler reads them. Paths are relative to the project. */
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
    const own = this.#through(path);
    if (this.#own.has(own)) return "file";
    // A link's own kind never comes out of `stat`.
    if (this.#project.exists(path)) return this.#project.stat(path).kind === "file" ? "file" : "directory";
    return this.#own.isFolder(own) ? "directory" : null;
  }

  realpath(path: string): string {
    const own = this.#through(path);
    if (this.#own.has(own) || !this.#project.exists(path)) return own.slice(1);
    return this.#project.realpath(path);
  }

  text(path: string): string | Promise<string> {
    return (
      this.#own.text(this.#through(path)) ??
      this.#project.readFile(path).then((bytes) => new TextDecoder().decode(bytes))
    );
  }

  async bytes(path: string): Promise<Uint8Array> {
    return this.#own.bytes(this.#through(path)) ?? (await this.#project.readFile(path));
  }

  /** The path among the user's own files: a workspace in `node_modules` is a link to one of their folders. */
  #through(path: string): string {
    const full = `/${path}`;
    const inPackage = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(full)?.[0];
    if (!inPackage) return full;
    let to = this.#links.get(inPackage);
    if (to === undefined) {
      to = this.#target(inPackage);
      this.#links.set(inPackage, to);
    }
    return to === null ? full : to + full.slice(inPackage.length);
  }

  #target(path: string): string | null {
    try {
      const { target } = this.#project.lstat(path.slice(1));
      return target === undefined ? null : resolvePath(`${path}/..`, target);
    } catch {
      // Nothing is there.
      return null;
    }
  }
}
