import type { InstallerOptions, Progress, ProjectInput, Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import type { Extractor } from "../../src/install/extractor.ts";
import type { OpenNet } from "../../workers/net/net.ts";
import type { PlacedNews } from "../../workers/run/placed-packages.ts";
import type { Settings } from "../../workers/run/resolve-run.ts";

/** What a run goes by: plain data, when to stop, and who hears how far it is. */
export interface RunOptions extends Omit<ResolveOptions, "signal"> {
  signal: AbortSignal;
  tell: ((progress: Progress) => void) | undefined;
  /** Hears which packages are placed while the engine works. */
  placed?: ((news: PlacedNews) => void) | undefined;
}

/** Where resolutions run: one for each mode. */
export interface Backend {
  resolve(input: ProjectInput, options: RunOptions): Promise<Resolution>;
  /** Of metadata. */
  readonly store: { usage(): Promise<{ bytes: number; packuments: number }>; clear(): Promise<void> };
  /** Opens tarballs, best so many at once, as long as its workers have not `ended`. @throws InstallError EWORKER */
  extractor(): Promise<Extractor & { readonly atOnce: number; readonly ended?: boolean }>;
  /** Ways to the network, with so many requests at once: for one install. `life` aborts when there is none any more. */
  nets(concurrency?: number): Promise<{ open: OpenNet; life?: AbortSignal; dispose?(): void }>;
  dispose(): void;
}

/** Those of the options that a run goes by. */
export function settingsOf({ registry, scopes, metadata, platform, cache }: InstallerOptions): Settings {
  const all = Object.entries({ registry, scopes, metadata, platform, cache });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Settings;
}
