import { type Comparator, ENGINES, namesPrerelease, parseRange, type RangeMode, STRICT, testRange } from "./range.ts";
import { compareVersions, type Version } from "./version.ts";

type ComparatorSet = readonly Comparator[];

const ZERO: Version = { major: 0, minor: 0, patch: 0, pre: null };
/** `*` does not contain prereleases, and neither does `>=0.0.0`. */
const ALL_RELEASES: ComparatorSet = [{ operator: ">=", version: ZERO }];

/**
 * Checks whether every version in `inner` is also in `outer`, by the rules of semver's `subset`. Returns undefined if one of them is
 * not a range.
 *
 * 1. Each set of `inner` must be within one set of `outer`.
 * 2. Sets without versions count only if all sets of `inner` are such.
 *
 * Where both ranges have the same set without versions, semver's answer depends on its text, and this one does not.
 */
export function rangeWithin(inner: string, outer: string, mode: RangeMode = STRICT): boolean | undefined {
  if (inner === outer) return true;
  const sets = parseRange(inner, mode);
  const others = parseRange(outer, mode);
  if (!sets || !others) return undefined;
  let isPossible = false;
  const isWithin = (set: ComparatorSet, other: ComparatorSet): boolean => {
    const answer = setWithin(set, other);
    isPossible ||= answer !== null;
    return answer === true;
  };
  return sets.every((set) => others.some((other) => isWithin(set, other)) || !isPossible);
}

/** Returns null if no version is in `set`. */
function setWithin(set: ComparatorSet, other: ComparatorSet): boolean | null {
  if (JSON.stringify(set) === JSON.stringify(other)) return true;
  let low: Comparator | undefined;
  let high: Comparator | undefined;
  let exact: Comparator | undefined;
  for (const comparator of set.length > 0 ? set : ALL_RELEASES) {
    if (comparator.operator[0] === ">") low = stricter(low, comparator);
    else if (comparator.operator[0] === "<") high = stricter(high, comparator);
    else if (exact && compareVersions(exact.version, comparator.version) !== 0) return null;
    else exact = comparator;
  }
  const order = low && high && compareVersions(low.version, high.version);
  if (order !== undefined && (order > 0 || (order === 0 && `${low?.operator}${high?.operator}` !== ">=<=")))
    return null;
  const outer = other.length > 0 ? other : ALL_RELEASES;
  if (exact) {
    const has = (comparator?: Comparator) => !comparator || testRange([[comparator]], exact.version, STRICT);
    return has(low) && has(high) ? outer.every(has) : null;
  }
  return endWithin(low, outer, order) && endWithin(high, outer, order);
}

/** Returns the comparator with the smaller range, of two with the same direction. */
function stricter(one: Comparator | undefined, two: Comparator): Comparator {
  if (!one) return two;
  const order = compareVersions(one.version, two.version) * (two.operator[0] === ">" ? 1 : -1);
  return order < 0 || (order === 0 && two.operator.length < one.operator.length) ? two : one;
}

/** Checks one end of a set without an exact version. `order` is that of its two ends, or undefined if it has only one. */
function endWithin(end: Comparator | undefined, outer: ComparatorSet, order: number | undefined): boolean {
  if (!end) return true;
  const isNamed = ({ version }: Comparator): boolean =>
    version.pre !== null && compareVersions({ ...version, pre: null }, { ...end.version, pre: null }) === 0;
  // >=1.2.3-rc.1 is not within >=1.0.0, which does not contain 1.2.3-rc.2
  if (namesPrerelease([[end]]) && !outer.some(isNamed)) return false;
  return outer.every((comparator) => {
    if (comparator.operator[0] === end.operator[0]) return stricter(end, comparator) === end;
    // >=1 without an upper end is not within <2
    if (order === undefined || (comparator.operator === "" && order !== 0)) return false;
    return end.operator.length === 1 || testRange([[comparator]], end.version, ENGINES);
  });
}
