import type { ResolveOptions } from "../api/resolve.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { invalidOption } from "../errors/invalid-option.ts";
import type { PickPolicy } from "../registry/select-version.ts";

/** The names to update, where not all are. @throws InstallError EUPDATEARGS */
export function updateNames(raw: ResolveOptions): readonly string[] {
  const { update } = raw;
  if (!update || update === true) return [];
  const names = "names" in update ? (update.names ?? []) : Array.isArray(update) ? (update as readonly string[]) : [];
  for (const name of names) {
    if (name.lastIndexOf("@") <= 0) continue;
    const message = `"${name}": update takes package names only, without a version`;
    throw new InstallError(failure("EUPDATEARGS", message, { package: name }));
  }
  return names;
}

/** Milliseconds since 1970. @throws InstallError EINVALIDOPTION */
export function beforeDate({ before }: ResolveOptions): number | null {
  if (before === undefined || before === null) return null;
  const time = before instanceof Date ? before.getTime() : Date.parse(before);
  if (!Number.isNaN(time)) return time;
  throw invalidOption(`options.before must be a date, not "${String(before)}".`);
}

/** A name or a glob with `*` over it, as min-release-age-exclude takes them. */
function matches(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return pattern === name;
  const escaped = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join("[^/]*")}$`).test(name);
}

/** The policy of each name: the date is lifted for those that `minReleaseAgeExclude` matches. */
export function policies(
  policy: PickPolicy,
  { minReleaseAgeExclude: excluded = [] }: ResolveOptions,
): (name: string) => PickPolicy {
  const ageless = { ...policy, before: null };
  return (name) => (excluded.some((pattern) => matches(pattern, name)) ? ageless : policy);
}
