import type { PickPolicy } from "../registry/select-version.ts";
import { boundsOf, type SetId, type VersionSets } from "../solver/version-sets.ts";
import type { InstallableVersions } from "./installable-versions.ts";

/** Versions that `^` takes for compatible: one major, below 1 one minor, below 0.1 one patch. */
export interface Line {
  readonly line: string;
  readonly set: SetId;
}

/**
 * Packages of which two copies are a bug: those that keep state in their module, or compare what they made by identity.
 * `singletons` adds to these.
 */
export const SINGLETONS: readonly string[] =
  "react react-dom react-native preact vue svelte solid-js @angular/core lit rxjs three styled-components @emotion/react redux mobx graphql typescript webpack @babel/core".split(
    " ",
  );

/** The lines of a set of versions, that of the best pick first, then the others from the highest down. */
export function compatibilityLines(
  installable: InstallableVersions,
  allowed: SetId,
  { sets, policy }: { sets: VersionSets; policy: PickPolicy },
): Line[] {
  const members = new Map<string, number[]>();
  const bounds = sets.bounds(allowed);
  for (let at = 0; at < bounds.length; at += 2) {
    for (let index = bounds[at] as number; index < (bounds[at + 1] as number); index++) {
      const line = lineOf(installable, index);
      const list = members.get(line);
      if (list) list.push(index);
      else members.set(line, [index]);
    }
  }
  const picked = lineOf(installable, installable.preferred(allowed, { policy, lowest: false, locked: [] }));
  const lines = [...members].map(([line, indices]) => ({
    line,
    set: sets.of(boundsOf(indices)),
    top: indices.at(-1) as number,
  }));
  lines.sort((a, b) => Number(b.line === picked) - Number(a.line === picked) || b.top - a.top);
  return lines.map(({ line, set }) => ({ line, set }));
}

/** 1.2.3 is of 1, 0.2.3 of 0.2, 0.0.3 of 0.0.3 */
function lineOf(installable: InstallableVersions, index: number): string {
  const version = installable.parsed(index);
  if (!version) return installable.version(index);
  const { major, minor, patch } = version;
  return major > 0 ? `${major}` : minor > 0 ? `0.${minor}` : `0.0.${patch}`;
}
