import type { Platform } from "./common.ts";
import type { Failure } from "./failure.ts";
import type { ProjectInput, Resolution, ResolveOptions } from "./resolve.ts";
import type { FileSink, SinkLink } from "./sink.ts";

/** The input of `install`: a resolution, the text of a package-lock.json (version 2 or 3), or a project, which is resolved first. */
export type InstallInput = Resolution | string | ProjectInput;

export interface InstallOptions {
  /** Receives the files. Without a sink, nothing is written: `InstalledProject` reads files from the tarballs on request. */
  sink?: FileSink | Map<string, Uint8Array | SinkLink>;
  /** Does not fetch packages that the sink already has. Their files cannot be read from the project then. Default false. */
  trustSink?: boolean;
  /** Types of dependencies to leave out, as npm's `--omit`. Default none. */
  omit?: readonly ("dev" | "optional" | "peer")[];
  /** The platform whose optional packages are installed. `"wasm"`: those that run in a page. Default: the installer's platform. */
  platform?: Partial<Pick<Platform, "os" | "cpu" | "libc">> | "wasm";
  /**
   * Replacements for packages that cannot run in a page, by package name. `true`: the table of docs/platform.md. Needs
   * `platform: "wasm"` and a project as input. Default false.
   */
  substitutes?: boolean | Readonly<Record<string, string>>;
  /** Options for resolving, if the input is a project. Those about sources (`allowRemote`, `replaceRegistryHost`, …) hold for every input. */
  resolve?: Omit<ResolveOptions, "signal" | "omit" | "os" | "cpu" | "libc">;
  /** If the input is a lock or a resolution: the tarballs of its `file:` entries, and its patches, by path relative to the project. */
  files?: ProjectInput["files"];
  /** Limits on each tarball. A tarball beyond them fails with `TAR_ABORT`; a download beyond `limits.tarball` with `ELIMIT`. */
  limits?: Partial<UnpackLimits>;
  /** Checks stored tarballs against their sha512 again, and not only against a fast checksum. Default false. */
  verifyStored?: boolean;
  /** `true`: a patch of `patchedDependencies` that does not fit is a warning, and its package stays unpatched. Default false. */
  ignorePatchFailures?: boolean;
  /** Called with every file of every verified package. If it returns bytes, they replace the file. */
  afterExtract?: AfterExtract;
  /** Milliseconds that `afterExtract` may take for one file. Default 10,000. */
  afterExtractTimeout?: number;
  /** Milliseconds that the sink may take without progress. Default 300,000. */
  sinkTimeout?: number;
  signal?: AbortSignal;
  onProgress?: (progress: InstallProgress) => void;
}

/** Gets a path relative to the project and the file's bytes. Returns new bytes, or `undefined` to leave the file unchanged. */
export type AfterExtract = (
  path: string,
  bytes: Uint8Array,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

export type OperationKind = "download" | "extract" | "write";
export type OperationState = "waiting" | "running" | "done" | "failed" | "dropped";

/** One download, extraction or write. Times are milliseconds since the install began; `null` is not yet. */
export interface Operation {
  readonly kind: OperationKind;
  /** The integrity or the URL of a tarball. For `write`, a location. */
  readonly key: string;
  /** `name@version`. */
  readonly package: string;
  readonly state: OperationState;
  /** Bytes of the tarball so far. */
  readonly bytes: number;
  readonly start: number | null;
  readonly end: number | null;
}

/** The progress of an install, sent at most 20 times a second. */
export interface InstallProgress {
  phase: "resolve" | "install" | "write" | "done";
  /** Tarballs that are known to be needed. */
  packs: number;
  /** Tarballs that are downloaded or read from the store, and verified. */
  packsDone: number;
  /** The part of `packsDone` that was in the store. */
  packsStored: number;
  /** Bytes of tarballs so far. */
  bytes: number;
  /** A live list, in the order in which the operations began to wait. */
  operations: readonly Operation[];
}

export interface FileStat {
  readonly kind: "file" | "directory" | "link";
  /** Bytes; 0 for folders and links. */
  readonly size: number;
  readonly mode: number;
  /** The target of a link, relative to the folder of the link, as on a disk. */
  readonly target?: string;
}

/** The install scripts of one package. webhoist runs none of them. */
export interface InstallScripts {
  readonly location: string;
  readonly name: string;
  readonly version: string;
  /** Commands by event: `preinstall`, `install`, `postinstall`, … */
  readonly scripts: Readonly<Record<string, string>>;
  /**
   * Whether npm would run them: as `allowScripts` of package.json and `.npmrc` say. Null: npm 12 does not run them before somebody has
   * reviewed them. npm 11 runs all.
   */
  readonly allowed: boolean | null;
}

/** The result of an install in numbers and lists. */
export interface InstallReport {
  readonly packages: number;
  readonly files: number;
  /** Size of all files. */
  readonly bytes: number;
  /** Number of tarballs from the network. */
  readonly fetched: number;
  /** Number of tarballs from the store. */
  readonly stored: number;
  /** Bytes over the network. */
  readonly transferred: number;
  /** Locations that the sink did not hold before; without a sink, all locations. */
  readonly added: readonly string[];
  /** Locations that the sink held before and no longer holds. */
  readonly removed: readonly string[];
  /** Locations that hold another package or version than before. */
  readonly changed: readonly string[];
  readonly skipped: readonly SkippedPackage[];
  /** The install scripts of all packages, and whether npm would have run them. */
  readonly scripts: readonly InstallScripts[];
  readonly warnings: readonly Failure[];
  /** For each replaced package, its replacement. */
  readonly substitutes: Readonly<Record<string, string>>;
  /** Computed SRI of packages for which the lockfile has none, by location. */
  readonly computed: Readonly<Record<string, string>>;
}

/**
 * An installed `node_modules` whose files can be read. Paths are relative to the project and `/`-separated. Files stay in their
 * tarballs until they are read.
 */
export interface InstalledProject {
  /** Returns the path of every file and link, package by package in the order of the lockfile. */
  paths(): string[];
  /** Reads a file. @throws InstallError ENOENT, ENOTDIR, EISDIR; ESTORE if the package can neither be read nor fetched again */
  readFile(path: string): Promise<Uint8Array>;
  /** Reads a file synchronously. @throws InstallError ENOTLOADED if its package is not in memory: `load` it, or use `readFile` */
  readFileSync(path: string): Uint8Array;
  /** Loads the packages at these locations, or all packages, into memory. They stay until `unload` or `dispose`. */
  load(locations?: readonly string[]): Promise<void>;
  /** Frees the memory of loaded packages. */
  unload(): void;
  /** Returns the names in a folder, sorted. @throws InstallError ENOENT, ENOTDIR */
  readdir(path: string): string[];
  /** Describes a file or folder. Follows links. @throws InstallError ENOENT */
  stat(path: string): FileStat;
  /** Describes a file, folder or link. Does not follow a link at the end of the path. @throws InstallError ENOENT */
  lstat(path: string): FileStat;
  exists(path: string): boolean;
  /** Checks whether a patch or `afterExtract` changed a file, so that it is not the one that the lock's integrity promises. */
  isChanged(path: string): boolean;
  /** Resolves all links in a path. @throws InstallError ENOENT */
  realpath(path: string): string;
  /** Returns the paths that match a pattern of `*`, `**`, `?`, `{a,b}` and `[a-z]`. Lists links, but not the files behind them. */
  glob(pattern: string): string[];
  /** Returns the file behind a command in the `node_modules/.bin` nearest to the folder `from` (default: the project), or null. */
  resolveBin(name: string, from?: string): string | null;
  /** Resolves `import specifier` in the file `importer` as Node does. @throws InstallError with Node's codes (`ERR_…`) */
  nodeResolve(specifier: string, importer: string, options?: NodeResolveOptions): Promise<string>;
  /** Writes all files into a sink, except packages that the sink already has. */
  writeTo(sink: FileSink | Map<string, Uint8Array | SinkLink>, options?: { signal?: AbortSignal }): Promise<void>;
  /** Text of the installed lockfile, completed with computed integrities. */
  readonly lockfile: string;
  /** The resolution, if a project or a resolution was installed; else null. */
  readonly resolution: Resolution | null;
  readonly report: InstallReport;
  /** Resolves when all packages are stored for the next visit, or storing them has failed with a warning. */
  readonly stored: Promise<void>;
  /** Frees the memory of the project. Bytes that were read stay valid. Later calls fail with EDISPOSED. */
  dispose(): void;
}

export interface NodeResolveOptions {
  /** Conditions besides `default`. Default `["import", "module", "browser"]`. */
  conditions?: readonly string[];
  /** Applies the `browser` field of package.json, which replaces files and packages. Default: true if `conditions` has `browser`. */
  browser?: boolean;
  /**
   * Fields that name the entry of a package without `exports`, best first. Default `["browser", "module", "main"]`, without
   * `browser` if that option is off.
   */
  mainFields?: readonly string[];
  /** Extensions to try if a path names no file. Bundlers try them; Node's `import` tries none. Default `[".js", ".json", ".mjs", ".cjs"]`. */
  extensions?: readonly string[];
  /**
   * The result for Node's own modules. `external`: the specifier itself, `node:fs`. `error`: a package of that name, else
   * ERR_UNKNOWN_BUILTIN_MODULE. Default: `external` if `conditions` has `node`, else `error`.
   */
  builtins?: "external" | "error";
}

/** Limits that stop decompression bombs. docs/api.md lists the defaults. */
export interface UnpackLimits {
  /** Bytes of the tarball. */
  tarball: number;
  /** Bytes of one file. */
  file: number;
  /** Bytes of the whole inflated archive. */
  package: number;
  /** Inflated bytes for each byte of the tarball. Does not apply to archives up to 1 MiB. */
  ratio: number;
  /** Number of files in a package, and of folders. */
  files: number;
}

/** A package of the lockfile that was not installed. */
export interface SkippedPackage {
  readonly location: string;
  readonly name: string;
  readonly version: string;
  /**
   * - `omit`: left out by `omit`
   * - `platform`: optional, and for another platform
   * - `failed`: could not be fetched, and is optional or a folder that no tarball brings
   * - `unneeded`: nothing needs it, and the lock does not say where it comes from
   */
  readonly why: "omit" | "platform" | "failed" | "unneeded";
}
