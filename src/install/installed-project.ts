import type { FileStat, InstalledProject, InstallReport, NodeResolveOptions } from "../api/install.ts";
import type { Resolution } from "../api/resolve.ts";
import { fits } from "../base/option-rules.ts";
import { InstallError } from "../errors/failure.ts";
import { notLoaded } from "../errors/files.ts";
import { asText, invalidInput } from "../errors/invalid-option.ts";
import { disposed } from "../errors/work.ts";
import type { PackageFiles } from "../node/package-files.ts";
import type { FileIndex, FoundFile } from "./file-index.ts";
import { rangeOf, unixLine } from "./pack-files.ts";
import type { PackReader } from "./pack-reader.ts";

export interface InstalledParts {
  index: FileIndex;
  reader: PackReader;
  /** Files that replace those of packs, by path in the project. */
  overlay: ReadonlyMap<string, Uint8Array>;
  nodeVersion: string | undefined;
  lockfile: string;
  resolution: Resolution | null;
  report: InstallReport;
  stored: Promise<void>;
  writeTo: InstalledProject["writeTo"];
}

/** The options of `writeTo`. */
const CALL_RULES = { signal: "signal" } as const;

/** The tree of an install. A file is read from its pack only when it is requested. */
export class PackedProject implements InstalledProject {
  readonly lockfile: string;
  readonly resolution: Resolution | null;
  readonly report: InstallReport;
  readonly stored: Promise<void>;
  readonly writeTo: InstalledProject["writeTo"];
  readonly #parts: InstalledParts;
  readonly #files: PackageFiles;
  #disposed = false;

  constructor(parts: InstalledParts) {
    this.#parts = parts;
    this.#files = this.#packageFiles(parts.nodeVersion);
    this.lockfile = parts.lockfile;
    this.resolution = parts.resolution;
    this.report = parts.report;
    this.stored = parts.stored;
    this.writeTo = async (sink, options) => {
      this.#throwIfDisposed();
      if (options !== undefined && !fits(CALL_RULES, options))
        throw (await import("../base/refuse-option.ts")).refusal(CALL_RULES, options);
      await parts.writeTo(sink, options);
    };
  }

  paths(): string[] {
    return this.#index.paths();
  }

  async readFile(path: string): Promise<Uint8Array> {
    const found = this.#index.find(asText(path, "path"));
    if ("bytes" in found) return found.bytes;
    const { pack, position } = found;
    const changed = this.#bytesOutsideArchives(found);
    return changed ?? asWritten(found, await this.#parts.reader.read(pack.index, rangeOf(pack.index, position)));
  }

  readFileSync(path: string): Uint8Array {
    const found = this.#index.find(asText(path, "path"));
    const bytes = this.#bytesOutsideArchives(found);
    if (bytes) return bytes;
    if ("pack" in found) {
      const { pack, position } = found;
      const archive = this.#parts.reader.archiveSync(pack.index);
      if (archive) return asWritten(found, archive.slice(...rangeOf(pack.index, position)));
    }
    throw notLoaded(`${path} cannot be read synchronously: its package is not in memory.`, [
      { kind: "other", text: "Await `load` of its package first, or use `readFile`." },
    ]);
  }

  async load(locations?: readonly string[]): Promise<void> {
    if (locations !== undefined && !Array.isArray(locations)) throw invalidInput("locations must be a list of texts.");
    for (const location of locations ?? []) asText(location, "location");
    await this.#parts.reader.load(this.#index.packs(locations).map(({ index }) => index));
  }

  unload(): void {
    this.#parts.reader.unload();
  }

  readdir(path: string): string[] {
    return this.#index.readdir(asText(path, "path"));
  }

  stat(path: string): FileStat {
    const stat = this.#index.stat(asText(path, "path"));
    const changed = stat.kind === "file" ? this.#parts.overlay.get(this.#index.realpath(path)) : undefined;
    return changed ? { ...stat, size: changed.length } : stat;
  }

  lstat(path: string): FileStat {
    const stat = this.#index.lstat(asText(path, "path"));
    return stat.kind === "link" ? stat : this.stat(path);
  }

  exists(path: string): boolean {
    return this.#index.exists(asText(path, "path"));
  }

  isChanged(path: string): boolean {
    const text = asText(path, "path");
    return this.#index.exists(text) && this.#parts.overlay.has(this.#index.realpath(text));
  }

  realpath(path: string): string {
    return this.#index.realpath(asText(path, "path"));
  }

  glob(pattern: string): string[] {
    return this.#index.glob(asText(pattern, "pattern"));
  }

  resolveBin(name: string, from?: string): string | null {
    return this.#index.resolveBin(asText(name, "name"), from === undefined ? from : asText(from, "from"));
  }

  async nodeResolve(specifier: string, importer: string, options?: NodeResolveOptions): Promise<string> {
    const { nodeResolve } = await import("../node/resolve.ts");
    const request = { specifier: asText(specifier, "specifier"), importer: asText(importer, "importer") };
    return await nodeResolve(this.#files, request, options);
  }

  dispose(): void {
    this.#disposed = true;
    this.#parts.reader.dispose();
  }

  get #index(): FileIndex {
    this.#throwIfDisposed();
    return this.#parts.index;
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw new InstallError(disposed("project"));
  }

  /** Returns a file's bytes if they are in no archive: the project's own files, and files that `afterExtract` changed. */
  #bytesOutsideArchives(found: FoundFile): Uint8Array | undefined {
    return "bytes" in found ? found.bytes : this.#parts.overlay.get(found.path)?.slice();
  }

  /** Returns the files, in the form that module resolution reads. */
  #packageFiles(nodeVersion: string | undefined): PackageFiles {
    return {
      nodeVersion,
      kind: (path) => this.#index.kind(path),
      realpath: (path) => this.#index.realpath(path),
      text: (path) => {
        const found = this.#index.find(path);
        const bytes = this.#bytesOutsideArchives(found);
        if (bytes) return new TextDecoder().decode(bytes);
        if ("pack" in found) {
          const { pack, position } = found;
          const archive = this.#parts.reader.archiveInMemory(pack.index.integrity);
          if (archive) return new TextDecoder().decode(archive.subarray(...rangeOf(pack.index, position)));
        }
        return this.readFile(path).then((read) => new TextDecoder().decode(read));
      },
    };
  }
}

/** Returns a file's bytes as npm writes them: it removes the carriage return from a command's `#!` line. */
function asWritten(
  { path, pack: { location, executables } }: Extract<FoundFile, { position: number }>,
  bytes: Uint8Array,
): Uint8Array {
  return executables?.has(path.slice(location.length + 1)) ? unixLine(bytes) : bytes;
}
