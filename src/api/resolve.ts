import type { FileMap, Platform } from "./common.ts";
import type { Failure } from "./failure.ts";
import type { ImportMap, ImportMapOptions, PrereleaseMode, ResolutionMode, Rung, SolverStats } from "./flat.ts";
import type { InstalledProject, InstallInput, InstallOptions } from "./install.ts";
import type { PatchMark } from "./lock-marks.ts";
import type { Manifest } from "./manifest.ts";

/** The progress of a resolution, sent at most 20 times a second. */
export interface Progress {
  phase: "read" | "resolve" | "complete" | "write";
  /** Packages that were requested so far. */
  known: number;
  /** Packuments that have arrived. */
  fetched: number;
  /** Nodes in the tree. */
  placed: number;
}

export type MetadataForm = "full" | "abbreviated";
export type Mode = "auto" | "threads" | "worker" | "inline";
/**
 * How cached metadata is used.
 *
 * - `default`: uses entries younger than five minutes, and revalidates older ones; without an answer it uses those too (ESTALE)
 * - `revalidate`: revalidates every entry
 * - `prefer-offline`: uses every entry, however old
 * - `offline`: requests nothing; a missing entry fails the run with `EOFFLINE`
 * - `none`: reads and stores nothing
 */
export type CacheMode = "default" | "revalidate" | "prefer-offline" | "offline" | "none";

/** What the `token` callback gets besides the URL. */
export interface TokenContext {
  /** The configured base URL that the URL is below. It ends with `/`. */
  readonly registry: string;
}

export interface InstallerOptions {
  /** Base URL of the default registry. Default: that of the project's `.npmrc`, else the one that the build has. */
  registry?: string;
  /** Base URL of the registry of each scope: `{ "@acme": "https://npm.acme.example/" }`. */
  scopes?: Record<string, string>;
  /**
   * Returns the credentials for a URL: a bearer token, or a whole `Authorization` value if it contains a space. Called for each URL
   * below `registry`, the URLs of `scopes`, and `tokenUrls`, and for no other. `context.registry` is the longest of them that `url` is
   * below. A redirect that leaves it loses the credentials.
   */
  token?: (url: string, context: TokenContext) => string | undefined | Promise<string | undefined>;
  /**
   * Base URLs for which `token` is called too, such as a host that has only the tarballs of a registry. Credentials of a project's
   * `.npmrc` count below these, `registry` and the URLs of `scopes`.
   */
  tokenUrls?: readonly string[];
  /**
   * `false` ignores a project's `.npmrc`. A list names the keys that count, such as `["legacy-peer-deps", "@acme:registry"]`. Default
   * true. If `registry` is set here, a project's `@scope:registry` counts only if a list names it.
   */
  projectConfig?: boolean | readonly string[];
  /** Variables for `${NAME}` in a project's `.npmrc`. The project can send them only to hosts that you name. Default none. */
  env?: Readonly<Record<string, string>>;
  /** Default: the global `fetch`. Cannot be combined with `io: "worker"`. */
  fetch?: typeof globalThis.fetch;
  /** Default `abbreviated`. A date limit needs `full`, and sets it with a warning. */
  metadata?: MetadataForm;
  /** Default `auto`: the first of `threads`, `worker` and `inline` that starts. */
  mode?: Mode;
  /** Default `default`. */
  cache?: CacheMode;
  /**
   * Part of the stored metadata: installers of one origin share it if they have the same name. Default: the common part, also called
   * `""`. With a `fetch` of your own the default is none: then the metadata stays in memory, for this installer alone.
   */
  storeName?: string;
  /**
   * The thread that fetches, in every mode. Default `page`, which has the page's cookies and service worker. `token` is called on the
   * page in any case. If no worker starts, `mode: "auto"` fetches on the page and says so in `modeReason`; other modes fail.
   */
  io?: "page" | "worker";
  /** Address of the worker's file (`webhoist/worker`). Default: beside the library's file. */
  workerUrl?: string | URL;
  /** Members that differ from `DEFAULT_PLATFORM`. */
  platform?: Partial<Platform>;
  /** Not called after a resolution has ended. If it throws, it is not called again in that resolution, which gets the warning `EPROGRESS`. */
  onProgress?: (progress: Progress) => void;
  /** Requests in flight at once. Default 256; 16 in Node, which opens a connection for each, because registries refuse too many. */
  concurrency?: number;
  /** Tarball downloads in flight at once. Default 64; 16 in Node. */
  tarballConcurrency?: number;
  /** Workers that open tarballs, in the mode `threads`. Default: the number of processors less one, at most 4. */
  extractWorkers?: number;
  /** Milliseconds to wait for an answer before a request is cancelled and retried. Default 30,000. */
  timeout?: number;
  /** Milliseconds that one attempt at a request may take in all, before it is given up and retried. Default 600,000. */
  deadline?: number;
  /**
   * Bytes per second. A body that arrives more slowly during `timeout` is given up and retried, unless other bodies take the
   * bandwidth. Default 1000; 0 allows any rate.
   */
  minRate?: number;
  /** Bytes of a packument or manifest at most. A larger one fails with `ELIMIT`. Default 128 MiB. */
  packumentLimit?: number;
  /** Retries of a failed request. Default 3. */
  retries?: number;
  /** Base URL of a relay on the page's origin, which is used if the page cannot reach the registry. Default none. */
  proxy?: string;
}

/** A project to resolve. */
export interface ProjectInput {
  /** package.json, and if there are any: lockfile, `.npmrc`, the package.json of workspaces, local tarballs. */
  files: FileMap;
  /** Folder of the project inside `files`. Default `""`. */
  root?: string;
  /** Name of the project's folder: the lockfile's `name` if package.json has none. */
  name?: string;
}

export type SaveType = "prod" | "dev" | "optional" | "peer" | "peerOptional";

export type AllowedSources = "all" | "root" | "none";

/** npm's settings keep npm's names, meanings and defaults. An option here wins over the project's `.npmrc`. */
export interface ResolveOptions {
  /** A spec to add, or several, as on npm's command line: `react@^19`. */
  add?: string | readonly string[];
  /** The name of a package to remove, or several. */
  rm?: string | readonly string[];
  /** `true`: updates all packages. Names only, without versions. */
  update?: boolean | readonly string[] | { all?: boolean; names?: readonly string[] };
  saveType?: SaveType;
  saveBundle?: boolean;
  /** `false`: leaves package.json unchanged, as npm's `--no-save`. Default true. */
  save?: boolean;
  savePrefix?: string;
  saveExact?: boolean;
  workspaces?: readonly string[];
  includeWorkspaceRoot?: boolean;
  legacyPeerDeps?: boolean;
  strictPeerDeps?: boolean;
  force?: boolean;
  preferDedupe?: boolean;
  installStrategy?: "hoisted" | "nested" | "shallow" | "linked";
  installLinks?: boolean;
  omit?: readonly ("dev" | "optional" | "peer")[];
  /** Versions published after this date are not picked. */
  before?: string | Date;
  /** Days. Versions younger than this are not picked. */
  minReleaseAge?: number;
  /** Names, and globs with `*`, to which `minReleaseAge` does not apply. */
  minReleaseAgeExclude?: readonly string[];
  /** Refuses an `.npmrc` with keys that npm does not know (npm 12). Default false: such keys give a warning. */
  strictNpmrc?: boolean;
  engineStrict?: boolean;
  lockfileVersion?: 1 | 2 | 3;
  /** Leaves the tarball URLs of a registry's packages out of the lockfile. An install then asks the registry. Default false. */
  omitLockfileRegistryResolved?: boolean;
  /** `false`: writes the lockfile on one line. Default true. */
  formatPackageLock?: boolean;
  /** `true`: accepts entries of `patchedDependencies` that no installed package uses. Default false: they fail with `EPATCHUNUSED`. */
  allowUnusedPatches?: boolean;
  /**
   * Which packages from git repositories, http URLs, tarball files and folders are allowed: `all` (default), `root` only those that the
   * project and its workspaces require, `none`. An install checks git, URLs and files too. A package of a registry counts as one from
   * a URL if its tarball is not below the registry.
   */
  allowGit?: AllowedSources;
  allowRemote?: AllowedSources;
  allowFile?: AllowedSources;
  allowDirectory?: AllowedSources;
  /**
   * Which tarball URLs of a lock mean the registry of the run: `npmjs` (default) those of the default public registry; a host, or the
   * beginning of a URL; `always` all; `never` none.
   */
  replaceRegistryHost?: string;
  defaultTag?: string;
  os?: string;
  cpu?: string;
  libc?: string;
  /** Adds the licenses that abbreviated metadata lacks to the lockfile: one more request for each new package. */
  completeLockfile?: boolean;
  /** `false`: neither reads nor writes a lockfile. Default true. */
  packageLock?: boolean;
  /** `npm` (default): npm's own tree. `flat`: one version of each package, or a proof that there is none (docs/solver.md). */
  strategy?: "npm" | "flat";
  /** The requirements that `flat` may give up if there is no solution otherwise. Default `none`: it fails with `ENOSOLUTION`. */
  relax?: Rung;
  /** For `flat`: which versions are tried first. Default `highest`. */
  resolutionMode?: ResolutionMode;
  /** For `flat`: which prereleases are allowed. Default `as-written`. */
  prereleases?: PrereleaseMode;
  /** For `flat`: packages that never get two copies, besides those that webhoist knows, such as react. */
  singletons?: readonly string[];
  /** For `flat`: steps of the search at most; past them it fails with `ELIMIT`. Default 100 million. */
  solverLimit?: number;
  /** Cancels the resolution, which rejects with the signal's reason. */
  signal?: AbortSignal;
}

export type DependencyType = "prod" | "dev" | "optional" | "peer" | "peerOptional" | "workspace";

/** A dependency of `from` on a package, and the package `to` that it resolves to. */
export interface TreeEdge {
  readonly from: TreeNode;
  readonly name: string;
  /** The spec after overrides. */
  readonly spec: string;
  /** The spec as written. */
  readonly rawSpec: string;
  readonly type: DependencyType;
  readonly to: TreeNode | null;
  readonly valid: boolean;
  readonly error: "MISSING" | "INVALID" | "PEER LOCAL" | null;
  readonly overridden: boolean;
}

/** A package at a location. */
export interface TreeNode {
  /** Name of the folder under `node_modules`; for an alias, the alias. */
  readonly name: string;
  /** The name in the package's own package.json. */
  readonly packageName: string;
  readonly version: string;
  /** `""` for the project, `node_modules/a`, `packages/b`, … */
  readonly location: string;
  readonly parent: TreeNode | null;
  readonly children: readonly TreeNode[];
  readonly edgesOut: readonly TreeEdge[];
  readonly edgesIn: readonly TreeEdge[];
  readonly manifest: Readonly<Manifest>;
  readonly isLink: boolean;
  /** A link's target. */
  readonly target: TreeNode | null;
  readonly resolved: string | null;
  readonly integrity: string | null;
  /** The project's patch that an install applies to the package (`patchedDependencies`, npm 12). */
  readonly patched: PatchMark | null;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly devOptional: boolean;
  readonly peer: boolean;
  readonly extraneous: boolean;
  readonly inBundle: boolean;
  /** True for an optional package that is not installed, because it is for another platform. */
  readonly inert: boolean;
}

export interface Tree {
  readonly root: TreeNode;
  /** Every node except the root, in the order of the lockfile. */
  readonly nodes: readonly TreeNode[];
  get(location: string): TreeNode | undefined;
}

/** A chain of edges from the project to a package. */
export interface WhyPath {
  readonly edges: readonly TreeEdge[];
}

export interface WhyAnswer {
  readonly node: TreeNode;
  /** Shortest first. A path passes no package twice. */
  readonly paths: readonly WhyPath[];
}

export interface LockChange {
  readonly location: string;
  readonly name: string;
  readonly kind: "added" | "removed" | "changed";
  readonly before?: string;
  readonly after?: string;
}

/** A problem that does not stop the resolution, in the shape and with the codes of a failure: `EBADENGINE`, `EDEPRECATED`, … */
export type Warning = Failure;

export interface ResolutionStats {
  requests: number;
  /** Bytes over the network if known, else bytes of bodies. */
  bytes: number;
  packuments: number;
  manifestsParsed: number;
  nodes: number;
  /** Messages between threads. */
  messages: number;
  /** Milliseconds by phase. */
  milliseconds: { read: number; resolve: number; complete: number; write: number; total: number };
  /** Only for `flat`. */
  solver?: SolverStats;
}

export interface Resolution {
  /** The files that npm would have written, by path in the file set: the lockfile, and each package.json that changed. */
  readonly files: Record<string, string>;
  readonly tree: Tree;
  readonly warnings: readonly Warning[];
  readonly stats: ResolutionStats;
  /** For `flat`: the requirements that had to be given up. Null for npm's own tree. */
  readonly rung: Rung | null;
  /** Version of each package at the top of `node_modules`, by installed name, without packages for other platforms. */
  readonly versions: Readonly<Record<string, string>>;
  /** Returns, for each copy of a package, the paths from the project to it. */
  why(name: string): WhyAnswer[];
  /** Returns what changed from the lockfile `lockText` to this resolution. @throws InstallError EJSONPARSE */
  diff(lockText: string): LockChange[];
  /** Makes an import map for the resolved packages (docs/import-maps.md). @throws InstallError EIMPORTMAP, EINVALIDOPTION */
  importMap(options?: ImportMapOptions): Promise<ImportMap>;
}

export interface PackumentSummary {
  name: string;
  versions: string[];
  distTags: Record<string, string>;
}

/** The storage that is in use, of all registries. */
export interface StoreUsage {
  /** Bytes of metadata. */
  bytes: number;
  packuments: number;
  /** Bytes of tarballs and their indexes. */
  packBytes: number;
  packs: number;
}

/** Resolves and installs projects from one set of registries. Several calls may run at once. */
export interface Installer {
  readonly mode: Exclude<Mode, "auto">;
  /** Why this mode was chosen: `set by options.mode`, `the first choice`, or the reason why the better modes did not start. */
  readonly modeReason: string;
  /**
   * Resolves a project: returns the files that npm 11 would write, and the tree that they describe (docs/npm-tree.md).
   * @throws InstallError with npm's code if npm fails too; EINVALIDINPUT, EINVALIDOPTION; EWORKER if a worker died (the next call
   * starts new ones). Rejects with the reason of `options.signal` if it is cancelled. docs/errors.md lists all codes.
   */
  resolve(project: ProjectInput, options?: ResolveOptions): Promise<Resolution>;
  /**
   * Installs a project: fetches and verifies every tarball, and makes `node_modules` readable. Writes files only into a sink. Runs no
   * scripts.
   * @throws InstallError EINTEGRITY, E404, EINVALIDLOCK, TAR_BAD_ARCHIVE, … and the codes of `resolve`. The sink is unchanged then.
   */
  install(input: InstallInput, options?: InstallOptions): Promise<InstalledProject>;
  /** Returns a package's versions, in the registry's order, and its dist-tags. @throws InstallError E404, EUNREACHABLE, EINVALIDPACKUMENT, … */
  packument(name: string, options?: { signal?: AbortSignal }): Promise<PackumentSummary>;
  /** Storage that lasts between visits: metadata (docs/metadata-cache.md) and tarballs (docs/pack-cache.md). */
  readonly store: {
    /** Waits until pending writes have ended, then returns the storage in use. */
    usage(): Promise<StoreUsage>;
    /** Deletes everything, of all registries. @throws InstallError ESTORE */
    clear(): Promise<void>;
  };
  /**
   * Ends running calls and refuses later ones with EDISPOSED. Results that were returned stay valid. Workers get 100 ms to finish
   * writing to the store: to be sure that they do, await `store.usage()` first.
   */
  dispose(): void;
}
