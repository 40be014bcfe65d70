import type { PrereleaseMode, ResolutionMode, Rung } from "../../../src/api/flat.ts";
import type { MetadataForm, Mode, ResolveOptions } from "../../../src/api/resolve.ts";

export type SourceKind = "registry" | "relay" | "snapshot" | "other";
export type Theme = "system" | "light" | "dark";
export type Strategy = NonNullable<ResolveOptions["strategy"]>;

/** The visitor's choices. Stored in the browser between visits. */
export interface PageSettings {
  source: SourceKind;
  /** Base URL of the registry if `source` is `other`. */
  registry: string;
  metadata: MetadataForm;
  mode: Mode;
  strategy: Strategy;
  relax: Rung;
  resolutionMode: ResolutionMode;
  prereleases: PrereleaseMode;
  installStrategy: NonNullable<ResolveOptions["installStrategy"]>;
  legacyPeerDeps: boolean;
  strictPeerDeps: boolean;
  force: boolean;
  preferDedupe: boolean;
  theme: Theme;
}

export type NpmFlag = "legacyPeerDeps" | "strictPeerDeps" | "force" | "preferDedupe";

type ChoiceName = "mode" | "strategy" | "installStrategy" | "relax" | "resolutionMode" | "prereleases";

/** The values of each setting that is a choice. The default comes first. */
export const SETTING_CHOICES: { readonly [K in ChoiceName]: readonly PageSettings[K][] } = {
  mode: ["auto", "threads", "worker", "inline"],
  strategy: ["npm", "flat"],
  installStrategy: ["hoisted", "nested", "shallow"],
  relax: ["none", "peers", "copies"],
  resolutionMode: ["highest", "lowest", "lowest-direct"],
  prereleases: ["as-written", "never", "if-necessary", "allow"],
};

const NPM_FLAGS: readonly NpmFlag[] = ["legacyPeerDeps", "strictPeerDeps", "force", "preferDedupe"];

const STORAGE_KEY = "webhoist:settings";

const DEFAULT_SETTINGS: PageSettings = {
  source: "registry",
  registry: "",
  metadata: "full",
  mode: "auto",
  strategy: "npm",
  relax: "none",
  resolutionMode: "highest",
  prereleases: "as-written",
  installStrategy: "hoisted",
  legacyPeerDeps: false,
  strictPeerDeps: false,
  force: false,
  preferDedupe: false,
  theme: "system",
};

/** Loads the stored settings. A missing or invalid setting gets its default. */
export function loadSettings(): PageSettings {
  const settings: PageSettings = { ...DEFAULT_SETTINGS };
  try {
    const stored = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") as Record<string, unknown>;
    for (const key of Object.keys(DEFAULT_SETTINGS) as (keyof PageSettings)[]) {
      if (typeof stored[key] === typeof DEFAULT_SETTINGS[key]) Object.assign(settings, { [key]: stored[key] });
    }
    // An unknown value, for example from an older version, would make every run fail.
    for (const key of Object.keys(SETTING_CHOICES) as ChoiceName[]) {
      if (!isChoice(key, settings[key])) Object.assign(settings, { [key]: DEFAULT_SETTINGS[key] });
    }
  } catch {
    // No storage, or no valid JSON in it: use the defaults.
  }
  return settings;
}

/** Stores the settings for the next visit. */
export function saveSettings(settings: PageSettings): void {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(settings));
  } catch {
    // A private window may refuse to store. The choice then lasts until the page is closed.
  }
}

/** Checks whether `value` is one of the values of the setting `key`. */
function isChoice(key: ChoiceName, value: string): boolean {
  return (SETTING_CHOICES[key] as readonly string[]).includes(value);
}

/** Returns the options of `installer.resolve`: the settings that apply to the strategy and differ from their defaults. */
export function resolveOptionsOf(settings: PageSettings): ResolveOptions {
  const options: ResolveOptions = {};
  if (settings.strategy === "flat") {
    options.strategy = "flat";
    for (const key of ["relax", "resolutionMode", "prereleases"] as const) {
      if (settings[key] !== DEFAULT_SETTINGS[key]) Object.assign(options, { [key]: settings[key] });
    }
    return options;
  }
  for (const flag of NPM_FLAGS) if (settings[flag]) options[flag] = true;
  if (settings.installStrategy !== "hoisted") options.installStrategy = settings.installStrategy;
  return options;
}

/**
 * Returns the setting that a way out's option changes, or null if the page has no such setting.
 *
 * - a flag is turned on: `legacy-peer-deps`, `--force`, `preferDedupe`
 * - a choice is made: `relax: copies`, `relax=peers`, `--prereleases if-necessary`
 */
export function settingForOption(option: string): Partial<PageSettings> | null {
  const [, dashed = "", value] = /^(?:--)?([\w-]+)(?:(?:\s*[:=]\s*|\s+)["']?([\w-]+)["']?)?$/.exec(option) ?? [];
  const key = dashed.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  // A way out that names strictPeerDeps means to turn it off.
  if (value === undefined) {
    return (NPM_FLAGS as readonly string[]).includes(key) ? { [key]: key !== "strictPeerDeps" } : null;
  }
  return Object.hasOwn(SETTING_CHOICES, key) && isChoice(key as ChoiceName, value) ? { [key]: value } : null;
}
