// Loaded on demand: for a resolution with a date limit. The whole rule is in `release-age.ts`.
import type { ResolveOptions } from "../api/resolve.ts";
import { invalidOption } from "../errors/invalid-option.ts";
import type { PickPolicy } from "./select-version.ts";

/** Returns `before` in milliseconds since 1970, or null without one. @throws InstallError EINVALIDOPTION */
export function parseBefore({ before }: ResolveOptions): number | null {
  if (before === undefined || before === null) return null;
  const time = before instanceof Date ? before.getTime() : Date.parse(before);
  if (!Number.isNaN(time)) return time;
  throw invalidOption(`options.before must be a date, not "${String(before)}".`);
}

/** Returns the policy of each name: `policy`, without its date if `minReleaseAgeExclude` matches the name. */
export function agePolicies(
  policy: PickPolicy,
  { minReleaseAgeExclude: excluded = [] }: ResolveOptions,
): (name: string) => PickPolicy {
  const unlimited = { ...policy, before: null };
  const names = new Set(excluded);
  const globs = excluded.filter((pattern) => pattern.includes("*")).map((pattern) => splitGlob(pattern));
  return (name) => (names.has(name) || globs.some((glob) => matches(glob, name)) ? unlimited : policy);
}

/** Splits a glob into its segments, and each segment at its stars. */
function splitGlob(pattern: string): string[][] {
  return pattern.split("/").map((segment) => segment.split("*"));
}

/** Checks a name against a glob of `min-release-age-exclude`, in which `*` does not match a slash. */
function matches(glob: readonly (readonly string[])[], name: string): boolean {
  const segments = name.split("/");
  return segments.length === glob.length && glob.every((parts, i) => fits(parts, segments[i] as string));
}

/** Checks that a text has the parts in this order: the first at its start, the last at its end. Never goes back. */
function fits(parts: readonly string[], text: string): boolean {
  const first = parts[0] as string;
  if (parts.length === 1) return text === first;
  const last = parts.at(-1) as string;
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
