import type { Platform } from "../../src/api/common.ts";
import type { Failure } from "../../src/api/failure.ts";
import type { Rung } from "../../src/api/flat.ts";
import type {
  CacheMode,
  InstallerOptions,
  MetadataForm,
  Progress,
  ProjectInput,
  ResolutionStats,
  ResolveOptions,
  TokenContext,
} from "../../src/api/resolve.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import type { Extracted, ReadOrder, TarballRequest } from "../../src/install/extractor.ts";
import type { MetadataUsage } from "../../src/metadata-cache/metadata-caches.ts";
import type { RegistryConfig } from "../../src/registry/registry-config.ts";
import type { PreloadPlan } from "../run/preload-plan.ts";
import type { RunSettings } from "../run/prepare-run.ts";
import type { SharedMemory } from "../shared/shared-memory.ts";

// Everything that threads send to each other, except requests to a registry (workers/net/net-protocol.ts). All of it can be
// cloned. Failures are sent as data, because a thrown error would lose everything but its message.

// ── From the page to a worker, over comlink ──────────────────────────────────────────────────────────────────────────────

/**
 * The task of a worker: `engine` resolves; `fetch` runs the preload and the store for an engine that sleeps; `io` makes requests;
 * `extract` opens tarballs.
 */
export type Role = "engine" | "fetch" | "io" | "extract";

export interface WorkerSetup {
  role: Role;
  /** A Web Lock that the worker holds while it lives. When the page gets the lock, the worker is gone. */
  lifeline?: string | undefined;
  /** For `engine` and `fetch`: a port to the thread that makes requests. For `io`: the ports to serve. */
  net: MessagePort[];
  /** For workers that have the metadata cache: whether it stays in memory. */
  privateStore?: boolean;
  /** The port between the engine worker and the fetch worker: see `EngineMessage` and `FetchMessage`. */
  workerPort?: MessagePort | undefined;
  /** For `io`: the options of requests. */
  fetching?:
    | Pick<
        InstallerOptions,
        | "concurrency"
        | "timeout"
        | "deadline"
        | "minRate"
        | "packumentLimit"
        | "retries"
        | "proxy"
        | "registry"
        | "scopes"
        | "tokenUrls"
        | "storeName"
      >
    | undefined;
  /** For `io`: a port that asks the page for credentials. */
  tokens?: MessagePort | undefined;
}

/** From the worker that makes requests to the page: what credentials does a URL need? */
export interface TokenQuery {
  readonly id: number;
  readonly url: string;
  readonly context: TokenContext;
}

export interface ResolveOrder {
  settings: RunSettings;
  input: ProjectInput;
  options: Omit<ResolveOptions, "signal">;
  /** In `threads` mode: the memory of this run. */
  memory?: SharedMemory | undefined;
  /** In `worker` mode: receives `Progress`. */
  progressPort?: MessagePort | undefined;
  /** Receives `PlacedChanges`. */
  placedPort?: MessagePort | undefined;
}

/** A resolution, as it crosses threads. */
export interface ResolveAnswer {
  files: Record<string, string>;
  lockfile: string;
  warnings: readonly Failure[];
  stats: ResolutionStats;
  rung: Rung | null;
  /** See `encodeTree`. */
  tree: Uint8Array<ArrayBuffer>;
  /** In `worker` mode: the last report. Sent with the answer, because the progress port may deliver it later than the answer. */
  progress?: Progress | undefined;
}

export interface ExtractOrder {
  tarball: Uint8Array;
  wanted: TarballRequest;
}

/** The calls that every worker answers. */
export interface WorkerService {
  /** Gives the worker its role. Resolves once the worker is ready. */
  setUp(setup: WorkerSetup): Promise<void>;
  resolve(order: ResolveOrder): Promise<Outcome<ResolveAnswer>>;
  /** Ends the current run, unless the engine sleeps: then closing its shared memory ends the run. */
  cancel(): void;
  /** For `io`: serves one more port. */
  serve(port: MessagePort): void;
  /** Resolves once the metadata of ended runs is written. Not called while a run is going on. */
  flush(): Promise<void>;
  usage(): Promise<MetadataUsage>;
  clear(): Promise<void>;
  /** See `Extractor`. Takes several tarballs in one message. Tarballs and results are transferred. */
  extract(orders: readonly ExtractOrder[]): Promise<Outcome<Extracted>[]>;
  /** See `Extractor`. Takes several reads in one message. Results are transferred; tarballs are copied. */
  read(orders: readonly ReadOrder[]): Promise<Outcome<Uint8Array[]>[]>;
  seekPoints(tarball: Uint8Array, unpacked: number): Promise<Outcome<Uint8Array | null>>;
}

// ── Between the engine worker, which sleeps, and the fetch worker, which does not: plain messages ─────────────────────────

/** The data that a fetch worker starts a run with. */
export interface FetchRunStart {
  /** Unique in the engine worker. */
  runId: number;
  memory: SharedMemory;
  config: RegistryConfig;
  metadata: MetadataForm;
  cache: CacheMode;
  plan: PreloadPlan;
  options: Omit<ResolveOptions, "signal">;
  platform: Platform;
}

/** From the engine worker to the fetch worker. */
export type EngineMessage =
  | { kind: "start"; run: FetchRunStart }
  /** The engine is about to sleep until this packument is in shared memory. */
  | { kind: "fetchPackument"; name: string }
  /** Fetch and list a tarball, or list `bytes` if they are given. */
  | { kind: "listTarball"; url: string; name: string; integrity: string | null; bytes?: Uint8Array | undefined }
  | { kind: "stopPreload" }
  /** Check that all answers so far are still in shared memory, and answer with `checked` and the same number. */
  | { kind: "check"; check: number }
  /** Answer with the packuments that were not in the store, once every search has ended. */
  | { kind: "listMissing" }
  | { kind: "close" };

/** From the fetch worker to the engine worker, which receives it while it is awake: perhaps only in a later run. */
export type FetchMessage = { readonly runId: number } & FetchReport;

export type FetchReport =
  | { kind: "addChunk"; index: number; chunk: SharedArrayBuffer }
  /** All chunks so far were sent before. */
  | { kind: "checked"; check: number }
  | { kind: "missing"; names: string[] }
  | { kind: "warn"; warning: Failure };

/** Keys of the shared map. */
export const packumentKey = (name: string): string => `p${name}`;
export const tarballKey = (url: string, integrity: string | null): string => `t${integrity ?? ""} ${url}`;
