import type { FileStat, InstalledProject, InstallReport, NodeResolveOptions } from "../api/install.ts";
import type { Resolution } from "../api/resolve.ts";
import { InstallError } from "../errors/failure.ts";
import { notLoaded } from "../errors/files.ts";
import { disposed } from "../errors/work.ts";
import type { PackageFiles } from "../node/package-files.ts";
import type { FileIndex, FoundFile } from "./file-index.ts";
import { unixLine } from "./pack-files.ts";
import type { PackReader } from "./pack-reader.ts";

export interface InstalledParts {
  index: FileIndex;
  reader: PackReader;
  /** What stands in for a pack's own file, by path. */
  overlay: ReadonlyMap<string, Uint8Array>;
  lockfile: string;
  resolution: Resolution | null;
  report: InstallReport;
  stored: Promise<void>;
  writeTo: InstalledProject["writeTo"];
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
    this.writeTo = async (sink, options) => {
      // Or what was let go of would be brought back.
      void this.#index;
      await parts.writeTo(sink, options);
    };
  }

  paths(): string[] {
    return this.#index.paths();
  }

  async readFile(path: string): Promise<Uint8Array> {
    const found = this.#index.find(path);
    if ("bytes" in found) return found.bytes;
    return this.#atHand(found) ?? asWritten(found, await this.#parts.reader.read(found.pack.index, rangeOf(found)));
  }

  readFileSync(path: string): Uint8Array {
    const found = this.#index.find(path);
    const bytes = this.#atHand(found);
    if (bytes) return bytes;
    const archive = "pack" in found && this.#parts.reader.peek(found.pack.index);
    if (archive) return asWritten(found, archive.slice(...rangeOf(found)));
    throw notLoaded(`The package of ${path} is not in memory.`, [
      { kind: "other", text: "Await `load` of its location first, or use `readFile`." },
    ]);
  }

  async load(locations?: readonly string[]): Promise<void> {
    await this.#parts.reader.load(this.#index.packs(locations).map(({ index }) => index));
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
  }

  get #index(): FileIndex {
    if (this.#disposed) throw new InstallError(disposed("project"));
    return this.#parts.index;
  }

  /** What can be had without an archive. */
  #atHand(found: FoundFile): Uint8Array | undefined {
    return "bytes" in found ? found.bytes : this.#parts.overlay.get(found.path)?.slice();
  }

  /** As module resolution looks at it. */
  readonly #files: PackageFiles = {
    kind: (path) => this.#index.kind(path),
    realpath: (path) => this.#index.realpath(path),
    text: (path) => {
      const found = this.#index.find(path);
      const bytes = this.#atHand(found);
      if (bytes) return new TextDecoder().decode(bytes);
      const known = "pack" in found && this.#parts.reader.cached(found.pack.index.integrity);
      if (known) return new TextDecoder().decode(known.subarray(...rangeOf(found)));
      return this.readFile(path).then((read) => new TextDecoder().decode(read));
    },
  };
}

type PackedFile = Extract<FoundFile, { place: number }>;

/** Where in the archive it is. */
function rangeOf({ pack: { index }, place }: PackedFile): [start: number, end: number] {
  const start = index.starts[place] ?? 0;
  return [start, start + (index.sizes[place] ?? 0)];
}

/** As npm leaves it: a command's first line as systems want it. */
function asWritten({ path, pack: { location, executables } }: PackedFile, bytes: Uint8Array): Uint8Array {
  return executables?.has(path.slice(location.length + 1)) ? unixLine(bytes) : bytes;
}
