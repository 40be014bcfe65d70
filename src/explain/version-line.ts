import { type Comparator, parseRange, type Range, rangesIntersect } from "../spec/range.ts";
import { compareVersions, type Version } from "../spec/version.ts";

/** The number of characters of a range that is compared with others. A longer one is named as it is written. */
const MAX_COMPARED_TEXT = 1000;

/** Returns the compatibility line that contains a whole range: `18` for `^18.2.0`, `0.2` for `~0.2.1`. Null if there is none. */
export function lineOfRange(spec: string): string | null {
  const sets = readRange(spec) ?? [];
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
  return spec.length > MAX_COMPARED_TEXT || rangesIntersect(spec, caretOf(line)) !== false;
}

/**
 * Sorts specs by their lowest versions, then by their text. A range without a lower end comes
 * first, a spec that is not a range last.
 */
export function sortByLowestVersion(specs: Iterable<string>): string[] {
  const read = Array.from(specs, (spec) => {
    const range = readRange(spec);
    return { spec, isRange: range !== null, low: lowest(range?.[0]) };
  });
  read.sort((a, b) => {
    const byText = a.spec < b.spec ? -1 : a.spec > b.spec ? 1 : 0;
    if (!a.isRange || !b.isRange) return Number(!a.isRange) - Number(!b.isRange) || byText;
    if (!a.low || !b.low) return Number(Boolean(a.low)) - Number(Boolean(b.low)) || byText;
    return compareVersions(a.low, b.low) || byText;
  });
  return read.map(({ spec }) => spec);
}

/** Returns the range of a spec, unless it is very long. */
function readRange(spec: string): Range | null {
  return spec.length > MAX_COMPARED_TEXT ? null : parseRange(spec);
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
