import { compareVersions, parseVersion, type Version } from "../spec/version.ts";
import { isWholeLine, lineOfRange } from "./version-line.ts";

/**
 * A part of a sentence: text, or a package, which a page can link. `versions` is a spec. It is written after the name, as in
 * `react@^18.2.0`.
 */
export type ProofPart = string | { readonly package: string; readonly versions?: string };

/** The most items that are listed. Of a longer list, only the number of items is given. */
export const MAX_LISTED = 5;

/** Joins items: `a`, `a and b`, `a, b and c`. Long items get a comma before the conjunction: `a and b, and c`. */
export function joinList(
  items: readonly (readonly ProofPart[])[],
  conjunction: string,
  long: boolean = false,
): ProofPart[] {
  const link = `${long ? "," : ""} ${conjunction} `;
  return items.flatMap((item, at) => [at === 0 ? "" : at < items.length - 1 ? ", " : link, ...item]);
}

/** The name of some versions of a package in a sentence. */
export interface VersionsPhrase {
  /** True if these are all versions of the package. */
  readonly all: boolean;
  /** The spec that names the versions, if one does. */
  readonly spec: string | undefined;
  readonly plural: boolean;
  /** `a 1.0.0 to 1.4.0 and 2.0.0`, `every a@^1.2.0`, `a 1`, `every version of a`, `9 versions of a from 1.0.0 to 2.0.0`. */
  readonly subject: readonly ProofPart[];
  /** `a 1.0.0 to 1.4.0 or 2.0.0`, `a@^1.0.0`, `a`. */
  readonly object: readonly ProofPart[];
}

// `1.0.0`, `1.0.0 - 1.4.0`, `<=1.4.0`, `>=1.0.0`: an interval of existing versions. Other texts are specs of a manifest.
const INTERVAL = /^(?:\d\S* - |<=|>=)?\d+\.\d+\.\d[^\s|]*$/;

/** Names the union of some version sets, given in the form of `ProofFact.versions`. */
export function phraseVersions(name: string, texts: Iterable<string>): VersionsPhrase {
  const ranges = new Set<string>();
  let spec: string | undefined;
  for (const text of texts) {
    const parts = text.split(" || ");
    const exist = parts.every((part) => INTERVAL.test(part));
    if (!exist) spec = text;
    for (const part of exist ? parts : [text]) ranges.add(part);
  }
  const link = { package: name };
  if (ranges.has("*"))
    return { all: true, spec: undefined, plural: false, subject: ["every version of ", link], object: [link] };
  if (spec !== undefined && ranges.size === 1) {
    const written = { package: name, versions: spec };
    return { all: false, spec, plural: false, subject: subjectOf(name, spec), object: [written] };
  }
  return { all: false, spec: undefined, ...phraseIntervals(name, ranges) };
}

/** Returns `react-dom 18` for the whole line `^18.0.0`, otherwise `every react-dom@^18.2.0`. */
function subjectOf(name: string, spec: string): ProofPart[] {
  if (isWholeLine(spec)) return phraseLine(name, lineOfRange(spec) as string);
  return ["every ", { package: name, versions: spec }];
}

/** Names a compatibility line: `react 18`. */
export function phraseLine(name: string, line: string): ProofPart[] {
  return [{ package: name }, ` ${line}`];
}

function phraseIntervals(
  name: string,
  ranges: ReadonlySet<string>,
): Pick<VersionsPhrase, "plural" | "subject" | "object"> {
  const link = { package: name };
  const read = [...ranges].map(readInterval);
  const sorted = ranges.size > 1 ? withoutContained(read.sort(byStart)) : read;
  // Prereleases have intervals of their own. If there are releases, prereleases are only mentioned.
  const releases = sorted.filter((range) => !range.isPrerelease);
  const shown = releases.length > 0 ? releases : sorted;
  const rest = shown.length < sorted.length ? ["some prereleases"] : [];
  if (shown.length > MAX_LISTED) {
    const single = shown.every(({ text }) => parseVersion(text) !== null);
    const count = `${shown.length} ${single ? "versions" : "ranges"} of `;
    const where = ` from ${start(shown[0]?.text ?? "")} to ${end(shown.at(-1)?.text ?? "")}`;
    const phrase = [count, link, [where, ...rest].join(" and ")];
    return { plural: true, subject: phrase, object: ["one of ", ...phrase] };
  }
  const items = [...shown.map(({ text }) => intervalText(text)), ...rest].map((item) => [item]);
  const plural = items.length > 1 || parseVersion(shown[0]?.text ?? "") === null;
  return { plural, subject: [link, " ", ...joinList(items, "and")], object: [link, " ", ...joinList(items, "or")] };
}

/** An interval's text, and what it means. */
interface Interval {
  readonly text: string;
  readonly start: Version | null;
  readonly end: Version | null;
  readonly isPrerelease: boolean;
}

function readInterval(text: string): Interval {
  const first = parseVersion(start(text));
  return { text, start: first, end: parseVersion(end(text)), isPrerelease: Boolean(first?.pre) };
}

/** Removes intervals that the one before them contains: `1.2.0` after `1.0.0 - 1.4.0`. */
function withoutContained(sorted: readonly Interval[]): Interval[] {
  const kept: Interval[] = [];
  const last: { release?: Interval; prerelease?: Interval } = {};
  for (const range of sorted) {
    const band = range.isPrerelease ? "prerelease" : "release";
    const before = last[band];
    const open = before && (before.text.startsWith(">=") || compare(before.end, range.end) >= 0);
    if (before && open && compare(before.start, range.start) <= 0 && !/^[<>]/.test(range.text)) continue;
    kept.push(range);
    last[band] = range;
  }
  return kept;
}

/** Compares two versions. Returns NaN, which fails every comparison, if one is missing. */
function compare(a: Version | null, b: Version | null): number {
  return a && b ? compareVersions(a, b) : Number.NaN;
}

/** Returns an interval as words: `up to 1.4.0`, `from 1.0.0`, `1.0.0 to 1.4.0`. */
function intervalText(range: string): string {
  const [, sign, version] = /^([<>]=)(\d+\.\d+\.\d[^\s|]*)$/.exec(range) ?? [];
  return sign ? `${sign === "<=" ? "up to" : "from"} ${version}` : range.replace(" - ", " to ");
}

function byStart(a: Interval, b: Interval): number {
  return compare(a.start, b.start) || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
}

/** Returns the first version in an interval's text: 1.4.0 for `<=1.4.0`, `>=1.4.0`, `1.4.0` and `1.4.0 - 2.0.0`. */
function start(range: string): string {
  return range.replace(/^[^\d]+/, "").split(" ", 1)[0] as string;
}

function end(range: string): string {
  return range.replace(/^.* - |^[<>]=/, "");
}
