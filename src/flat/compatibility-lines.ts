import { PAUSE, type Steps } from "../engine/need.ts";
import type { PickPolicy } from "../registry/select-version.ts";
import { boundsOf, type SetId, type VersionSets } from "../solver/version-sets.ts";
import type { InstallableVersions } from "./installable-versions.ts";

/** A compatibility line: the versions that `^` allows together. They share the major version; below 1 the minor, below 0.1 the patch. */
export interface CompatibilityLine {
  readonly line: string;
  readonly set: SetId;
}

/**
 * Packages that break if a page has two copies: they keep state in their module, or compare their own objects by identity. The
 * option `singletons` adds more.
 */
export const SINGLETONS: readonly string[] =
  "react react-dom react-native preact vue svelte solid-js @angular/core lit rxjs three styled-components @emotion/react redux mobx graphql typescript webpack @babel/core".split(
    " ",
  );

/** The steps that each version and its line count as: they take longer than a look at an interval. */
const STEPS_OF_LINE = 5;

/** Returns the compatibility lines of a set of versions: the line of the preferred version, then the others from the highest down. */
export function* compatibilityLines(
  installable: InstallableVersions,
  allowed: SetId,
  { sets, policy }: { sets: VersionSets; policy: PickPolicy },
): Steps<CompatibilityLine[]> {
  const { counter } = sets;
  const members = new Map<string, number[]>();
  const bounds = sets.bounds(allowed);
  for (let at = 0; at < bounds.length; at += 2) {
    for (let index = bounds[at] as number; index < (bounds[at + 1] as number); index++) {
      counter.steps += STEPS_OF_LINE;
      if (counter.pauses()) yield PAUSE;
      const line = lineOf(installable, index);
      const list = members.get(line);
      if (list) list.push(index);
      else members.set(line, [index]);
    }
  }
  const preferred = lineOf(installable, yield* installable.preferred(allowed, { policy, lowest: false, locked: [] }));
  const lines: (CompatibilityLine & { readonly highest: number })[] = [];
  for (const [line, indices] of members) {
    if (counter.pauses()) yield PAUSE;
    lines.push({ line, set: sets.of(boundsOf(indices)), highest: indices.at(-1) as number });
  }
  lines.sort((a, b) => Number(b.line === preferred) - Number(a.line === preferred) || b.highest - a.highest);
  return lines.map(({ line, set }) => ({ line, set }));
}

/** Returns the line of a version: `1` for 1.2.3, `0.2` for 0.2.3, `0.0.3` for 0.0.3. */
function lineOf(installable: InstallableVersions, index: number): string {
  const version = installable.parsed(index);
  if (!version) return installable.version(index);
  const { major, minor, patch } = version;
  return major > 0 ? `${major}` : minor > 0 ? `0.${minor}` : `0.0.${patch}`;
}
