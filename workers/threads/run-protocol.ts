import type { Platform } from "../../src/api/common.ts";
import type { Failure } from "../../src/api/failure.ts";
import type { CacheMode, MetadataForm, ResolveOptions } from "../../src/api/resolve.ts";
import type { RegistryConfig } from "../../src/registry/registry-config.ts";
import type { Plan } from "../run/preload-plan.ts";
import type { SharedMemory } from "../shared/shared-memory.ts";

// Between the engine's worker, which sleeps, and the scout, which does not: raw messages, one way each.

/** What a scout starts a run with. */
export interface FetchRunStart {
  memory: SharedMemory;
  config: RegistryConfig;
  metadata: MetadataForm;
  cache: CacheMode;
  plan: Plan;
  options: Omit<ResolveOptions, "signal">;
  platform: Platform;
}

/** To the scout. */
export type EngineMessage =
  | { to: "start"; fetchRunStart: FetchRunStart }
  /** The engine is about to sleep until this packument is there. */
  | { to: "bring"; name: string }
  | { to: "tarball"; key: string; name: string; integrity: string | null; bytes?: Uint8Array | undefined }
  /** The engine is done: nothing more is guessed. */
  | { to: "halt" }
  /** Which packuments were not in the store, once nothing more is being looked for. */
  | { to: "missing" }
  | { to: "close" };

/** To the engine, which hears it when it is awake. */
export type FetchMessage =
  | { of: "chunk"; index: number; chunk: SharedArrayBuffer }
  | { of: "missing"; names: string[] }
  | { of: "warning"; warning: Failure };

/** Keys of the shared map. */
export const packumentKey = (name: string): string => `p${name}`;
export const tarballKey = (url: string, integrity: string | null): string => `t${integrity ?? ""} ${url}`;
