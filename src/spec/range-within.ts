import semverSubset from "semver/ranges/subset.js";

/** Whether every version in `inner` is in `outer`. Undefined: not a range. */
export function rangeWithin(inner: string, outer: string, options: { loose?: boolean } = {}): boolean | undefined {
  try {
    return semverSubset(inner, outer, options);
  } catch {
    return undefined;
  }
}
