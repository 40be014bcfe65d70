import SemverRange from "semver/classes/range.js";
import semverSubset from "semver/ranges/subset.js";

/** Whether some version is in both ranges, read strictly as npm's override rules do. Undefined: not a range. */
export function rangesIntersect(a: string, b: string): boolean | undefined {
  try {
    return new SemverRange(a).intersects(new SemverRange(b));
  } catch {
    return undefined;
  }
}

/** Whether every version in `inner` is in `outer`. Undefined: not a range. */
export function rangeWithin(inner: string, outer: string, options: { loose?: boolean } = {}): boolean | undefined {
  try {
    return semverSubset(inner, outer, options);
  } catch {
    return undefined;
  }
}
