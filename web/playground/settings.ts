import type { MetadataForm, Mode, ResolveOptions } from "../../src/api.ts";

export type SourceKind = "registry" | "relay" | "snapshot" | "other";
export type Theme = "system" | "light" | "dark";

/** What a visitor chose; kept from visit to visit. */
export interface Settings {
  source: SourceKind;
  /** Base URL, where `source` is `other`. */
  registry: string;
  metadata: MetadataForm;
  mode: Mode;
  installStrategy: NonNullable<ResolveOptions["installStrategy"]>;
  legacyPeerDeps: boolean;
  strictPeerDeps: boolean;
  force: boolean;
  preferDedupe: boolean;
  theme: Theme;
}

export type Flag = "legacyPeerDeps" | "strictPeerDeps" | "force" | "preferDedupe";

export const MODES: readonly Mode[] = ["auto", "threads", "worker", "inline"];

const KEY = "webhoist:settings";

const DEFAULTS: Settings = {
  source: "registry",
  registry: "",
  metadata: "full",
  mode: "auto",
  installStrategy: "hoisted",
  legacyPeerDeps: false,
  strictPeerDeps: false,
  force: false,
  preferDedupe: false,
  theme: "system",
};

/** What was kept, each field only if it is of the kind that the default is; storage may be shut. */
export function loadSettings(): Settings {
  const settings: Settings = { ...DEFAULTS };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, unknown>;
    for (const key of Object.keys(DEFAULTS) as (keyof Settings)[]) {
      if (typeof kept[key] === typeof DEFAULTS[key]) Object.assign(settings, { [key]: kept[key] });
    }
    // A mode asked for by name may not start: one that is none would fail for ever.
    if (!MODES.includes(settings.mode)) settings.mode = "auto";
  } catch {
    // No storage, or not ours: the defaults do.
  }
  return settings;
}

export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A private window may refuse; the choice then lasts as long as the page.
  }
}

/** The part that `installer.resolve` takes: only what differs from npm's defaults. */
export function resolveOptions(settings: Settings): ResolveOptions {
  const options: ResolveOptions = {};
  for (const flag of ["legacyPeerDeps", "strictPeerDeps", "force", "preferDedupe"] as const) {
    if (settings[flag]) options[flag] = true;
  }
  if (settings.installStrategy !== "hoisted") options.installStrategy = settings.installStrategy;
  return options;
}

/** `legacy-peer-deps`, `--force` or `preferDedupe`, as a failure's way out may name it; undefined if the page has no such switch. */
export function flagOf(option: string): Flag | undefined {
  const name = option.replace(/^--/, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return (["legacyPeerDeps", "strictPeerDeps", "force", "preferDedupe"] as const).find((flag) => flag === name);
}
