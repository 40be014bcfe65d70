import type { Failure } from "../api/failure.ts";
import type { InstallerOptions, ResolveOptions } from "../api/resolve.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import type { NpmRules } from "../spec/npm-rules.ts";
import { type ProjectCredential, registryBase } from "./registry-config.ts";
import { withoutOwnLimit } from "./release-age.ts";

/** The most characters of an `.npmrc`. */
const MAX_NPMRC = 2 ** 18;

/** The settings of a project's `.npmrc` that matter for a tree. */
export interface Npmrc {
  options: NpmrcOptions;
  registry?: string;
  /** By scope, `@` included. */
  scopes: Map<string, string>;
  warnings: Failure[];
  /** Keys that nothing acts on. */
  others: string[];
  /** What it says of scripts: the packages that may run them, whether none or all may. */
  scripts?: { allow?: readonly string[]; ignore?: boolean; all?: boolean };
  /** Credentials for addresses that the embedder has configured. */
  credentials?: readonly ProjectCredential[];
}

export type NpmrcOptions = Omit<ResolveOptions, "add" | "rm" | "update" | "completeLockfile" | "signal">;

/** The options of an installer that decide which settings of a project's `.npmrc` count. */
export interface NpmrcRules
  extends Pick<InstallerOptions, "projectConfig" | "registry" | "scopes" | "tokenUrls" | "env"> {
  /** Whether unknown keys are refused, if the caller says so. */
  strictNpmrc?: boolean | undefined;
  /** The rules of the npm whose keys count. Default: the keys of npm 11 and 12. */
  npmRules?: Pick<NpmRules, "readsShrinkwraps" | "refusesUnknownKeys"> | undefined;
}

const NO_NPMRC: Npmrc = { options: {}, scopes: new Map(), warnings: [], others: [] };

/**
 * Reads a project's `.npmrc` as npm does, as far as `rules` allow. No message repeats credentials. A value that refers to an environment variable
 * (`${HOME}`) is ignored with a warning if `env` does not have it. The parser is loaded on demand.
 * @throws InstallError ELIMIT; EUNKNOWNCONFIG if unknown keys are refused
 */
export async function loadNpmrc(source: string, rules: NpmrcRules): Promise<Npmrc> {
  if (rules.projectConfig === false || !/\S/.test(source)) return NO_NPMRC;
  if (source.length > MAX_NPMRC) {
    throw new InstallError(overLimit(`.npmrc has more than ${MAX_NPMRC} characters. Make it smaller.`));
  }
  return await (await import("./read-npmrc.ts")).readAllowed(source, registryBase, rules);
}

/**
 * Merges the caller's options over those of the `.npmrc`. If the caller gives `before` or `minReleaseAge`, both of the
 * project's are ignored.
 */
export function withNpmrc(npmrc: Npmrc, given: ResolveOptions): ResolveOptions {
  const own = withoutOwnLimit(npmrc.options, given);
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...own, ...(Object.fromEntries(set) as ResolveOptions) };
}
