import type { Manifest } from "../api/manifest.ts";
import {
  type ErrorCode,
  fail,
  failure,
  InstallError,
  type Outcome,
  ok,
  type UnmatchedSpec,
} from "../errors/failure.ts";
import { ENGINES, namesPrerelease, overBottom, parseRange, type Range, testRange, underTop } from "../spec/range.ts";
import { cleanVersion, parseVersion } from "../spec/version.ts";
import type { RangeTable } from "../spec/version-range.ts";
import type { Packument } from "./packument.ts";

/** What decides a pick besides the packument and the spec. One object a run: picks are remembered by it. */
export interface PickPolicy {
  readonly ranges: RangeTable;
  /** npm's `--tag`. Default `latest`. */
  readonly defaultTag?: string;
  /** Milliseconds since 1970: versions published later are not picked. */
  readonly before?: number | null;
  /** Without a version, that engine is not looked at. */
  readonly nodeVersion?: string | null;
  readonly npmVersion?: string | null;
}

/** One look-up. */
interface Query {
  readonly packument: Packument;
  readonly wanted: string;
  readonly type: UnmatchedSpec["type"];
  readonly policy: PickPolicy;
}

interface SelectionMemo {
  readonly picks: WeakMap<Packument, Map<string, Outcome<Manifest>>>;
  readonly engines: Map<string, boolean>;
}

const memos: WeakMap<PickPolicy, SelectionMemo> = new WeakMap();

/**
 * The version npm picks for a spec of the registry (npm-tree §3.3): a version, a range or a tag, trimmed; `""` for
 * none. Fails with `ETARGET` (nothing matches), `ENOVERSIONS` (nothing could), `E403` (withheld by policy) or
 * `EINVALIDPACKUMENT` (what had to be read is not JSON).
 */
export function selectVersion(packument: Packument, wanted: string, policy: PickPolicy): Outcome<Manifest> {
  const { picks } = memoOf(policy);
  let known = picks.get(packument);
  if (!known) {
    known = new Map();
    picks.set(packument, known);
  }
  let outcome = known.get(wanted);
  if (!outcome) {
    outcome = asOutcome({ packument, wanted, type: typeOf(wanted, policy.ranges), policy });
    known.set(wanted, outcome);
  }
  return outcome;
}

function memoOf(policy: PickPolicy): SelectionMemo {
  let memory = memos.get(policy);
  if (!memory) {
    memory = { picks: new WeakMap(), engines: new Map() };
    memos.set(policy, memory);
  }
  return memory;
}

function asOutcome(query: Query): Outcome<Manifest> {
  try {
    return selectByType(query);
  } catch (error) {
    if (error instanceof InstallError) return fail(error.failure);
    throw error;
  }
}

function selectByType(query: Query): Outcome<Manifest> {
  const { packument, wanted, type, policy } = query;
  if (type === "range") return selectFromRange(query, wanted || "*");
  const key = type === "version" ? cleanVersion(wanted) : packument.distTags.get(wanted);
  if (key == null) return noMatch(query);
  if (isInTime(packument, key, policy)) return takeVersion(query, key);
  // tagged too late: the best that is not newer than what the tag names
  return type === "tag" && policy.ranges.range(`<=${key}`) ? selectFromRange(query, `<=${key}`) : noMatch(query);
}

function typeOf(wanted: string, ranges: RangeTable): UnmatchedSpec["type"] {
  if (wanted === "") return "range";
  return ranges.version(wanted) ? "version" : ranges.range(wanted) ? "range" : "tag";
}

function noMatch({ packument, wanted, type, policy }: Query, code: ErrorCode = "ETARGET"): Outcome<never> {
  const { name, distTags, restrictedVersions } = packument;
  const details: UnmatchedSpec = {
    type,
    wanted,
    defaultTag: policy.defaultTag ?? "latest",
    before: policy.before,
    distTags: [...distTags],
    versions: packument.versionKeys(),
    restricted: [...restrictedVersions],
    restrictionMessage: packument.restrictionMessage,
  };
  const message = `No matching version found for ${name}@${wanted}.`;
  return fail(failure(code, message, { package: name, spec: wanted, details: { ...details } }));
}

/** The manifest of the key picked, unless a policy of the registry withholds it. */
function takeVersion(query: Query, key: string): Outcome<Manifest> {
  if (query.packument.restrictedVersions.has(key)) return noMatch(query, "E403");
  const manifest = query.packument.manifest(key);
  return manifest ? ok(manifest) : noMatch(query);
}

function selectFromRange(query: Query, text: string): Outcome<Manifest> {
  const { packument, policy } = query;
  const range = policy.ranges.range(text) as Range;
  const restricted = packument.restrictedVersions;
  const preferred = packument.distTags.get(policy.defaultTag ?? "latest");
  if (
    preferred &&
    (text === "*" || policy.ranges.satisfies(preferred, text)) &&
    !restricted.has(preferred) &&
    isInTime(packument, preferred, policy)
  ) {
    const manifest = packument.manifest(preferred);
    if (manifest && suitability(manifest, policy) === MOST_SUITABLE) return ok(manifest);
  }
  const best = bestInRange(query, range);
  if (best) return ok(best);
  const hidden = [...restricted.keys()].filter((key) => isInTime(packument, key, policy));
  if (hidden.some((key) => policy.ranges.satisfies(key, text))) return noMatch(query, "E403");
  const none = hidden.length === 0 && !packument.versionKeys().some((key) => isInTime(packument, key, policy));
  return noMatch(query, none ? "ENOVERSIONS" : "ETARGET");
}

/** The highest {@link suitability}. */
export const MOST_SUITABLE = 3;

/** Above all not deprecated on a fitting engine; then a fitting engine; then not deprecated. */
export function suitability(manifest: Manifest, policy: PickPolicy): number {
  const engineAllows = engineFits(manifest, policy);
  return manifest.deprecated ? (engineAllows ? 2 : 0) : engineAllows ? MOST_SUITABLE : 1;
}

/** Among those of the highest rank, the highest version. Most often the first one looked at has the top rank. */
function bestInRange({ packument, policy }: Query, range: Range): Manifest | null {
  const entries = namesPrerelease(range) ? packument.sorted() : packument.releases();
  const restricted = packument.restrictedVersions;
  let best: Manifest | null = null;
  let bestRank = -1;
  for (let at = topOf(packument, entries, range) - 1; at >= 0; at--) {
    const entry = entries[at] as number;
    const version = packument.versionOf(entry);
    if (!overBottom(range, version)) break;
    if (!testRange(range, version)) continue;
    const key = packument.keyOf(entry);
    if (restricted.has(key) || !isInTime(packument, key, policy)) continue;
    const manifest = packument.manifest(key) as Manifest;
    const own = suitability(manifest, policy);
    if (own > bestRank) {
      best = manifest;
      bestRank = own;
      if (own === MOST_SUITABLE) break;
    }
  }
  return best;
}

/** How many entries, lowest version first, are not above the range. */
function topOf(packument: Packument, entries: ArrayLike<number>, range: Range): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (underTop(range, packument.versionOf(entries[middle] as number))) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** npm lets a version pass that the document gives no time for, and none that it gives nonsense for. */
export function isInTime(packument: Packument, key: string, { before = null }: PickPolicy): boolean {
  if (before === null && !packument.mayHaveInvalidTime) return true;
  const time = packument.time(key);
  return time === undefined || Date.parse(time) <= (before ?? Number.POSITIVE_INFINITY);
}

export function engineFits(
  { engines }: { readonly engines?: Readonly<Record<string, string>> | undefined },
  policy: PickPolicy,
): boolean {
  if (!engines) return true;
  const known = memoOf(policy).engines;
  return (
    engineAllows(policy.nodeVersion, engines["node"], known) && engineAllows(policy.npmVersion, engines["npm"], known)
  );
}

function engineAllows(version: string | null | undefined, range: unknown, known: Map<string, boolean>): boolean {
  if (!version || !range) return true;
  if (typeof range !== "string") return false;
  const key = `${version} ${range}`;
  let answer = known.get(key);
  if (answer === undefined) {
    answer = satisfiesEngine(version, range);
    known.set(key, answer);
  }
  return answer;
}

/** Engines are read strictly, and a prerelease of the engine counts: as of `21.0.0-rc.1` for `>=18`. */
function satisfiesEngine(version: string, range: string): boolean {
  const parsed = parseVersion(version);
  const allowed = parseRange(range, ENGINES);
  return parsed !== null && allowed !== null && testRange(allowed, parsed, ENGINES);
}
