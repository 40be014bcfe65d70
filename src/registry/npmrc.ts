import type { Failure } from "../api/failure.ts";
import type { ResolveOptions } from "../api/resolve.ts";
import { registryBase } from "./registry-config.ts";

/** What a project's `.npmrc` says that matters for a tree. */
export interface Npmrc {
  options: NpmrcOptions;
  registry?: string;
  /** By scope, `@` included. */
  scopes: Map<string, string>;
  warnings: Failure[];
}

export type NpmrcOptions = Omit<ResolveOptions, "add" | "rm" | "update" | "saveType" | "completeLockfile" | "signal">;

/**
 * Reads a project's `.npmrc` as npm does. Credentials are neither kept nor repeated; a value that refers to the
 * environment (`${HOME}`) is left out with a warning, since there is none to look in. The reader is loaded for it.
 */
export async function loadNpmrc(source: string): Promise<Npmrc> {
  if (!/\S/.test(source)) return { options: {}, scopes: new Map(), warnings: [] };
  const { readNpmrc } = await import("./read-npmrc.ts");
  return readNpmrc(source, registryBase);
}

/** `given` over what the project says; a date or a window that is given puts both of the project's out of force. */
export function withNpmrc(npmrc: Npmrc, given: ResolveOptions): ResolveOptions {
  const { before, minReleaseAge, ...rest } = npmrc.options;
  const aged = given.before !== undefined || given.minReleaseAge !== undefined;
  const own = aged ? rest : npmrc.options;
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...own, ...(Object.fromEntries(set) as ResolveOptions) };
}
