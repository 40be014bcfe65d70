import type { Resolution } from "../api.ts";
import { failure, InstallError } from "../errors.ts";
import type { FileStat, InstalledProject, InstallReport, NodeResolveOptions } from "../install-api.ts";
import type { PackageFiles } from "../node/package-files.ts";
import type { FileIndex, FoundFile, IndexedPack } from "./file-index.ts";
import type { PackReader } from "./pack-reader.ts";
import { unixLine } from "./unix-line.ts";

export interface InstalledParts {
  packs: readonly IndexedPack[];
  index: FileIndex;
  reader: PackReader;
  /** What stands in for a pack's own file, by path. */
  overlay: ReadonlyMap<string, Uint8Array>;
  lockfile: string;
  resolution: Resolution | null;
  report: InstallReport;
  stored: Promise<void>;
  writeTo: InstalledProject["writeTo"];
  dispose(): void;
}

/** The tree of an install, read from its packs. */
export class PackedProject implements InstalledProject {
  readonly lockfile: string;
  readonly resolution: Resolution | null;
  readonly report: InstallReport;
  readonly stored: Promise<void>;
  readonly writeTo: InstalledProject["writeTo"];
  readonly #parts: InstalledParts;
  #disposed = false;

  constructor(parts: InstalledParts) {
    this.#parts = parts;
    this.lockfile = parts.lockfile;
    this.resolution = parts.resolution;
    this.report = parts.report;
    this.stored = parts.stored;
    this.writeTo = parts.writeTo;
  }

  paths(): string[] {
    return this.#index.paths();
  }

  async readFile(path: string): Promise<Uint8Array> {
    const found = this.#index.find(path);
    return this.#atHand(found) ?? this.#cut(found, await this.#parts.reader.archive(packOf(found), endOf(found)));
  }

  readFileSync(path: string): Uint8Array {
    const found = this.#index.find(path);
    const bytes = this.#atHand(found);
    if (bytes) return bytes;
    const pack = packOf(found);
    const archive = this.#parts.reader.cached(pack, endOf(found)) ?? this.#parts.reader.peek(pack);
    if (archive) return this.#cut(found, archive);
    const wayOut = [{ kind: "other", text: "Await `load` of its location first, or use `readFile`." } as const];
    throw new InstallError(failure("ENOTLOADED", `The pack of ${path} is not in memory.`, { wayOut }));
  }

  async load(locations?: readonly string[]): Promise<void> {
    const { packs, reader } = this.#parts;
    const wanted = locations && new Set(locations);
    await reader.load(packs.filter(({ location }) => wanted?.has(location) ?? true).map(({ index }) => index));
  }

  unload(): void {
    this.#parts.reader.unload();
  }

  readdir(path: string): string[] {
    return this.#index.readdir(path);
  }

  stat(path: string): FileStat {
    const stat = this.#index.stat(path);
    const made = stat.kind === "file" ? this.#parts.overlay.get(this.#index.realpath(path)) : undefined;
    return made ? { ...stat, size: made.length } : stat;
  }

  lstat(path: string): FileStat {
    const stat = this.#index.lstat(path);
    return stat.kind === "link" ? stat : this.stat(path);
  }

  exists(path: string): boolean {
    return this.#index.exists(path);
  }

  realpath(path: string): string {
    return this.#index.realpath(path);
  }

  glob(pattern: string): string[] {
    return this.#index.glob(pattern);
  }

  resolveBin(name: string, from?: string): string | null {
    return this.#index.resolveBin(name, from);
  }

  async nodeResolve(specifier: string, importer: string, options?: NodeResolveOptions): Promise<string> {
    const { nodeResolve } = await import("../node/resolve.ts");
    return await nodeResolve(this.#files, { specifier, importer }, options);
  }

  dispose(): void {
    this.#disposed = true;
    this.#parts.reader.dispose();
    this.#parts.dispose();
  }

  get #index(): FileIndex {
    if (this.#disposed) throw new InstallError(failure("EDISPOSED", "The project was disposed of"));
    return this.#parts.index;
  }

  /** What can be had without an archive. */
  #atHand(found: FoundFile): Uint8Array | undefined {
    return "bytes" in found ? found.bytes : this.#parts.overlay.get(found.path)?.slice();
  }

  #cut(found: FoundFile, archive: Uint8Array): Uint8Array {
    if ("bytes" in found) return found.bytes;
    const { path, pack, place } = found;
    const { location, index, executables } = pack;
    const start = index.starts[place] ?? 0;
    const bytes = archive.slice(start, start + (index.sizes[place] ?? 0));
    return executables?.has(path.slice(location.length + 1)) ? unixLine(bytes) : bytes;
  }

  /** As module resolution looks at it. */
  readonly #files: PackageFiles = {
    kind: (path) => this.#index.kind(path),
    realpath: (path) => this.#index.realpath(path),
    text: (path) => {
      const found = this.#index.find(path);
      const bytes = this.#atHand(found);
      if (bytes) return new TextDecoder().decode(bytes);
      const known = this.#parts.reader.cached(packOf(found), endOf(found));
      if (known) return new TextDecoder().decode(this.#cut(found, known));
      return this.readFile(path).then((read) => new TextDecoder().decode(read));
    },
  };
}

function packOf(found: FoundFile): { integrity: string; unpacked: number } {
  return "pack" in found ? found.pack.index : { integrity: "", unpacked: 0 };
}

/** Where in the archive the file ends. */
function endOf(found: FoundFile): number {
  if ("bytes" in found) return 0;
  const { pack, place } = found;
  return (pack.index.starts[place] ?? 0) + (pack.index.sizes[place] ?? 0);
}
