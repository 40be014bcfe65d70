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

/** A pack, and the folder that it fills. */
export interface IndexedPack {
  readonly location: string;
  readonly index: PackIndex;
  /** Files that a `bin` names, relative to the package: they can be run, whatever the archive says. */
  readonly executables?: ReadonlySet<string>;
}

/** Where a file's bytes are: at a place of its pack's index, or in a file that is the project's own. */
export type FoundFile = { readonly path: string } & (
  | { readonly pack: IndexedPack; readonly place: number }
  | { readonly bytes: Uint8Array }
);

/** As many as Linux follows. */
const MAX_LINKS = 40;
const FOLDER = "node_modules/";

/**
 * An installed tree as an index: paths to places in packs. It costs a Map entry for each package until something is asked;
 * then only the packs that are looked into. Paths are relative to the project (a leading `/` is the project's folder too)
 * and need not be normal; `..` out of the project leads nowhere.
 */
export class FileIndex implements Omit<PackageFiles, "text"> {
  readonly #packs: ReadonlyMap<string, IndexedPack>;
  readonly #links: ReadonlyMap<string, string>;
  readonly #own: ProjectFiles;
  #outer: Map<string, Set<string>> | null = null;

  /** @param own the project's files, for links into its workspaces; they are not part of `paths` */
  constructor(packs: readonly IndexedPack[], links: readonly { path: string; to: string }[], own: FileMap = {}) {
    this.#packs = new Map(packs.map((pack) => [pack.location, pack]));
    this.#links = new Map(links.map(({ path, to }) => [path, to]));
    this.#own = new ProjectFiles(own, "/");
  }

  /** Every file of every pack, in the packs' order, then the links. */
  paths(): string[] {
    const out: string[] = [];
    for (const pack of this.#packs.values()) {
      for (const path of pack.index.paths) {
        const full = `${pack.location}/${path}`;
        if (!path.startsWith(FOLDER) || this.#shows(pack, full)) out.push(full);
      }
    }
    for (const path of this.#links.keys()) out.push(path);
    return out;
  }

  /** All packs, or those whose folders these locations are in, each once. @throws InstallError ENOENT */
  packs(locations: Iterable<string> = this.#packs.keys()): IndexedPack[] {
    const found = new Set<IndexedPack>();
    for (const location of locations) {
      const real = this.#real(location, true);
      const pack = real === null ? null : this.#owner(real);
      if (!pack) throw broken("ENOENT", `No package is installed at ${location}.`);
      found.add(pack);
    }
    return [...found];
  }

  /** Links are followed. @throws InstallError ENOENT, ENOTDIR, EISDIR, ELOOP */
  find(path: string): FoundFile {
    const found = this.#get(path);
    if (found === "directory") throw broken("EISDIR", `${path} is a folder.`);
    return found;
  }

  kind(path: string): "file" | "directory" | null {
    try {
      const real = this.#real(path, true);
      const found = real === null ? null : this.#look(real);
      return found && (found === "directory" ? found : "file");
    } catch {
      // Links in a circle: nothing is there.
      return null;
    }
  }

  exists(path: string): boolean {
    return this.kind(path) !== null;
  }

  /** Names, sorted. @throws InstallError ENOENT, ENOTDIR, ELOOP */
  readdir(path: string): string[] {
    const real = this.realpath(path);
    if (this.#look(real) !== "directory") throw broken("ENOTDIR", `${path} is no folder.`);
    const pack = this.#owner(real);
    const packed = pack && viewOf(pack.index).names(real.slice(pack.location.length + 1));
    const own = pack ? [] : this.#own.names(`/${real}`);
    return [...new Set([...(packed ?? []), ...(this.#tree().get(real) ?? []), ...own])].sort();
  }

  /** @throws InstallError ENOENT, ENOTDIR, ELOOP */
  stat(path: string): FileStat {
    const found = this.#get(path);
    if (found === "directory") return { kind: "directory", size: 0, mode: 0o755 };
    if ("bytes" in found) return { kind: "file", size: found.bytes.length, mode: 0o644 };
    const { location, index, executables } = found.pack;
    const isCommand = executables?.has(found.path.slice(location.length + 1)) ?? false;
    const flags = index.modes[found.place]!;
    const mode = (flags & 0o777) | (isCommand ? 0o111 : 0);
    const shorter = isCommand && (flags & CRLF_SHEBANG) !== 0 ? 1 : 0;
    return { kind: "file", size: index.sizes[found.place]! - shorter, mode };
  }

  /** @throws InstallError ENOENT, ENOTDIR, ELOOP */
  lstat(path: string): FileStat {
    const real = this.#real(path, false);
    const to = real === null ? undefined : this.#links.get(real);
    if (to === undefined) return this.stat(path);
    // As a disk has it: `node_modules/.bin/a` leads to `../a/cli.js`.
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

  /** The file behind a command, of the `.bin` nearest to the folder `from`. */
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
    const found = real === null ? null : this.#look(real);
    if (found) return found;
    for (let above = real === null ? null : parentOf(real); above; above = parentOf(above)) {
      const there = this.#look(above);
      if (there && there !== "directory") throw broken("ENOTDIR", `${path} is in no folder: ${above} is a file.`);
    }
    throw broken("ENOENT", `There is no ${path} in the installed project.`);
  }

  /** Where a path leads: whether something is there is another question. Null: out of the project. @throws InstallError ELOOP */
  #real(path: string, follow: boolean): string | null {
    let real = normal(path);
    let followed = 0;
    for (let from = 0; real !== null && from < real.length; ) {
      const slash = real.indexOf("/", from);
      const end = slash < 0 ? real.length : slash;
      const to = end < real.length || follow ? this.#links.get(real.slice(0, end)) : undefined;
      if (to === undefined) {
        from = end + 1;
      } else {
        if (followed++ === MAX_LINKS) throw broken("ELOOP", `${path} leads round in a circle of links.`);
        real = normal(to + real.slice(end));
        from = 0;
      }
    }
    return real;
  }

  /** What is at a path in which no link is left. */
  #look(path: string): FoundFile | "directory" | null {
    const pack = this.#owner(path);
    if (pack) {
      const view = viewOf(pack.index);
      const inside = path.slice(pack.location.length + 1);
      const place = view.place(inside);
      if (place !== undefined) return { path, pack, place };
      if (inside === "" || view.names(inside)) return "directory";
    }
    if (this.#tree().has(path)) return "directory";
    if (pack) return null;
    const [own, key] = [this.#own, `/${path}`];
    if (!own.has(key)) return own.isFolder(key) ? "directory" : null;
    return {
      path,
      // Text is encoded only for a reader.
      get bytes(): Uint8Array {
        return own.bytes(key)!;
      },
    };
  }

  /** The nearest pack whose folder a path is in. What a tarball bundles belongs to that tarball's pack. */
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

  /** Whether a file of a pack is seen: a package of its own, or a link, stands before what an outer tarball bundles there. */
  #shows(pack: IndexedPack, full: string): boolean {
    return this.#owner(full) === pack && this.#real(full, true) === full;
  }

  /** Folders above packages and links. */
  #tree(): Map<string, Set<string>> {
    this.#outer ??= folderNames([...this.#packs.keys(), ...this.#links.keys()]);
    return this.#outer;
  }
}

function broken(code: ErrorCode, message: string): InstallError {
  return new InstallError(failure(code, message));
}

/** `a/b` to `a`, `a` to `""`, `""` to null. */
function parentOf(path: string): string | null {
  return path === "" ? null : path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** Without `.`, `..`, empty segments. Null: it climbs out of the project. */
function normal(path: string): string | null {
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
