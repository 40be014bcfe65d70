import type { Platform } from "./common.ts";
import type { Failure } from "./failure.ts";
import type { ProjectInput, Resolution, ResolveOptions } from "./resolve.ts";
import type { FileSink, SinkLink } from "./sink.ts";

/** What `install` starts from: an answer of `resolve`, the text of a package-lock.json, or a project to be resolved first. */
export type InstallInput = Resolution | string | ProjectInput;

export interface InstallOptions {
  /** Where real files are wanted. Without it the installed tree is an index: `InstalledProject` reads what is asked for. */
  sink?: FileSink | Map<string, Uint8Array | SinkLink>;
  /** What the sink holds already is not fetched to be read: its files cannot be read from the project then. */
  trustSink?: boolean;
  omit?: readonly ("dev" | "optional" | "peer")[];
  /** Whose optional packages are installed. `"wasm"`: those that run in a page. Default: the installer's platform. */
  platform?: Partial<Pick<Platform, "os" | "cpu" | "libc">> | "wasm";
  /** For `platform: "wasm"` and a project that is resolved: packages and what stands in for them. `true`: the table of docs/platform.md. */
  substitutes?: boolean | Readonly<Record<string, string>>;
  /** How to resolve a project. */
  resolve?: Omit<ResolveOptions, "signal" | "omit" | "os" | "cpu" | "libc">;
  /** Files that a lock's `file:` entries name, by path relative to the project. Those of a project that is resolved are known. */
  files?: ProjectInput["files"];
  limits?: Partial<UnpackLimits>;
  /** Checks what the store gives by its full hash again, not only by a cheap sum. */
  verifyStored?: boolean;
  /** Sees every file of every package once it is verified; what it gives is read and written in the file's place. */
  afterExtract?: AfterExtract;
  /** Milliseconds that `afterExtract` may take for one file. Default 10,000. */
  afterExtractTimeout?: number;
  signal?: AbortSignal;
  onProgress?: (progress: InstallProgress) => void;
}

/** `path` is relative to the project. Undefined leaves the file as it is. */
export type AfterExtract = (
  path: string,
  bytes: Uint8Array,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

export type OperationKind = "download" | "extract" | "write";
export type OperationState = "waiting" | "running" | "done" | "failed" | "dropped";

/** One piece of an install's work. Times are milliseconds since the install began. */
export interface Operation {
  readonly kind: OperationKind;
  /** What it is done to: a tarball's integrity or URL; for `write` a location. */
  readonly key: string;
  /** `name@version`. */
  readonly package: string;
  readonly state: OperationState;
  /** Of the tarball, as far as known. */
  readonly bytes: number;
  readonly start: number | null;
  readonly end: number | null;
}

/** Sent at most 20 times a second. */
export interface InstallProgress {
  phase: "resolve" | "install" | "write" | "done";
  /** Tarballs known to be needed, had, and their bytes so far. */
  packs: number;
  packsDone: number;
  /** Of `packsDone`, those that were in the store. */
  packsStored: number;
  bytes: number;
  /** A live view, in the order in which they came up. */
  operations: readonly Operation[];
}

export interface FileStat {
  readonly kind: "file" | "directory" | "link";
  /** Bytes; 0 for folders and links. */
  readonly size: number;
  readonly mode: number;
  /** Of a link: relative to the folder it stands in, as a disk has it. */
  readonly target?: string;
}

export interface InstallScripts {
  readonly location: string;
  readonly name: string;
  readonly version: string;
  /** What npm would run: `install`, `postinstall`, … to command. */
  readonly scripts: Readonly<Record<string, string>>;
}

export interface InstallReport {
  readonly packages: number;
  readonly files: number;
  /** Of all files together. */
  readonly bytes: number;
  /** Tarballs: from the network, and from the store. */
  readonly fetched: number;
  readonly stored: number;
  /** Over the wire. */
  readonly transferred: number;
  /** Compared with what the sink held before: locations. All are `added` where it held nothing. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly skipped: readonly SkippedPackage[];
  /** Never run: listed for the embedder to decide. */
  readonly scripts: readonly InstallScripts[];
  readonly warnings: readonly Failure[];
  /** Package to what was installed in its place. */
  readonly substitutes: Readonly<Record<string, string>>;
  /** SRI of what the lock has none for, by location. */
  readonly computed: Readonly<Record<string, string>>;
}

/** A project's `node_modules`, readable. Paths are relative to the project, `/`-separated. Nothing is copied until it is read. */
export interface InstalledProject {
  /** Every file and link, sorted by package as in the lock. */
  paths(): string[];
  /** @throws InstallError ENOENT, EISDIR; ESTORE when the pack can neither be read nor fetched again */
  readFile(path: string): Promise<Uint8Array>;
  /** At once. @throws InstallError ENOTLOADED where the file's pack is not in memory: `load` it, or use `readFile` */
  readFileSync(path: string): Uint8Array;
  /** Brings packs into memory, where they stay until `unload` or the end: those of these locations, or all. */
  load(locations?: readonly string[]): Promise<void>;
  unload(): void;
  /** Names in a folder, sorted. @throws InstallError ENOENT, ENOTDIR */
  readdir(path: string): string[];
  /** Links are followed. @throws InstallError ENOENT */
  stat(path: string): FileStat;
  /** Links are not followed. @throws InstallError ENOENT */
  lstat(path: string): FileStat;
  exists(path: string): boolean;
  realpath(path: string): string;
  /** `*`, `**`, `?`, `{a,b}`, `[a-z]`. Links are listed, not entered. */
  glob(pattern: string): string[];
  /** The file behind a command: of `node_modules/.bin` nearest to `from` (a folder; the project's). Null: no such command. */
  resolveBin(name: string, from?: string): string | null;
  /** Node's own resolution of `import specifier` in the file `importer`. @throws InstallError with Node's codes */
  nodeResolve(specifier: string, importer: string, options?: NodeResolveOptions): Promise<string>;
  /** Writes all of it into a sink, or what is not there yet. */
  writeTo(sink: FileSink | Map<string, Uint8Array | SinkLink>, options?: { signal?: AbortSignal }): Promise<void>;
  /** Text of the lock that was installed, with the integrity of what it had none for. */
  readonly lockfile: string;
  /** What npm would have written, where the project was resolved first. */
  readonly resolution: Resolution | null;
  readonly report: InstallReport;
  /** Resolves once all packs are stored for the next visit, or given up with a warning. */
  readonly stored: Promise<void>;
  /** Lets go of packs that are in memory. What was read stays. */
  dispose(): void;
}

export interface NodeResolveOptions {
  /** Beside `default`. Default `["import", "module", "browser"]`. */
  conditions?: readonly string[];
  /** Whether package.json's `browser` field stands in for files and packages. Default: whether `conditions` has `browser`. */
  browser?: boolean;
  /** Fields that name a package's entry, where it has no `exports`. Default `["browser", "module", "main"]`, without `browser`
   * where that is off. */
  mainFields?: readonly string[];
  /** Tried behind a path that names no file. Node tries none for `import`; bundlers do. Default `[".js", ".json", ".mjs", ".cjs"]`. */
  extensions?: readonly string[];
  /** Node's own modules. `external`: answered as they are, `node:fs`. `error`: a package of that name, or ERR_UNKNOWN_BUILTIN_MODULE.
   * Default: `external` where `conditions` has `node`, else `error`. */
  builtins?: "external" | "error";
}

/** Where a bomb shows. */
export interface UnpackLimits {
  /** Bytes of the tarball. */
  tarball: number;
  /** Bytes of one file. */
  file: number;
  /** Bytes of all of the inflated archive. */
  package: number;
  /** Inflated bytes for each byte of the tarball; packages below a megabyte may have any. */
  ratio: number;
  /** Files in a package; of folders as many. */
  files: number;
}

export interface SkippedPackage {
  readonly location: string;
  readonly name: string;
  readonly version: string;
  /** `omit`: asked to be left out. `platform`: optional, and for another machine. `failed`: optional, and could not be had. */
  readonly why: "omit" | "platform" | "failed";
}
