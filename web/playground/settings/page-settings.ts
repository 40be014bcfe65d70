import type { PrereleaseMode, ResolutionMode, Rung } from "../../../src/api/flat.ts";
import type { MetadataForm, Mode, ResolveOptions } from "../../../src/api/resolve.ts";

export type SourceKind = "registry" | "relay" | "snapshot" | "other";
export type Theme = "system" | "light" | "dark";
export type Strategy = NonNullable<ResolveOptions["strategy"]>;

/** What a visitor chose; kept from visit to visit. */
export interface PageSettings {
  source: SourceKind;
  /** Base URL, where `source` is `other`. */
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

/** What may be chosen where a setting is one of several words; npm's or the library's default first. */
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

/** What was kept, each field only if it is of the kind that the default is; storage may be shut. */
export function loadSettings(): PageSettings {
  const settings: PageSettings = { ...DEFAULT_SETTINGS };
  try {
    const kept = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") as Record<string, unknown>;
    for (const key of Object.keys(DEFAULT_SETTINGS) as (keyof PageSettings)[]) {
      if (typeof kept[key] === typeof DEFAULT_SETTINGS[key]) Object.assign(settings, { [key]: kept[key] });
    }
    // A word that is none of the choices would fail for ever.
    for (const key of Object.keys(SETTING_CHOICES) as ChoiceName[]) {
      if (!isChoice(key, settings[key])) Object.assign(settings, { [key]: DEFAULT_SETTINGS[key] });
    }
  } catch {
    // No storage, or not ours: the defaults do.
  }
  return settings;
}

export function saveSettings(settings: PageSettings): void {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(settings));
  } catch {
    // A private window may refuse; the choice then lasts as long as the page.
  }
}

/** Whether the setting `key` may be `word`. */
function isChoice(key: ChoiceName, word: string): boolean {
  return (SETTING_CHOICES[key] as readonly string[]).includes(word);
}

/** The part that `installer.resolve` takes: only what differs from the defaults, and what means something to the strategy. */
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
 * What an option that a way out names changes here: a switch is turned on (`legacy-peer-deps`, `--force`, `preferDedupe`), or
 * a choice is made (`relax: copies`, `relax=peers`, `--prereleases if-necessary`). Null if the page has no such option.
 */
export function settingForOption(option: string): Partial<PageSettings> | null {
  const [, dashed = "", word] = /^(?:--)?([\w-]+)(?:\s*[:= ]\s*["']?([\w-]+)["']?)?$/.exec(option) ?? [];
  const key = dashed.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  // Of strictPeerDeps alone the way out is to leave it out.
  if (word === undefined) {
    return (NPM_FLAGS as readonly string[]).includes(key) ? { [key]: key !== "strictPeerDeps" } : null;
  }
  return Object.hasOwn(SETTING_CHOICES, key) && isChoice(key as ChoiceName, word) ? { [key]: word } : null;
}
