import type { FileMap } from "../api/common.ts";
import type { FileStat } from "../api/install.ts";
import { relativePath } from "../base/posix-path.ts";
import type { ErrorCode } from "../errors/failure.ts";
import { failure, InstallError } from "../errors/failure.ts";
import type { PackageFiles } from "../node/package-files.ts";
import { ProjectFiles } from "../project/files.ts";
import { CRLF_SHEBANG, type PackIndex } from "../tarball/pack-index.ts";
import { globFiles } from "./glob-files.ts";
import { folderNames, viewOf } from "./pack-view.ts";

/** A pack, and the location of its package in the tree. */
export interface IndexedPack {
  readonly location: string;
  readonly index: PackIndex;
  /** Files that commands lead to, relative to the package. They are executable, whatever the archive says. */
  readonly executables?: ReadonlySet<string>;
}

/** Where a file's bytes are: in a pack, at a position in the arrays of its index, or in a file of the project itself. */
export type FoundFile = { readonly path: string } & (
  | { readonly pack: IndexedPack; readonly position: number }
  | { readonly bytes: Uint8Array }
);

/** Links to follow in one path, as in Linux. */
const MAX_LINKS = 40;
const FOLDER = "node_modules/";

/**
 * Finds the files of an installed tree in its packs. It begins with one Map entry per package. Only when a path in a pack is looked
 * up, the paths of that pack are indexed.
 *
 * Paths are relative to the project; a leading `/` stands for the project's folder too. They need not be normalised. A path that
 * leaves the project does not exist.
 */
export class FileIndex implements Omit<PackageFiles, "text"> {
  readonly #packs: ReadonlyMap<string, IndexedPack>;
  readonly #links: ReadonlyMap<string, string>;
  /** The characters of the longest path of a link. No longer start of a path is one. */
  readonly #longestLink: number;
  /** The project's own files. */
  readonly #own: ProjectFiles;
  /** See `#outerFolders`. Made when it is first needed. */
  #outer: Map<string, Set<string>> | null = null;

  /** @param own the project's files, for links into its workspaces; `paths` does not list them */
  constructor(packs: readonly IndexedPack[], links: readonly { path: string; to: string }[], own: FileMap = {}) {
    this.#packs = new Map(packs.map((pack) => [pack.location, pack]));
    this.#links = new Map(links.map(({ path, to }) => [path, to]));
    this.#longestLink = links.reduce((longest, { path }) => Math.max(longest, path.length), 0);
    this.#own = new ProjectFiles(own, "/");
  }

  /** Returns every file of every pack, in the order of the packs, then the links. */
  paths(): string[] {
    const out: string[] = [];
    for (const pack of this.#packs.values()) {
      for (const path of pack.index.paths) {
        const full = `${pack.location}/${path}`;
        if (!path.startsWith(FOLDER) || this.#isVisible(pack, full)) out.push(full);
      }
    }
    for (const path of this.#links.keys()) out.push(path);
    return out;
  }

  /** Returns all packs, or the packs that the locations are in, each once. @throws InstallError ENOENT */
  packs(locations: Iterable<string> = this.#packs.keys()): IndexedPack[] {
    const found = new Set<IndexedPack>();
    for (const location of locations) {
      const real = this.#real(location, true);
      const pack = real === null ? null : this.#owner(real);
      if (!pack) throw fileError("ENOENT", `No package is installed at ${location}.`);
      found.add(pack);
    }
    return [...found];
  }

  /** Finds a file, and follows links. @throws InstallError ENOENT, ENOTDIR, EISDIR, ELOOP */
  find(path: string): FoundFile {
    const found = this.#get(path);
    if (found === "directory") throw fileError("EISDIR", `${path} is a folder, not a file.`);
    return found;
  }

  kind(path: string): "file" | "directory" | null {
    try {
      const real = this.#real(path, true);
      const found = real === null ? null : this.#lookUp(real);
      return found && (found === "directory" ? found : "file");
    } catch {
      // The links of the path form a circle.
      return null;
    }
  }

  exists(path: string): boolean {
    return this.kind(path) !== null;
  }

  /** Returns the names in a folder, sorted. @throws InstallError ENOENT, ENOTDIR, ELOOP */
  readdir(path: string): string[] {
    const real = this.realpath(path);
    if (this.#lookUp(real) !== "directory") throw fileError("ENOTDIR", `${path} is not a folder.`);
    const pack = this.#owner(real);
    const packed = pack && viewOf(pack.index).names(real.slice(pack.location.length + 1));
    const own = pack ? [] : this.#own.names(`/${real}`);
    return [...new Set([...(packed ?? []), ...(this.#outerFolders().get(real) ?? []), ...own])].sort();
  }

  /** @throws InstallError ENOENT, ENOTDIR, ELOOP */
  stat(path: string): FileStat {
    const found = this.#get(path);
    if (found === "directory") return { kind: "directory", size: 0, mode: 0o755 };
    if ("bytes" in found) return { kind: "file", size: found.bytes.length, mode: 0o644 };
    const { location, index, executables } = found.pack;
    const isCommand = executables?.has(found.path.slice(location.length + 1)) ?? false;
    const flags = index.modes[found.position]!;
    const mode = (flags & 0o777) | (isCommand ? 0o111 : 0);
    const shorter = isCommand && (flags & CRLF_SHEBANG) !== 0 ? 1 : 0;
    return { kind: "file", size: index.sizes[found.position]! - shorter, mode };
  }

  /** @throws InstallError ENOENT, ENOTDIR, ELOOP */
  lstat(path: string): FileStat {
    const real = this.#real(path, false);
    const to = real === null ? undefined : this.#links.get(real);
    if (to === undefined) return this.stat(path);
    // Relative to the link's folder, as on disk: `node_modules/.bin/a` leads to `../a/cli.js`.
    return { kind: "link", size: 0, mode: 0o777, target: relativePath(`/${real}/..`, `/${to}`) };
  }

  /** @throws InstallError ENOENT, ENOTDIR, ELOOP */
  realpath(path: string): string {
    const found = this.#get(path);
    return found === "directory" ? this.#real(path, true)! : found.path;
  }

  glob(pattern: string): string[] {
    return globFiles(pattern, this.paths());
  }

  /** Returns the file of a command, from the `.bin` nearest to the folder `from`. */
  resolveBin(name: string, from = ""): string | null {
    if (name.includes("/")) return null;
    const start = this.#real(from, true);
    for (let folder = start; folder !== null; folder = parentOf(folder)) {
      const command = `${folder && `${folder}/`}${FOLDER}.bin/${name}`;
      if (this.kind(command) === "file") return this.realpath(command);
    }
    return null;
  }

  /** @throws InstallError ENOENT, ENOTDIR, ELOOP */
  #get(path: string): FoundFile | "directory" {
    const real = this.#real(path, true);
    const found = real === null ? null : this.#lookUp(real);
    if (found) return found;
    for (let above = real === null ? null : parentOf(real); above; above = parentOf(above)) {
      const there = this.#lookUp(above);
      if (there && there !== "directory")
        throw fileError("ENOTDIR", `${path} does not exist: ${above} is a file, not a folder.`);
    }
    throw fileError("ENOENT", `${path} does not exist in the installed project.`);
  }

  /** Resolves the links in a path, whether or not it exists. Null if it leaves the project. @throws InstallError ELOOP */
  #real(path: string, follow: boolean): string | null {
    let real = normalise(path);
    let followed = 0;
    for (let from = 0; real !== null && from < real.length && from <= this.#longestLink; ) {
      const slash = real.indexOf("/", from);
      const end = slash < 0 ? real.length : slash;
      const to = end < real.length || follow ? this.#links.get(real.slice(0, end)) : undefined;
      if (to === undefined) {
        from = end + 1;
      } else {
        if (followed++ === MAX_LINKS) throw fileError("ELOOP", `${path} leads through more than ${MAX_LINKS} links.`);
        real = normalise(to + real.slice(end));
        from = 0;
      }
    }
    return real;
  }

  /** Looks up a path without links. */
  #lookUp(path: string): FoundFile | "directory" | null {
    const pack = this.#owner(path);
    if (pack) {
      const view = viewOf(pack.index);
      const inside = path.slice(pack.location.length + 1);
      const position = view.position(inside);
      if (position !== undefined) return { path, pack, position };
      if (inside === "" || view.names(inside)) return "directory";
    }
    if (this.#outerFolders().has(path)) return "directory";
    if (pack) return null;
    const [own, key] = [this.#own, `/${path}`];
    if (!own.has(key)) return own.isFolder(key) ? "directory" : null;
    return {
      path,
      // Text is encoded only when it is read.
      get bytes(): Uint8Array {
        return own.bytes(key)!;
      },
    };
  }

  /** Returns the innermost pack whose folder has a path. A bundled package belongs to the pack that bundles it. */
  #owner(path: string): IndexedPack | null {
    for (let at = path.lastIndexOf(FOLDER); at >= 0; at = at === 0 ? -1 : path.lastIndexOf(FOLDER, at - 1)) {
      const name = at + FOLDER.length;
      let end = path.indexOf("/", name);
      if (path[name] === "@" && end >= 0) end = path.indexOf("/", end + 1);
      const pack = this.#packs.get(end < 0 ? path : path.slice(0, end));
      if (pack) return pack;
    }
    return null;
  }

  /** Checks whether a bundled file is visible: a separate package or a link at the same path hides it. */
  #isVisible(pack: IndexedPack, full: string): boolean {
    return this.#owner(full) === pack && this.#real(full, true) === full;
  }

  /** Returns the folders that contain packages and links, such as `node_modules`, and the names in each. */
  #outerFolders(): Map<string, Set<string>> {
    this.#outer ??= folderNames([...this.#packs.keys(), ...this.#links.keys()]);
    return this.#outer;
  }
}

function fileError(code: ErrorCode, message: string): InstallError {
  return new InstallError(failure(code, message));
}

/** Returns the folder of a path: `a` for `a/b`, `""` for `a`, null for `""`. */
function parentOf(path: string): string | null {
  return path === "" ? null : path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** Removes `.`, `..` and empty segments. Null if the path leaves the project. */
function normalise(path: string): string | null {
  if (!/(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return path;
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") {
      if (out.pop() === undefined) return null;
    } else if (part !== "" && part !== ".") {
      out.push(part);
    }
  }
  return out.join("/");
}
