import type { ResolveOptions } from "../api/resolve.ts";
import type { Packument } from "./packument.ts";

/**
 * The rule of `before` and `min-release-age` (npm-tree §3.3): a version published after a date is not picked.
 *
 * 1. The two settings come from the project's `.npmrc` or from the call. If the call gives either, both of `.npmrc` are
 *    dropped: {@link withoutOwnLimit}.
 * 2. `minReleaseAge`, in days, becomes a date: {@link withDateLimit}. If `before` is given too, the date wins.
 * 3. The date must be valid, and `minReleaseAgeExclude` lifts it for some names: `age-policies.ts`, loaded on demand.
 * 4. Packuments must be full, because abbreviated ones have no publish times: `workers/run/prepare-run.ts`.
 * 5. Picking skips every version for which {@link isOldEnough} is false: `select-version.ts` and, for the flat strategy,
 *    `flat/packument-versions.ts`.
 */
type AgeOptions = Pick<ResolveOptions, "before" | "minReleaseAge">;

const DAY = 86_400_000;

/** Returns the settings of a project without its date limit, if the call gives one. */
export function withoutOwnLimit<T extends AgeOptions>(own: T, given: AgeOptions): T {
  if (given.before === undefined && given.minReleaseAge === undefined) return own;
  const { before, minReleaseAge, ...rest } = own;
  return rest as T;
}

/** Returns the options with `minReleaseAge` as a date. @param now milliseconds since 1970 */
export function withDateLimit(options: ResolveOptions, now: number): ResolveOptions {
  const { minReleaseAge, before } = options;
  return minReleaseAge && !before ? { ...options, before: new Date(now - minReleaseAge * DAY) } : options;
}

/**
 * Checks whether a version was published by the date `before`. As in npm, a version without a publish time passes, and one
 * with an unreadable time does not.
 */
export function isOldEnough(
  packument: Packument,
  version: string,
  { before = null }: { readonly before?: number | null },
): boolean {
  if (before === null && !packument.mayHaveInvalidTime) return true;
  const time = packument.time(version);
  return time === undefined || Date.parse(time) <= (before ?? Number.POSITIVE_INFINITY);
}
