import { compare, parseVersion } from "../spec/version.ts";

/**
 * A piece of a sentence: words, or a package, which a page can link. Its `versions`, a spec, is written behind it as npm does:
 * `react@^18.2.0`.
 */
export type ProofPart = string | { readonly package: string; readonly versions?: string };

/** More of a kind than this is counted, not listed. */
export const LISTED = 5;

/** `a`, `a and b`, `a, b and c`; long items have a comma before the last word: `a and b, and c`. */
export function listed(items: readonly (readonly ProofPart[])[], last: string, long: boolean = false): ProofPart[] {
  const link = `${long ? "," : ""} ${last} `;
  return items.flatMap((item, at) => [at === 0 ? "" : at < items.length - 1 ? ", " : link, ...item]);
}

/** Some versions of a package, as they are said. */
export interface Spoken {
  /** All there are. */
  readonly all: boolean;
  /** Where they are told by a range that someone wrote. */
  readonly spec: string | undefined;
  readonly plural: boolean;
  /** `a 1.0.0 to 1.4.0 and 2.0.0`, `every a@^1.0.0`, `every version of a`, `9 versions of a from 1.0.0 to 2.0.0`. */
  readonly subject: readonly ProofPart[];
  /** `a 1.0.0 to 1.4.0 or 2.0.0`, `a@^1.0.0`, `a`. */
  readonly object: readonly ProofPart[];
}

// `1.0.0`, `1.0.0 - 1.4.0`, `<=1.4.0`, `>=1.0.0`: versions there are, not a range that someone wrote.
const STRETCH = /^(?:\d\S* - |<=|>=)?\d+\.\d+\.\d[^\s|]*$/;

/** `texts` are version sets in the form of `ProofFact.versions`; all of them together are said. */
export function spoken(name: string, texts: Iterable<string>): Spoken {
  const ranges = new Set<string>();
  let spec: string | undefined;
  for (const text of texts) {
    const rangeReads = text.split(" || ");
    const there = rangeReads.every((one) => STRETCH.test(one));
    if (!there) spec = text;
    for (const one of there ? rangeReads : [text]) ranges.add(one);
  }
  const link = { package: name };
  if (ranges.has("*"))
    return { all: true, spec: undefined, plural: false, subject: ["every version of ", link], object: [link] };
  if (spec !== undefined && ranges.size === 1) {
    const written = { package: name, versions: spec };
    return { all: false, spec, plural: false, subject: ["every ", written], object: [written] };
  }
  return { all: false, spec: undefined, ...rangeReadsOf(name, ranges) };
}

function rangeReadsOf(name: string, ranges: ReadonlySet<string>): Pick<Spoken, "plural" | "subject" | "object"> {
  const link = { package: name };
  const sorted = ranges.size > 1 ? disjoint([...ranges].sort(byStart)) : [...ranges];
  // Prereleases are stretches of their own; who cares for them alone is told of them.
  const releases = sorted.filter((range) => !isPrerelease(range));
  const shown = releases.length > 0 ? releases : sorted;
  const rest = shown.length < sorted.length ? ["some prereleases"] : [];
  if (shown.length > LISTED) {
    const single = shown.every((range) => parseVersion(range) !== null);
    const many = `${shown.length} ${single ? "versions" : "ranges"} of `;
    const where = ` from ${start(shown[0] ?? "")} to ${end(shown.at(-1) ?? "")}`;
    const said = [many, link, [where, ...rest].join(" and ")];
    return { plural: true, subject: said, object: ["one of ", ...said] };
  }
  const items = [...shown.map(inWords), ...rest].map((item) => [item]);
  const plural = items.length > 1 || parseVersion(shown[0] ?? "") === null;
  return { plural, subject: [link, " ", ...listed(items, "and")], object: [link, " ", ...listed(items, "or")] };
}

/** Without stretches that lie in the one before them: `1.0.0 - 1.4.0`, `1.2.0`. */
function disjoint(sorted: readonly string[]): string[] {
  const kept: string[] = [];
  for (const range of sorted) {
    const last = kept.findLast((one) => isPrerelease(one) === isPrerelease(range)) ?? "";
    const open = last.startsWith(">=") || compare(end(last), end(range)) >= 0;
    if (!(last && open && compare(start(last), start(range)) <= 0 && !/^[<>]/.test(range))) kept.push(range);
  }
  return kept;
}

function isPrerelease(range: string): boolean {
  return Boolean(parseVersion(start(range))?.pre);
}

function inWords(range: string): string {
  const [, sign, version] = /^([<>]=)(\d+\.\d+\.\d[^\s|]*)$/.exec(range) ?? [];
  return sign ? `${sign === "<=" ? "up to" : "from"} ${version}` : range.replace(" - ", " to ");
}

function byStart(a: string, b: string): number {
  return compare(start(a), start(b)) || (a < b ? -1 : a > b ? 1 : 0);
}

/** `<=1.4.0` and `>=1.4.0`, `1.4.0`, `1.4.0 - 2.0.0` start there. */
function start(range: string): string {
  return range.replace(/^[^\d]+/, "").split(" ", 1)[0] as string;
}

function end(range: string): string {
  return range.replace(/^.* - |^[<>]=/, "");
}
