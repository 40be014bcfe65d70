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
  return (name) => (excluded.some((pattern) => matches(pattern, name)) ? unlimited : policy);
}

/** Checks a name against a pattern of `min-release-age-exclude`: a whole name, or a glob in which `*` does not match a slash. */
function matches(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return pattern === name;
  const escaped = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join("[^/]*")}$`).test(name);
}
