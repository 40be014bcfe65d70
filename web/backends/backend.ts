import type { InstallerOptions, Progress, ProjectInput, Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { InstallError } from "../../src/errors/failure.ts";
import type { Extractor } from "../../src/install/extractor.ts";
import type { OpenNet } from "../../workers/net/net.ts";
import type { PlacedChanges } from "../../workers/run/placed-packages.ts";
import type { RunSettings } from "../../workers/run/prepare-run.ts";

/** The options of one run, copied to plain data, with the signal and the callbacks that stay on this thread. */
export interface RunOptions extends Omit<ResolveOptions, "signal"> {
  signal: AbortSignal;
  onProgress: ((progress: Progress) => void) | undefined;
  /** Called while the engine works, with the packages that it has placed or replaced since the last call. */
  onPlaced?: ((changes: PlacedChanges) => void) | undefined;
}

/** An extractor that works on up to `atOnce` tarballs at a time. `ended`: its workers are gone, so that it is of no more use. */
export type PooledExtractor = Extractor & { readonly atOnce: number; readonly ended?: boolean };

/** Access to the network for one install. `life` aborts when the worker that makes the requests has ended. */
export interface InstallNets {
  open: OpenNet;
  life?: AbortSignal;
  dispose?(): void;
}

/** Runs resolutions, in one of the modes. */
export interface Backend {
  resolve(input: ProjectInput, options: RunOptions): Promise<Resolution>;
  /** The metadata cache. */
  readonly store: { usage(): Promise<{ bytes: number; packuments: number }>; clear(): Promise<void> };
  /** Starts an extractor. @throws InstallError EWORKER */
  extractor(): Promise<PooledExtractor>;
  /** Opens access to the network with up to `concurrency` requests at once. @throws InstallError EWORKER */
  nets(concurrency?: number): Promise<InstallNets>;
  dispose(): void;
}

/** Checks whether the metadata cache must stay in memory: another `fetch` may answer differently, and nothing names a shared part. */
export function hasPrivateStore({ fetch, storeName }: InstallerOptions): boolean {
  return fetch !== undefined && storeName === undefined;
}

/** By installer: the registries whose abbreviated metadata lacks fields of the full form. */
const fullRegistries = new WeakMap<InstallerOptions, Set<string>>();

/** Makes a run, and repeats it with full metadata if it finds that abbreviated metadata lacks fields: once for each registry. */
export async function withFallback<T>(options: InstallerOptions, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof InstallError) || error.code !== "EFULLMETADATA") throw error;
    const known = fullRegistries.get(options) ?? new Set();
    const { registries = [] } = (error.failure.details ?? {}) as { registries?: readonly string[] };
    for (const url of registries) known.add(url);
    fullRegistries.set(options, known);
    return await run();
  }
}

/** Returns the installer options that a run uses. */
export function settingsOf(options: InstallerOptions): RunSettings {
  const { registry, scopes, tokenUrls, metadata, platform, cache, projectConfig, env } = options;
  const all = Object.entries({ registry, scopes, tokenUrls, metadata, platform, cache, projectConfig, env });
  const settings: RunSettings = Object.fromEntries(all.filter(([, value]) => value !== undefined));
  const known = fullRegistries.get(options);
  return known ? { ...settings, fullRegistries: [...known] } : settings;
}
