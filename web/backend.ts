import type { Installer, InstallerOptions, ProjectInput, Resolution, ResolveOptions } from "../src/api.ts";
import type { Failure } from "../src/errors.ts";
import { createNet, type Net, type OpenNet } from "../workers/net/net.ts";
import type { Settings } from "../workers/run.ts";

/** Where resolutions run: one for each mode. */
export interface Backend {
  resolve(input: ProjectInput, options: ResolveOptions & { signal: AbortSignal }): Promise<Resolution>;
  readonly store: Installer["store"];
  dispose(): void;
}

/** Those of the options that a run goes by. */
export function settingsOf({ registry, scopes, metadata, platform, cache }: InstallerOptions): Settings {
  const all = Object.entries({ registry, scopes, metadata, platform, cache });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Settings;
}

/** Fetches as the embedder wishes. */
export function openNet(options: InstallerOptions): OpenNet {
  return ({ registry }, onWarning: (warning: Failure) => void): Net => createNet({ ...options, registry, onWarning });
}
