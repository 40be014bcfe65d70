import { BUILD, compareVersions, NUMBER, parseVersion, type Version, WORD } from "./version.ts";

export type Operator = "" | "<" | "<=" | ">" | ">=";

export interface Comparator {
  readonly operator: Operator;
  readonly version: Version;
}

/** A version satisfies a range when it satisfies every bound of one of its sets. A set without bounds is `*`. */
export type Range = readonly (readonly Comparator[])[];

/**
 * How semver is told to read: `loose` skips words that are no comparators and allows `01` and `1.2.3beta`;
 * `prereleases` takes them for versions like any other (its `includePrerelease`).
 */
export interface RangeMode {
  readonly loose: boolean;
  readonly prereleases: boolean;
}

export const LOOSE: RangeMode = { loose: true, prereleases: false };
export const STRICT: RangeMode = { loose: false, prereleases: false };
/** How npm reads `engines`. */
export const ENGINES: RangeMode = { loose: false, prereleases: true };

/** Reads a range as semver does. Null when it is none. */
export function parseRange(text: string, mode: RangeMode = LOOSE): Range | null {
  const range: (readonly Comparator[])[] = [];
  for (const part of text.replace(/\s+/g, " ").split("||")) {
    const set = parseSet(part.trim(), mode);
    if (set === null) return null;
    if (set !== NOTHING_LEFT) range.push(set);
  }
  if (range.length < 2) return range.length > 0 ? range : null;
  const possible = range.filter((set) => !set[0] || !isEmptyRange(set[0]));
  // `1.0.0-rc || *` is `*`: semver drops the rest, so 1.0.0-rc is not in it
  const any = possible.find((set) => set.length === 0);
  return any ? [any] : possible.length > 0 ? possible : range.slice(0, 1);
}

export function validRange(text: string): boolean {
  return parseRange(text) !== null;
}

/** Whether the version is in the range. A prerelease is only when a bound of the same set names one of its triple. */
export function testRange(range: Range, version: Version, mode: RangeMode = LOOSE): boolean {
  for (const set of range) if (testSet(set, version, mode.prereleases)) return true;
  return false;
}

function testSet(set: readonly Comparator[], version: Version, prereleases: boolean): boolean {
  for (const comparator of set) if (!testComparator(comparator, version)) return false;
  // ^1.2.3-rc.1 has 1.2.3-rc.2, and neither 1.2.4-rc.1 nor 1.3.0-rc.1
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

/** Whether the version is not above every set's upper end: true up to some version, false from there on. */
export function underTop(range: Range, version: Version): boolean {
  return range.some((set) =>
    set.every((comparator) => comparator.operator[0] === ">" || !isAfter(version, comparator.version)),
  );
}

/** Whether the version is not below every set's lower end: false up to some version, true from there on. */
export function overBottom(range: Range, version: Version): boolean {
  return range.some((set) =>
    set.every((comparator) => comparator.operator[0] === "<" || !isAfter(comparator.version, version)),
  );
}

/** Whether a prerelease can be in the range. `<2.0.0-0`, the end of `^1`, lets none in. */
export function namesPrerelease(range: Range): boolean {
  return range.some((set) =>
    set.some(({ operator, version: { pre } }) => pre && !(operator === "<" && pre[0] === 0 && pre.length === 1)),
  );
}

function isAfter(a: Version, b: Version): boolean {
  return compareVersions(a, b) > 0;
}

/** Whether some version is in both ranges, as semver reckons it; undefined when one of them is no range. */
export function rangesIntersect(a: string, b: string): boolean | undefined {
  const one = parseRange(a, STRICT);
  const two = parseRange(b, STRICT);
  if (!one || !two) return undefined;
  const ones = one.filter((set) => setsIntersect(set, set));
  const twos = two.filter((set) => setsIntersect(set, set));
  return ones.some((set) => twos.some((other) => setsIntersect(set, other)));
}

function setsIntersect(left: readonly Comparator[], right: readonly Comparator[]): boolean {
  // 1.0.0-rc is not in `*`; asked the other way round semver says they meet
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
  // >=1 meets <=1, and >1 does not
  return order === 0
    ? a.operator + b.operator === ">=<=" || a.operator + b.operator === "<=>="
    : order < 0 === (a.operator[0] === ">");
}

/** `<0.0.0`: nothing but prereleases of it. */
function isBelowAll({ operator, version }: Comparator): boolean {
  return operator === "<" && sameTriple(version, ZERO);
}

/** `<0.0.0-0`, which is how semver writes a range without versions. */
function isEmptyRange(comparator: Comparator): boolean {
  const { pre } = comparator.version;
  return isBelowAll(comparator) && pre?.[0] === 0 && pre.length === 1;
}

const STRICT_NUMBER = "0|[1-9]\\d{0,256}";

/** `2`, `1.x`, `v1.2.3-rc.1`: after the prefix three parts, then a prerelease. Four groups. */
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
// What a blank after an operator is dropped before: any version, however spelt. Bounded, or `vvvv…` would take for ever.
const GAP = new RegExp(`( ?)([<>]?=?) ?([v= ]{0,16}${LOOSE_PARTIAL})`, "g");
const BUILDS = new RegExp(BUILD, "g");

/** A loose set of words none of which is a comparator: it says nothing, not even `*`. */
const NOTHING_LEFT: readonly Comparator[] = [];

/** `>=1.2 <3`, `1.2.3 - 2`, `^1.2.3`, `1.x`. Null makes the range invalid. */
function parseSet(raw: string, mode: RangeMode): readonly Comparator[] | null {
  const comparators: Comparator[] = [];
  let kept = 0;
  const all = splitSet(raw, mode);
  for (const [place, word] of all.entries()) {
    for (const text of expandWord(word, mode) ?? [null]) {
      const comparator = text === null ? null : text === ANY ? ANY : toComparator(text, mode);
      if (comparator === undefined || (comparator === null && !mode.loose)) return null;
      // a star between words that say nothing is lost: `foo * foo` is no range
      if (comparator === null || (text === ANY && place > 0 && place < all.length - 1)) continue;
      kept++;
      if (comparator !== ANY) comparators.push(comparator);
    }
  }
  const never = comparators.find(isEmptyRange);
  return never ? [never] : kept > 0 ? comparators : NOTHING_LEFT;
}

const ANY = "";

function splitSet(raw: string, { loose, prereleases }: RangeMode): string[] {
  let text = raw.includes("+") ? raw.replace(BUILDS, "") : raw;
  if (!text.includes(" ")) return [text];
  const ends = (loose ? LOOSE_GRAMMAR : STRICT_GRAMMAR).hyphen.exec(text);
  // `1 - 2.` and 22 digits ends at `2.1.1e+21.0`: its end looks like build metadata once more
  if (ends) text = expandHyphen(ends, prereleases ? "-0" : "").replace(BUILDS, "");
  return text.replace(GAP, "$1$2$3").replace(/~>? /g, "~").replace(/\^ /g, "^").split(" ");
}

type Part = string | undefined;

function isX(part: Part): part is undefined | "x" {
  return part === undefined || /[xX*]/.test(part);
}

/** The version before which every `1.2` is: 1.3.0. */
function after(major: string, minor: Part): string {
  return isX(minor) ? `${+major + 1}.0.0` : `${major}.${+minor + 1}.0`;
}

/** 1.2 - 3.4.5 is >=1.2.0 <=3.4.5; 1.2.3 - 3.4 is >=1.2.3 <3.5.0-0 */
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

/** A word as plain comparators: `^1.2` → `>=1.2.0`, `<2.0.0-0`; `*` → an empty one. Null when it is none. */
function expandWord(word: string, { loose, prereleases }: RangeMode): string[] | null {
  if (word === "") return [ANY];
  const { comparator } = loose ? LOOSE_GRAMMAR : STRICT_GRAMMAR;
  const match = comparator.exec(word);
  if (!match) {
    // semver drops a stray star: `*1.2.3` is 1.2.3
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
  // x.1 and 1.x.3 are nothing
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

/** ^1.2.3 <2.0.0-0, ^0.2.3 <0.3.0-0, ^0.0.3 <0.0.4-0, ^0.0 <0.1.0-0, ^0 <1.0.0-0 */
function caretEnd([, , major = "", minor, patch]: readonly Part[]): string {
  if (major !== "0" || isX(minor)) return after(major, undefined);
  return minor !== "0" || isX(patch) ? after(major, minor) : `0.0.${+patch + 1}`;
}

/** Null when the text is no comparator, undefined when it is one of a version that cannot be. */
function toComparator(text: string, { loose, prereleases }: RangeMode): Comparator | typeof ANY | null | undefined {
  if (text === (prereleases ? ">=0.0.0-0" : ">=0.0.0")) return ANY;
  const [, sign = "", version = ""] = /^([<>]?=?)(.*)$/.exec(text) ?? [];
  if (!loose && !/^v?[\d.]+(?:-|$)/.test(version)) return null;
  const parsed = parseVersion(version);
  if (parsed) return { operator: (sign === "=" ? "" : sign) as Operator, version: parsed };
  // 1 and 22 digits more end at `1e+22.0.0`, which is no comparator; 1.2.9007199254740993 is one, of no version
  return /^[v=]*\d+\.\d+\.\d/.test(version) ? undefined : null;
}

const ZERO: Version = { major: 0, minor: 0, patch: 0, pre: null };
