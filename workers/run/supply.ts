import type { Failure } from "../../src/api/failure.ts";
import type { Manifest } from "../../src/api/manifest.ts";
import type { CacheMode, MetadataForm } from "../../src/api/resolve.ts";
import type { Steps } from "../../src/engine/need.ts";
import type { Project } from "../../src/engine/read-project.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import type { SourceCounts } from "../../src/registry/packument-source.ts";
import type { RegistryConfig } from "../../src/registry/registry-config.ts";

export interface SupplyCounts extends SourceCounts {
  /** Version manifests that the engine parsed. A packument may hold thousands; the engine parses those it decides by. */
  manifestsParsed: number;
  /** Messages between threads. */
  messages: number;
}

/**
 * Brings packages to one run. `localSupply` fetches and reads on the run's own thread; `ThreadSupply` sleeps until another
 * thread has brought them.
 */
export interface Supply {
  /** Runs the engine and calls `tick` at every step. @throws what the engine throws, or the signal's reason */
  drive<T>(steps: Steps<T>, tick: () => void): Promise<T>;
  readonly metadata: MetadataForm;
  /** Returns one version's full manifest, as the registry sends it. */
  manifest(name: string, version: string): Promise<Outcome<Manifest>>;
  counts(): SupplyCounts;
  /**
   * Returns the names of the packuments that an offline run did not find, once every search has ended. `needed`: only those that the
   * engine needed. The preload looks for others, too, such as those of bundled dependencies.
   */
  missing(needed: boolean): Promise<readonly string[]>;
  /** Resolves when every warning so far has been passed to `warn`. Absent if none can be on its way. */
  warned?(): Promise<void>;
  /** Stops the preload, because the engine needs nothing more. */
  stopPreload(): void;
  /** Releases everything. New metadata is written to the store afterwards. */
  dispose(): void;
}

/** The data that a supply is opened with. */
export interface SupplyRequest {
  readonly project: Project;
  readonly config: RegistryConfig;
  readonly metadata: MetadataForm;
  readonly cache: CacheMode;
  readonly signal: AbortSignal;
  readonly warn: (warning: Failure) => void;
}
