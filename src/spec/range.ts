import type Comparator from "semver/classes/comparator.js";
import SemverRange from "semver/classes/range.js";
import { compareVersions, fromSemVer, parseVersion, type Version } from "./version.ts";

export type Operator = "" | "<" | "<=" | ">" | ">=";

export interface Bound {
  readonly operator: Operator;
  readonly version: Version;
}

/** A version satisfies a range when it satisfies every bound of one of its sets. A set without bounds is `*`. */
export type Range = readonly (readonly Bound[])[];

/** Reads a range as semver does in loose mode. Null when it is none. */
export function parseRange(text: string): Range | null {
  return parsePlainRange(text) ?? parseLooseRange(text);
}

export function validRange(text: string): boolean {
  return parseRange(text) !== null;
}

/** Whether the version is in the range. A prerelease is only when a bound of the same set names one of its triple. */
export function testRange(range: Range, version: Version): boolean {
  for (const set of range) if (testSet(set, version)) return true;
  return false;
}

/** Whether the version is not above every set's upper end: true up to some version, false from there on. */
export function underTop(range: Range, version: Version): boolean {
  return range.some((set) => set.every((bound) => bound.operator[0] === ">" || !isAfter(version, bound.version)));
}

/** Whether the version is not below every set's lower end: false up to some version, true from there on. */
export function overBottom(range: Range, version: Version): boolean {
  return range.some((set) => set.every((bound) => bound.operator[0] === "<" || !isAfter(bound.version, version)));
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

function testSet(set: readonly Bound[], version: Version): boolean {
  for (const bound of set) if (!testBound(bound, version)) return false;
  // ^1.2.3-rc.1 has 1.2.3-rc.2, and neither 1.2.4-rc.1 nor 1.3.0-rc.1
  return !version.pre || set.some((bound) => bound.version.pre && sameTriple(bound.version, version));
}

function testBound({ operator, version: limit }: Bound, version: Version): boolean {
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

/** What is not spelt plainly (`1.2.x-0`, `~> 1.2`, `v1`, words that loose mode skips) is semver's own business. */
function parseLooseRange(text: string): Range | null {
  try {
    const { set } = new SemverRange(text, { loose: true });
    return set.map((bounds) => bounds.filter(isBounded).map(toBound));
  } catch {
    return null;
  }
}

function isBounded(comparator: Comparator): boolean {
  return comparator.value !== "";
}

function toBound({ operator, semver }: Comparator): Bound {
  return { operator: operator === "=" ? "" : (operator ?? ""), version: fromSemVer(semver) };
}

const ANY: Range = [[]];

/** The forms that nearly every range has, in which strict and loose reading agree. Null for "look closer". */
export function parsePlainRange(text: string): Range | null {
  const range: Bound[][] = [];
  for (const part of text.split("||")) {
    const set = parseSet(part.trim());
    if (!set) return null;
    range.push(set);
  }
  // `1.0.0-rc || *` is `*`: semver drops the rest, so 1.0.0-rc is not in it
  return range.some((set) => set.length === 0) ? ANY : range;
}

/** `>=1.2 <3`, `1.2.3 - 2`, `^1.2.3`, `1.x`. */
function parseSet(text: string): Bound[] | null {
  if (text === "" || text === "*") return [];
  if (!text.includes(" ")) return parseComparator(text);
  const hyphen = /^([^ ]+) - ([^ ]+)$/.exec(text);
  if (hyphen) return parseHyphen(hyphen[1] as string, hyphen[2] as string);
  const set: Bound[] = [];
  for (const word of text.replace(/([<>]=?) +/g, "$1").split(" ")) {
    const bounds = parseComparator(word);
    if (!bounds) return null;
    set.push(...bounds);
  }
  return set;
}

// A number of at most 15 digits without leading zeros; then, if all three are there, a prerelease.
const NUMBER = "(0|[1-9]\\d{0,14})";
const PLAIN = new RegExp(
  `^(\\^|~|[<>]=?)?${NUMBER}(?:\\.(?:${NUMBER}(?:\\.(?:${NUMBER}(-[0-9A-Za-z][0-9A-Za-z.-]{0,40})?|[xX*]))?|[xX*](?:\\.[xX*])?))?$`,
);

interface Partial {
  readonly operator: string;
  readonly major: number;
  /** Undefined when left out or `x`. */
  readonly minor: number | undefined;
  readonly patch: number | undefined;
  readonly full: Version | null;
}

function parsePartial(text: string): Partial | null {
  const match = PLAIN.exec(text);
  if (!match) return null;
  const [, operator = "", major, minor, patch, pre = ""] = match;
  const full = patch === undefined ? null : parseVersion(`${major}.${minor}.${patch}${pre}`);
  if (patch !== undefined && !full) return null;
  return { operator, major: Number(major), minor: number(minor), patch: number(patch), full };
}

function number(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

const from = (version: Version): Bound => ({ operator: ">=", version });
const release = (major: number, minor: number, patch: number): Version => ({ major, minor, patch, pre: null });
/** The upper ends: `<2.0.0-0` leaves out the prereleases of 2.0.0 too. */
const below = (major: number, minor: number, patch: number): Bound => ({
  operator: "<",
  version: { major, minor, patch, pre: [0] },
});

function parseComparator(text: string): Bound[] | null {
  const partial = parsePartial(text);
  if (!partial) return null;
  const { operator, major, minor, full } = partial;
  const low = full ?? release(major, minor ?? 0, 0);
  switch (operator) {
    case "^":
      return atLeast(low, caretEnd(partial));
    case "~":
      return atLeast(low, afterMinor(partial));
    case "":
      // 1.2.3 is itself; 1.2 is >=1.2.0 <1.3.0-0
      return full ? [{ operator, version: full }] : atLeast(low, afterMinor(partial));
    case ">=":
      return atLeast(low);
    case ">":
      // >1.2 is >=1.3.0
      return full ? [{ operator, version: full }] : [from(following(partial))];
    case "<=":
      // <=1.2 is <1.3.0-0
      return full ? [{ operator, version: full }] : [afterMinor(partial)];
    default:
      // <1.2 is <1.2.0-0
      return full ? [{ operator: "<", version: full }] : [below(major, minor ?? 0, 0)];
  }
}

/** `>=0.0.0` says nothing, not even that prereleases are out: semver drops it. */
function atLeast(low: Version, ...rest: Bound[]): Bound[] {
  return low.major || low.minor || low.patch || low.pre ? [from(low), ...rest] : rest;
}

function following({ major, minor }: Partial): Version {
  return minor === undefined ? release(major + 1, 0, 0) : release(major, minor + 1, 0);
}

function afterMinor(partial: Partial): Bound {
  const { major, minor, patch } = following(partial);
  return below(major, minor, patch);
}

/** ^1.2.3 <2.0.0-0, ^0.2.3 <0.3.0-0, ^0.0.3 <0.0.4-0, ^0.0 <0.1.0-0, ^0 <1.0.0-0 */
function caretEnd(partial: Partial): Bound {
  const { major, minor, patch } = partial;
  if (major > 0 || minor === undefined) return below(major + 1, 0, 0);
  return minor > 0 || patch === undefined ? below(0, minor + 1, 0) : below(0, 0, patch + 1);
}

/** 1.2 - 3.4.5 is >=1.2.0 <=3.4.5; 1.2.3 - 3.4 is >=1.2.3 <3.5.0-0 */
function parseHyphen(first: string, last: string): Bound[] | null {
  const start = parsePartial(first);
  const end = parsePartial(last);
  if (!start || !end || start.operator || end.operator) return null;
  const low = start.full ?? release(start.major, start.minor ?? 0, 0);
  return atLeast(low, end.full ? { operator: "<=", version: end.full } : afterMinor(end));
}
