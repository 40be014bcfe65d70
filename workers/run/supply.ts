import type { Failure } from "../../src/api/failure.ts";
import type { Manifest } from "../../src/api/manifest.ts";
import type { CacheMode, MetadataForm } from "../../src/api/resolve.ts";
import type { Steps } from "../../src/engine/need.ts";
import type { Project } from "../../src/engine/read-project.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import type { SourceCounts } from "../../src/registry/packument-source.ts";
import type { RegistryConfig } from "../../src/registry/registry-config.ts";

export interface SupplyCounts extends SourceCounts {
  /** Of the thousands in a packument, those that something was decided by. */
  manifestsParsed: number;
  /** Messages between threads. */
  messages: number;
}

/** How one run reaches packages: with what is on its own thread, or asleep until other threads have brought them. */
export interface Supply {
  /** Runs the engine; `tick` is called again and again. @throws what the engine throws, or the signal's reason */
  drive<T>(steps: Steps<T>, tick: () => void): Promise<T>;
  readonly metadata: MetadataForm;
  /** One version's full manifest, as the registry gives it. */
  manifest(name: string, version: string): Promise<Outcome<Manifest>>;
  counts(): SupplyCounts;
  /** Packuments that a run without requests would have needed, once everything was looked for. */
  missing(): Promise<readonly string[]>;
  /** The engine is done: what ran ahead of it stops. */
  settle(): void;
  /** Lets go of everything. What is to be stored is stored afterwards. */
  dispose(): void;
}

/** What a supply is made for. */
export interface SupplyRequest {
  project: Project;
  config: RegistryConfig;
  metadata: MetadataForm;
  cache: CacheMode;
  signal: AbortSignal;
  warn: (warning: Failure) => void;
}

export type Connect = (supplyRequest: SupplyRequest) => Supply | Promise<Supply>;
