import type { Failure } from "../../src/api/failure.ts";
import type { Rung } from "../../src/api/flat.ts";
import type {
  InstallerOptions,
  Progress,
  ProjectInput,
  ResolutionStats,
  ResolveOptions,
} from "../../src/api/resolve.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import type { Extracted, ReadOrder, TarballRequest } from "../../src/install/extractor.ts";
import type { MetadataUsage } from "../../src/metadata-cache/metadata-caches.ts";
import type { Settings } from "../run/resolve-run.ts";
import type { SharedMemory } from "../shared/shared-memory.ts";

// What crosses threads. All of it can be cloned; failures are data, since a thrown error loses all but its message.

/**
 * `engine` runs the resolver, `scout` the preload and the store for a sleeping engine, `io` does plain fetching, `extract` opens
 * tarballs.
 */
export type Role = "engine" | "fetch" | "io" | "extract";

export interface Setup {
  role: Role;
  /** A Web Lock that the worker holds while it lives: when it is free again the worker is gone, however it went. */
  lifeline?: string | undefined;
  /** Ports to whoever fetches; for `io` those it serves. */
  net: MessagePort[];
  /** Between engine and scout: the doorbell. */
  enginePort?: MessagePort | undefined;
  /** For `io`: how to fetch. */
  fetching?: Pick<InstallerOptions, "concurrency" | "timeout" | "retries" | "proxy"> | undefined;
  /** For `io`: asks the page for credentials. */
  tokens?: MessagePort | undefined;
}

export interface Order {
  settings: Settings;
  input: ProjectInput;
  options: Omit<ResolveOptions, "signal">;
  /** Of this run alone, for an engine that sleeps while a scout works. */
  memory?: SharedMemory | undefined;
  /** Where an engine that does not sleep reports. */
  progress?: MessagePort | undefined;
  /** Where it says which packages it has placed and which it has taken away: see `Announcer`. */
  announce?: MessagePort | undefined;
}

/** A resolution as it crosses threads. */
export interface Answered {
  files: Record<string, string>;
  lockfile: string;
  warnings: readonly Failure[];
  stats: ResolutionStats;
  rung: Rung | null;
  /** See `encodeTree`. */
  tree: Uint8Array<ArrayBuffer>;
  /** The last report, of an engine that reports: what comes through `Order.progress` may come later than the answer. */
  progress?: Progress | undefined;
}

export interface ExtractOrder {
  tarball: Uint8Array;
  wanted: TarballRequest;
}

export interface EngineService {
  /** Resolves once the worker is up. */
  begin(setup: Setup): Promise<void>;
  resolve(order: Order): Promise<Outcome<Answered>>;
  /** Ends the run under way, unless it sleeps: then its memory tells it. */
  cancel(): void;
  /** Fetches for one more port. */
  serve(port: MessagePort): void;
  /** Resolves once everything is written that ended runs have left to write. Not while one runs. */
  rest(): Promise<void>;
  usage(): Promise<MetadataUsage>;
  clear(): Promise<void>;
  /** See `Extractor`: several in one message. The tarballs and what comes of them are transferred. */
  extract(orders: readonly ExtractOrder[]): Promise<Outcome<Extracted>[]>;
  /** Likewise, but the tarballs stay. */
  read(orders: readonly ReadOrder[]): Promise<Outcome<Uint8Array[]>[]>;
  seekPoints(tarball: Uint8Array, unpacked: number): Promise<Outcome<Uint8Array | null>>;
}
