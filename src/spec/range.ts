import { BUILD, compareVersions, NUMBER, parseVersion, type Version, WORD } from "./version.ts";

// Parses semver ranges and tests versions against them, with the same results as npm's `semver`, but faster:
//   `^1.2 || 3.x`  →  [[>=1.2.0, <2.0.0-0], [>=3.0.0, <4.0.0-0]]
// The outer list is a choice (`||`); each inner list is a set of comparators that must all hold.

export type Operator = "" | "<" | "<=" | ">" | ">=";

export interface Comparator {
  readonly operator: Operator;
  readonly version: Version;
}

/** A version satisfies a range if it satisfies every comparator of one of its sets. A set without comparators is `*`. */
export type Range = readonly (readonly Comparator[])[];

/**
 * semver's options. `loose` skips words that are not comparators, and allows `01` and `1.2.3beta`. `prereleases` (semver's
 * `includePrerelease`) treats prereleases like any other version.
 */
export interface RangeMode {
  readonly loose: boolean;
  readonly prereleases: boolean;
}

export const LOOSE: RangeMode = { loose: true, prereleases: false };
export const STRICT: RangeMode = { loose: false, prereleases: false };
/** The options that npm uses for `engines`. */
export const ENGINES: RangeMode = { loose: false, prereleases: true };

/** Limits on a range: its characters, its comparators in all alternatives, and the characters of a set with blanks after operators. */
export const MAX_RANGE = 4096;
const MAX_COMPARATORS = 256;
const MAX_SPACED_SET = 2048;

/** Checks whether a text has too many characters or comparators to be parsed as a range. */
export function isTooLargeRange(text: string): boolean {
  if (text.length < 2 * MAX_COMPARATORS) return false;
  return text.length > MAX_RANGE || text.split(/\s*\|\|\s*|\s+/).length > MAX_COMPARATORS;
}

/** Parses a range as semver does. Returns null if it is not one. */
export function parseRange(text: string, mode: RangeMode = LOOSE): Range | null {
  if (isTooLargeRange(text)) return null;
  const range: (readonly Comparator[])[] = [];
  for (const part of text.replace(/\s+/g, " ").split("||")) {
    const set = parseSet(part.trim(), mode);
    if (set === null) return null;
    if (set !== NOTHING_LEFT) range.push(set);
  }
  if (range.length < 2) return range.length > 0 ? range : null;
  const possible = range.filter((set) => !set[0] || !isEmptyRange(set[0]));
  // semver reduces `1.0.0-rc || *` to `*`, so 1.0.0-rc is not in it
  const any = possible.find((set) => set.length === 0);
  return any ? [any] : possible.length > 0 ? possible : range.slice(0, 1);
}

export function validRange(text: string): boolean {
  return parseRange(text) !== null;
}

/**
 * Checks whether the version is in the range. A prerelease is in it only if a comparator of the same set names a prerelease
 * of the same major.minor.patch.
 */
export function testRange(range: Range, version: Version, mode: RangeMode = LOOSE): boolean {
  for (const set of range) if (testSet(set, version, mode.prereleases)) return true;
  return false;
}

function testSet(set: readonly Comparator[], version: Version, prereleases: boolean): boolean {
  for (const comparator of set) if (!testComparator(comparator, version)) return false;
  // ^1.2.3-rc.1 contains 1.2.3-rc.2, but neither 1.2.4-rc.1 nor 1.3.0-rc.1
  return (
    !version.pre ||
    prereleases ||
    set.some((comparator) => comparator.version.pre && sameTriple(comparator.version, version))
  );
}

function testComparator({ operator, version: limit }: Comparator, version: Version): boolean {
  const order = compareVersions(version, limit);
  switch (operator) {
    case "":
      return order === 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return operator satisfies never;
  }
}

function sameTriple(a: Version, b: Version): boolean {
  return a.major === b.major && a.minor === b.minor && a.patch === b.patch;
}

/** Checks whether the version is at or below the upper end of some set. True up to a certain version, and false above it. */
export function underTop(range: Range, version: Version): boolean {
  return range.some((set) =>
    set.every((comparator) => comparator.operator[0] === ">" || !isAfter(version, comparator.version)),
  );
}

/** Checks whether the version is at or above the lower end of some set. False up to a certain version, and true above it. */
export function overBottom(range: Range, version: Version): boolean {
  return range.some((set) =>
    set.every((comparator) => comparator.operator[0] === "<" || !isAfter(comparator.version, version)),
  );
}

/** Checks whether the range can contain a prerelease. `<2.0.0-0`, the end of `^1`, admits none. */
export function namesPrerelease(range: Range): boolean {
  return range.some((set) =>
    set.some(({ operator, version: { pre } }) => pre && !(operator === "<" && pre[0] === 0 && pre.length === 1)),
  );
}

function isAfter(a: Version, b: Version): boolean {
  return compareVersions(a, b) > 0;
}

/** Checks whether the ranges have a version in common, by semver's rules. Returns undefined if one of them is not a range. */
export function rangesIntersect(a: string, b: string): boolean | undefined {
  const one = parseRange(a, STRICT);
  const two = parseRange(b, STRICT);
  if (!one || !two) return undefined;
  const ones = one.filter((set) => setsIntersect(set, set));
  const twos = two.filter((set) => setsIntersect(set, set));
  return ones.some((set) => twos.some((other) => setsIntersect(set, other)));
}

function setsIntersect(left: readonly Comparator[], right: readonly Comparator[]): boolean {
  // `*` does not contain 1.0.0-rc. With the arguments swapped, semver says that the two intersect.
  if (right.length === 0) return left.every(({ operator, version }) => operator !== "" || !version.pre);
  return left.every((comparator) => right.every((other) => comparatorsIntersect(comparator, other)));
}

function comparatorsIntersect(a: Comparator, b: Comparator): boolean {
  if (a === b) return true;
  if (a.operator === "") return testSet([b], a.version, false);
  if (b.operator === "") return testSet([a], b.version, false);
  if (isBelowAll(a) || isBelowAll(b)) return false;
  if (a.operator[0] === b.operator[0]) return true;
  const order = compareVersions(a.version, b.version);
  // >=1 intersects <=1, but >1 does not
  return order === 0
    ? a.operator + b.operator === ">=<=" || a.operator + b.operator === "<=>="
    : order < 0 === (a.operator[0] === ">");
}

/** Checks for `<0.0.0`, which only prereleases of 0.0.0 satisfy. */
function isBelowAll({ operator, version }: Comparator): boolean {
  return operator === "<" && sameTriple(version, ZERO);
}

/** Checks for `<0.0.0-0`, semver's notation for a range without versions. */
function isEmptyRange(comparator: Comparator): boolean {
  const { pre } = comparator.version;
  return isBelowAll(comparator) && pre?.[0] === 0 && pre.length === 1;
}

const STRICT_NUMBER = "0|[1-9]\\d{0,256}";

/**
 * Returns the pattern of a possibly partial version (`2`, `1.x`, `1.2.3-rc.1`). Its four groups: three parts and a
 * prerelease.
 */
function partialVersion(number: string, dash: string): string {
  const part = `(${number}|[xX*])`;
  const identifier = `(?:${WORD}|${number})`;
  return `${part}(?:\\.${part}(?:\\.${part}(?:${dash}(${identifier}(?:\\.${identifier})*))?)?)?`;
}

function grammar(text: string): { comparator: RegExp; hyphen: RegExp } {
  return {
    comparator: new RegExp(`^(\\^|~>?|[<>]?=?)[v=]*${text}$`),
    hyphen: new RegExp(`^([v= ]*${text}) - ([v= ]*${text})$`),
  };
}

const LOOSE_PARTIAL = partialVersion(NUMBER, "-?");
const LOOSE_GRAMMAR = grammar(LOOSE_PARTIAL);
const STRICT_GRAMMAR = grammar(partialVersion(STRICT_NUMBER, "-"));
// Matches an operator, a blank and a version, to drop the blank. The number of `v` and `=` is limited. Otherwise `vvvv…`
// could take very long.
const GAP = new RegExp(`( ?)([<>]?=?) ?([v= ]{0,16}${LOOSE_PARTIAL})`, "g");
const BUILDS = new RegExp(BUILD, "g");

/** The result for a loose set in which no word is a comparator. It is dropped, and is not the same as `*`. */
const NOTHING_LEFT: readonly Comparator[] = [];

/** Parses one set: `>=1.2 <3`, `1.2.3 - 2`, `^1.2.3`, `1.x`. Null makes the whole range invalid. */
function parseSet(raw: string, mode: RangeMode): readonly Comparator[] | null {
  const comparators: Comparator[] = [];
  let kept = 0;
  const all = splitSet(raw, mode);
  if (!all) return null;
  for (const [place, word] of all.entries()) {
    for (const text of expandWord(word, mode) ?? [null]) {
      const comparator = text === null ? null : text === ANY ? ANY : toComparator(text, mode);
      if (comparator === undefined || (comparator === null && !mode.loose)) return null;
      // semver loses a star between words that are not comparators: `foo * foo` is not a range
      if (comparator === null || (text === ANY && place > 0 && place < all.length - 1)) continue;
      kept++;
      if (comparator !== ANY) comparators.push(comparator);
    }
  }
  const never = comparators.find(isEmptyRange);
  return never ? [never] : kept > 0 ? comparators : NOTHING_LEFT;
}

const ANY = "";

/** Returns the words of a set, or null if it is too long. */
function splitSet(raw: string, { loose, prereleases }: RangeMode): string[] | null {
  let text = raw.includes("+") ? raw.replace(BUILDS, "") : raw;
  if (!text.includes(" ")) return [text];
  const ends = (loose ? LOOSE_GRAMMAR : STRICT_GRAMMAR).hyphen.exec(text);
  // `1 - 2.` followed by 22 digits ends at `2.1.1e+21.0`, where `+21.0` looks like build metadata again
  if (ends) text = expandHyphen(ends, prereleases ? "-0" : "").replace(BUILDS, "");
  if (/[<>=] /.test(text)) {
    if (text.length > MAX_SPACED_SET) return null;
    text = text.replace(GAP, "$1$2$3");
  }
  return text.replace(/~>? /g, "~").replace(/\^ /g, "^").split(" ");
}

type Part = string | undefined;

function isX(part: Part): part is undefined | "x" {
  return part === undefined || /[xX*]/.test(part);
}

/** Returns the first version after a partial one: 1.3.0 for `1.2`. */
function after(major: string, minor: Part): string {
  return isX(minor) ? `${+major + 1}.0.0` : `${major}.${+minor + 1}.0`;
}

/** Expands a hyphen range: `1.2 - 3.4.5` to `>=1.2.0 <=3.4.5`, and `1.2.3 - 3.4` to `>=1.2.3 <3.5.0-0`. */
function expandHyphen(ends: readonly Part[], lowest: string): string {
  const [, from, major, minor, patch, pre, to, toMajor, toMinor, toPatch, toPre] = ends;
  let low = "";
  if (!isX(major)) {
    if (isX(minor)) low = `>=${major}.0.0${lowest}`;
    else low = isX(patch) ? `>=${major}.${minor}.0${lowest}` : `>=${from}${pre ? "" : lowest}`;
  }
  let high = "";
  if (!isX(toMajor)) {
    if (isX(toMinor) || isX(toPatch)) high = `<${after(toMajor, toMinor)}-0`;
    else if (toPre) high = `<=${toMajor}.${toMinor}.${toPatch}-${toPre}`;
    else high = lowest ? `<${toMajor}.${toMinor}.${+toPatch + 1}-0` : `<=${to}`;
  }
  return `${low} ${high}`.trim();
}

/** Expands a word to plain comparators: `^1.2` → `>=1.2.0`, `<2.0.0-0`; `*` → an empty one. Null if it is not a comparator. */
function expandWord(word: string, { loose, prereleases }: RangeMode): string[] | null {
  if (word === "") return [ANY];
  const { comparator } = loose ? LOOSE_GRAMMAR : STRICT_GRAMMAR;
  const match = comparator.exec(word);
  if (!match) {
    // semver ignores an extra star: `*1.2.3` is 1.2.3
    const rest = word.replace(/[<>]?=?\*/, "");
    return rest !== word && /^[<>=v]*\d+\.\d+\.\d/.test(rest) && comparator.test(rest) ? [rest] : null;
  }
  const [, sign = "", major = "", minor, patch, pre] = match;
  const lowest = prereleases ? "-0" : "";
  const open = isX(minor) || isX(patch);
  const start = `${major}.${isX(minor) ? 0 : minor}.${open ? 0 : patch}`;
  const low = start + (open ? lowest : pre ? `-${pre}` : "");
  const next = after(major, minor);
  if (sign === "^") return isX(major) ? [ANY] : [`>=${low}`, `<${caretEnd(match)}-0`];
  if (sign[0] === "~") return isX(major) ? [ANY] : [`>=${low}`, `<${next}-0`];
  // x.1 and 1.x.3 are not comparators
  if ((isX(major) && !isX(minor)) || (isX(minor) && !isX(patch))) return null;
  if (isX(major)) return [sign === ">" || sign === "<" ? "<0.0.0-0" : ANY];
  if (!open) return [word];
  switch (sign) {
    case ">":
      return [`>=${next}${lowest}`];
    case ">=":
      return [`>=${low}`];
    case "<":
      return [`<${start}-0`];
    case "<=":
      return [`<${next}-0`];
    default:
      return [`>=${low}`, `<${next}-0`];
  }
}

/** Returns the end of a caret range: ^1.2.3 → 2.0.0, ^0.2.3 → 0.3.0, ^0.0.3 → 0.0.4, ^0.0 → 0.1.0, ^0 → 1.0.0. */
function caretEnd([, , major = "", minor, patch]: readonly Part[]): string {
  if (major !== "0" || isX(minor)) return after(major, undefined);
  return minor !== "0" || isX(patch) ? after(major, minor) : `0.0.${+patch + 1}`;
}

/** Parses a comparator. Null if the text is not one, and undefined if it is one with an impossible version. */
function toComparator(text: string, { loose, prereleases }: RangeMode): Comparator | typeof ANY | null | undefined {
  if (text === (prereleases ? ">=0.0.0-0" : ">=0.0.0")) return ANY;
  const [, sign = "", version = ""] = /^([<>]?=?)(.*)$/.exec(text) ?? [];
  if (!loose && !/^v?[\d.]+(?:-|$)/.test(version)) return null;
  const parsed = parseVersion(version);
  if (parsed) return { operator: (sign === "=" ? "" : sign) as Operator, version: parsed };
  // 1 and 22 more digits become `1e+22.0.0`, which is not a comparator. 1.2.9007199254740993 is one, but not a version.
  return /^[v=]*\d+\.\d+\.\d/.test(version) ? undefined : null;
}

const ZERO: Version = { major: 0, minor: 0, patch: 0, pre: null };
