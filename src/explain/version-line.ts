import { type Comparator, parseRange, rangesIntersect } from "../spec/range.ts";
import { compareVersions, type Version } from "../spec/version.ts";

/** Returns the compatibility line that contains a whole range: `18` for `^18.2.0`, `0.2` for `~0.2.1`. Null if there is none. */
export function lineOfRange(spec: string): string | null {
  const sets = parseRange(spec) ?? [];
  const start = lowest(sets[0]);
  if (!start) return null;
  const { major, minor, patch } = start;
  const line = major > 0 ? `${major}` : minor > 0 ? `0.${minor}` : `0.0.${patch}`;
  const [whole] = parseRange(caretOf(line)) ?? [];
  const [from, to] = [lowest(whole), highest(whole)];
  const isWithin = (set: readonly Comparator[]): boolean => isOrdered(from, lowest(set)) && isOrdered(highest(set), to);
  return sets.every(isWithin) ? line : null;
}

/** Checks whether a range is exactly a compatibility line, like `^18.0.0` or `18.x`. */
export function isWholeLine(spec: string): boolean {
  const line = lineOfRange(spec);
  return line !== null && JSON.stringify(parseRange(spec)) === JSON.stringify(parseRange(caretOf(line)));
}

/** Checks whether a spec may allow versions of a compatibility line. True for a tag, a URL or an alias. */
export function touchesLine(spec: string, line: string): boolean {
  return rangesIntersect(spec, caretOf(line)) !== false;
}

/**
 * Compares two specs by their lowest versions, then by their text. A range without a lower end comes
 * first, a spec that is not a range last.
 */
export function byLowestVersion(a: string, b: string): number {
  const [first, second] = [parseRange(a), parseRange(b)];
  const byText = a < b ? -1 : a > b ? 1 : 0;
  if (!first || !second) return Number(!first) - Number(!second) || byText;
  const [low, high] = [lowest(first[0]), lowest(second[0])];
  if (!low || !high) return Number(Boolean(low)) - Number(Boolean(high)) || byText;
  return compareVersions(low, high) || byText;
}

/** Returns the caret range of a line: `^18.0.0` for `18`, `^0.2.0` for `0.2`. */
function caretOf(line: string): string {
  return `^${[...line.split("."), "0", "0"].slice(0, 3).join(".")}`;
}

/** Returns the lower end of a comparator set, if it has one. */
function lowest(set: readonly Comparator[] = []): Version | undefined {
  return set.find(({ operator }) => !operator.startsWith("<"))?.version;
}

/** Returns the upper end of a comparator set, if it has one. */
function highest(set: readonly Comparator[] = []): Version | undefined {
  return set.find(({ operator }) => !operator.startsWith(">"))?.version;
}

function isOrdered(low: Version | undefined, high: Version | undefined): boolean {
  return low !== undefined && high !== undefined && compareVersions(low, high) <= 0;
}
