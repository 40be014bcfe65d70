import type { Failure } from "../api/failure.ts";
import type { InstallerOptions, ResolveOptions } from "../api/resolve.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { registryBase } from "./registry-config.ts";
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
}

export type NpmrcOptions = Omit<ResolveOptions, "add" | "rm" | "update" | "completeLockfile" | "signal">;

/** The options of an installer that decide which settings of a project's `.npmrc` count. */
export type NpmrcRules = Pick<InstallerOptions, "projectConfig" | "registry" | "scopes">;

/**
 * Reads a project's `.npmrc` as npm does, as far as `rules` allow. Credentials are neither kept nor repeated in messages. A value
 * that refers to the environment (`${HOME}`) is ignored with a warning, because a page has no environment. The parser is loaded on
 * demand.
 * @throws InstallError ELIMIT
 */
export async function loadNpmrc(source: string, rules: NpmrcRules): Promise<Npmrc> {
  if (rules.projectConfig === false || !/\S/.test(source)) return { options: {}, scopes: new Map(), warnings: [] };
  if (source.length > MAX_NPMRC) {
    throw new InstallError(overLimit(`.npmrc has more than ${MAX_NPMRC} characters. Make it smaller.`));
  }
  const { readNpmrc } = await import("./read-npmrc.ts");
  return readNpmrc(source, registryBase, rules);
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
