import type { Installer, InstallerOptions } from "../../../src/api/resolve.ts";
import type { CreateInstaller } from "../../conformance/judge.ts";

interface Kept {
  installer: Installer;
  fetch: typeof globalThis.fetch;
}

export interface SharedInstallers extends AsyncDisposable {
  readonly create: CreateInstaller;
  /** Does the same as `await using`, for browsers that do not have it. */
  end(): Promise<void>;
}

/**
 * Shares one installer between all cases with the same settings, as a page does for its projects. A case brings its own `fetch`;
 * disposing of its installer does not end the workers.
 */
export function sharedInstallers(create: CreateInstaller): SharedInstallers {
  const kept = new Map<string, Promise<Kept>>();
  const start = async (settings: InstallerOptions): Promise<Kept> => {
    const mine = { fetch: settings.fetch } as Kept;
    mine.installer = await create({ ...settings, fetch: (input, init) => mine.fetch(input, init) });
    return mine;
  };
  const lend = async (settings: InstallerOptions = {}): Promise<Installer> => {
    const key = JSON.stringify(settings);
    const starting = kept.get(key) ?? start(settings);
    kept.set(key, starting);
    const mine = await starting;
    if (settings.fetch) mine.fetch = settings.fetch;
    const { installer } = mine;
    return {
      mode: installer.mode,
      modeReason: installer.modeReason,
      store: installer.store,
      resolve: (project, options) => installer.resolve(project, options),
      install: (input, options) => installer.install(input, options),
      packument: (name, options) => installer.packument(name, options),
      dispose() {},
    };
  };
  const end = async (): Promise<void> => {
    for (const { installer } of await Promise.all(kept.values())) installer.dispose();
  };
  return { create: lend, end, [Symbol.asyncDispose]: end };
}
