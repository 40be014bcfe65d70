import type { FileMap, Platform } from "./common.ts";
import type { Failure } from "./failure.ts";
import type { ImportMap, ImportMapOptions, PrereleaseMode, ResolutionMode, Rung, SolverStats } from "./flat.ts";
import type { InstalledProject, InstallInput, InstallOptions } from "./install.ts";
import type { Manifest } from "./manifest.ts";

/** Counts while a resolution runs; sent at most 20 times a second. */
export interface Progress {
  phase: "read" | "resolve" | "complete" | "write";
  /** Package names asked for so far. */
  known: number;
  /** Packuments that have arrived. */
  fetched: number;
  /** Nodes in the tree. */
  placed: number;
}

export type MetadataForm = "full" | "abbreviated";
export type Mode = "auto" | "threads" | "worker" | "inline";
/**
 * How stored metadata is used. `default`: what is younger than five minutes as it is, the rest once the registry says it
 * still holds. `revalidate`: all of it only then. `prefer-offline`: as it is, however old. `offline`: nothing is requested;
 * what is missing fails the run (`EOFFLINE`). `none`: nothing is read or kept.
 */
export type CacheMode = "default" | "revalidate" | "prefer-offline" | "offline" | "none";

export interface InstallerOptions {
  /** Base URL of the default registry. */
  registry?: string;
  /** Registry of a scope: `{ "@acme": "https://npm.acme.example/" }`. */
  scopes?: Record<string, string>;
  /** Credentials for an origin: a bearer token, or a whole `Authorization` value when it contains a blank. */
  token?: (origin: string) => string | undefined | Promise<string | undefined>;
  fetch?: typeof globalThis.fetch;
  metadata?: MetadataForm;
  mode?: Mode;
  cache?: CacheMode;
  /**
   * Who fetches: the page (default: the embedder's own `fetch`, credentials and service worker are there) or a worker, in every
   * mode; `token` is still asked of the page. Where no worker starts, `mode: 'auto'` has the page fetch and says so in
   * `modeReason`, and a mode asked for by name fails.
   */
  io?: "page" | "worker";
  /** Where the worker's file (`webhoist/worker`) is, if not beside this library's. */
  workerUrl?: string | URL;
  platform?: Partial<Platform>;
  /** Not called once a resolution has ended. One that throws is not called again in that resolution, which has a warning (`EPROGRESS`). */
  onProgress?: (progress: Progress) => void;
  /** Requests in flight at once. Default 256, and 16 in Node, which opens a connection for each: registries turn some of too many away. */
  concurrency?: number;
  /** Tarballs in flight at once. Default 64, and 16 in Node. */
  tarballConcurrency?: number;
  /** Workers that open tarballs, in the mode `threads`. Default: one less than there are processors, at most 4. */
  extractWorkers?: number;
  /** Milliseconds without an answer before a request is given up and retried. Default 30,000. */
  timeout?: number;
  /** How many times a failed request is tried again. Default 3. */
  retries?: number;
  /** Base URL of a relay that can be asked when the registry cannot be reached from a page. */
  proxy?: string;
}

export interface ProjectInput {
  files: FileMap;
  /** Folder of the project inside `files`. Default `""`. */
  root?: string;
  /** The folder's name: the lock's `name` when package.json has none. */
  name?: string;
}

export type SaveType = "prod" | "dev" | "optional" | "peer" | "peerOptional";

export interface ResolveOptions {
  add?: readonly string[];
  rm?: readonly string[];
  update?: boolean | readonly string[] | { all?: boolean; names?: readonly string[] };
  saveType?: SaveType;
  saveBundle?: boolean;
  /** `false` for npm's `--no-save`. */
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
  before?: string | Date;
  /** Days; versions younger than this are not picked. */
  minReleaseAge?: number;
  minReleaseAgeExclude?: readonly string[];
  engineStrict?: boolean;
  lockfileVersion?: 1 | 2 | 3;
  defaultTag?: string;
  os?: string;
  cpu?: string;
  libc?: string;
  completeLockfile?: boolean;
  packageLock?: boolean;
  /** `npm` (the default): npm's own tree. `flat`: one version of each package, or the reason why not (docs/solver.md). */
  strategy?: "npm" | "flat";
  /** What a flat resolution may give up where there is no other answer. Default `none`: then it fails with `ENOSOLUTION`. */
  relax?: Rung;
  /** Default `highest`. Of a flat resolution. */
  resolutionMode?: ResolutionMode;
  /** Default `as-written`. Of a flat resolution. */
  prereleases?: PrereleaseMode;
  /** Packages of which a flat resolution never takes two copies, besides those of `SINGLETONS`. */
  singletons?: readonly string[];
  signal?: AbortSignal;
}

export type DependencyType = "prod" | "dev" | "optional" | "peer" | "peerOptional" | "workspace";

/** A dependency: who wants what, and what it got. */
export interface TreeEdge {
  readonly from: TreeNode;
  readonly name: string;
  /** As written, or as an override rewrote it. */
  readonly spec: string;
  readonly rawSpec: string;
  readonly type: DependencyType;
  readonly to: TreeNode | null;
  readonly valid: boolean;
  readonly error: "MISSING" | "INVALID" | "PEER LOCAL" | null;
  readonly overridden: boolean;
}

/** A package at a location. Read-only. */
export interface TreeNode {
  /** Folder name under `node_modules` (an alias keeps its alias). */
  readonly name: string;
  /** The name in its own manifest. */
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
  readonly dev: boolean;
  readonly optional: boolean;
  readonly devOptional: boolean;
  readonly peer: boolean;
  readonly extraneous: boolean;
  readonly inBundle: boolean;
  /** Left out of this machine's install (an optional package for another platform). */
  readonly inert: boolean;
}

export interface Tree {
  readonly root: TreeNode;
  /** Every node except the root, by location, in npm's order of the lock. */
  readonly nodes: readonly TreeNode[];
  get(location: string): TreeNode | undefined;
}

/** One chain from the project to a package, the project first. */
export interface WhyPath {
  readonly edges: readonly TreeEdge[];
}

export interface WhyAnswer {
  readonly node: TreeNode;
  /** Shortest first; cycles are cut. */
  readonly paths: readonly WhyPath[];
}

export interface LockChange {
  readonly location: string;
  readonly name: string;
  readonly kind: "added" | "removed" | "changed";
  readonly before?: string;
  readonly after?: string;
}

/** A warning is a failure that npm lives with: same shape, same codes (`EBADENGINE`, `ERESOLVE`, `EDEPRECATED`, …). */
export type Warning = Failure;

export interface ResolutionStats {
  requests: number;
  /** Bytes over the wire where known, else body bytes. */
  bytes: number;
  packuments: number;
  manifestsParsed: number;
  nodes: number;
  /** Messages between threads. */
  messages: number;
  /** Milliseconds by phase. */
  milliseconds: { read: number; resolve: number; complete: number; write: number; total: number };
  /** Of a flat resolution. */
  solver?: SolverStats;
}

export interface Resolution {
  /** What npm would have written: the lock, and each package.json that changed. Keys relative to the file set. */
  readonly files: Record<string, string>;
  readonly tree: Tree;
  readonly warnings: readonly Warning[];
  readonly stats: ResolutionStats;
  /** How a flat answer stands; null for npm's own tree. */
  readonly rung: Rung | null;
  /** Installed name to version, for all that stands in the project's own `node_modules` and is not left out. */
  readonly versions: Readonly<Record<string, string>>;
  why(name: string): WhyAnswer[];
  diff(lockText: string): LockChange[];
  /** An import map for what was resolved (docs/import-maps.md). @throws InstallError EIMPORTMAP, EINVALIDOPTION */
  importMap(options?: ImportMapOptions): Promise<ImportMap>;
}

export interface PackumentSummary {
  name: string;
  versions: string[];
  distTags: Record<string, string>;
}

export interface StoreUsage {
  /** Of metadata. */
  bytes: number;
  packuments: number;
  /** Of tarballs and their indexes. */
  packBytes: number;
  packs: number;
}

/** Resolves projects against one set of registries. Several resolutions may run at once; they share nothing. */
export interface Installer {
  readonly mode: Exclude<Mode, "auto">;
  /** Why this mode: asked for, or what the environment allows. */
  readonly modeReason: string;
  /**
   * The files that npm 11 would write for the project, and the tree they describe (docs/npm-tree.md).
   * @throws InstallError with npm's code and at least what, where and why, or EINVALIDINPUT, EINVALIDOPTION for what is not
   * plain data, EWORKER when a worker died (the next call has new ones); the reason of `options.signal` when cancelled
   */
  resolve(project: ProjectInput, options?: ResolveOptions): Promise<Resolution>;
  /**
   * Makes a project's `node_modules` readable: every tarball verified and indexed, nothing run. A sink gets real files.
   * @throws InstallError EINTEGRITY, E404, EINVALIDLOCK, TAR_BAD_ARCHIVE, … and what `resolve` throws; then nothing has changed
   */
  install(input: InstallInput, options?: InstallOptions): Promise<InstalledProject>;
  /** A package's versions, in the registry's order, and its tags. @throws InstallError E404, EUNREACHABLE, EINVALIDPACKUMENT, … */
  packument(name: string, options?: { signal?: AbortSignal }): Promise<PackumentSummary>;
  /** Metadata (docs/metadata-cache.md) and packs (docs/pack-cache.md) that are kept between visits. */
  readonly store: {
    /** Bytes as they are stored, of all registries, once what is being written is written. */
    usage(): Promise<StoreUsage>;
    clear(): Promise<void>;
  };
  /**
   * Ends what is running and refuses what is asked later, with EDISPOSED. What was answered stays valid. Workers have a tenth
   * of a second to write what is to be stored: to be sure of it, await `store.usage()` before.
   */
  dispose(): void;
}
