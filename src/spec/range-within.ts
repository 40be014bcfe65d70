import semverSubset from "semver/ranges/subset.js";

/** Checks whether every version in `inner` is also in `outer`. Returns undefined if one of them is not a range. */
export function rangeWithin(inner: string, outer: string, options: { loose?: boolean } = {}): boolean | undefined {
  try {
    return semverSubset(inner, outer, options);
  } catch {
    return undefined;
  }
}
