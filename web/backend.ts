import type { Installer, InstallerOptions, Progress, ProjectInput, Resolution, ResolveOptions } from "../src/api.ts";
import type { Settings } from "../workers/run.ts";

/** What a run goes by: plain data, when to stop, and who hears how far it is. */
export interface RunOptions extends Omit<ResolveOptions, "signal"> {
  signal: AbortSignal;
  tell: ((progress: Progress) => void) | undefined;
}

/** Where resolutions run: one for each mode. */
export interface Backend {
  resolve(input: ProjectInput, options: RunOptions): Promise<Resolution>;
  readonly store: Installer["store"];
  dispose(): void;
}

/** Those of the options that a run goes by. */
export function settingsOf({ registry, scopes, metadata, platform, cache }: InstallerOptions): Settings {
  const all = Object.entries({ registry, scopes, metadata, platform, cache });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Settings;
}
