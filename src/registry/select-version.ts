// Picks the version for a registry spec, in the order of npm-pick-manifest (npm-tree §3.3). A version is *in time* if it was
// published by the date `before` (release-age.ts). It is *restricted* if a policy of the registry blocks its download.
//
// 1. A tag: the version that it names. If that is newer than `before`: the best version of the range `<=` that version (as in 3).
// 2. A version: that version, deprecated or not, if it is in time.
// 3. A range (no spec counts as `*`):
//    a. The version of the default tag (`latest`), if it is in the range, not restricted, in time, not deprecated, and its
//       engines fit. It wins even over higher versions.
//    b. Otherwise the most suitable version in the range that is in time and not restricted, and among equals the highest:
//       not deprecated and its engines fit > its engines fit > not deprecated > neither.
//    c. Nothing: E403 if only restricted versions match, ENOVERSIONS if no version at all is in time, otherwise ETARGET.
// 4. A restricted version was named exactly or by a tag: E403.
//
//   versions 1.0.0, 1.1.0, 2.0.0; latest is 1.0.0:  `^1` → 1.0.0 (3a), `>=1.1` → 2.0.0 (3b), `1.1.0` → 1.1.0 (2)

import type { Manifest } from "../api/manifest.ts";
import { runToEnd } from "../base/run-to-end.ts";
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
import { GradedVersions } from "./graded-versions.ts";
import type { Packument } from "./packument.ts";
import { isOldEnough } from "./release-age.ts";

/** The settings of a run that influence a pick. Use one object per run: picks are remembered by its identity. */
export interface PickPolicy {
  readonly ranges: RangeTable;
  /** npm's `--tag`. Default `latest`. */
  readonly defaultTag?: string;
  /** Milliseconds since 1970. Versions published later are not picked. */
  readonly before?: number | null;
  /** The running Node version. Without a version, `engines` is not checked against it. */
  readonly nodeVersion?: string | null;
  /** The npm version, checked in the same way. */
  readonly npmVersion?: string | null;
}

/** One pick in progress. */
interface Query {
  readonly packument: Packument;
  readonly wanted: string;
  readonly type: UnmatchedSpec["type"];
  readonly policy: PickPolicy;
}

/** The results of one policy. */
interface SelectionMemo {
  readonly picks: WeakMap<Packument, Map<string, Outcome<Manifest>>>;
  readonly engines: Map<string, boolean>;
  /** Packuments of which a scan passed many versions. */
  readonly graded: WeakMap<Packument, GradedVersions>;
}

/** Picks a version. Pauses where that takes long. */
type Picking = Generator<undefined, Outcome<Manifest>>;

const memos: WeakMap<PickPolicy, SelectionMemo> = new WeakMap();

/**
 * Picks the version that npm picks for a registry spec. The result is remembered per policy.
 * @param wanted a version, a range or a tag, trimmed; `""` without a spec
 * @returns the manifest, or one of these failures:
 * - ETARGET: no version matches.
 * - ENOVERSIONS: the package has no version that may be picked.
 * - E403: a policy of the registry restricts the version.
 * - EINVALIDPACKUMENT: a part of the document is not valid JSON.
 */
export function selectVersion(packument: Packument, wanted: string, policy: PickPolicy): Outcome<Manifest> {
  return knownPicks(packument, policy).get(wanted) ?? runToEnd(pickVersion(packument, wanted, policy));
}

/** Does the same as {@link selectVersion}, with pauses. */
export function* pickVersion(packument: Packument, wanted: string, policy: PickPolicy): Picking {
  const known = knownPicks(packument, policy);
  let outcome = known.get(wanted);
  if (!outcome) {
    outcome = yield* asOutcome({ packument, wanted, type: typeOf(wanted, policy.ranges), policy });
    known.set(wanted, outcome);
  }
  return outcome;
}

function knownPicks(packument: Packument, policy: PickPolicy): Map<string, Outcome<Manifest>> {
  const { picks } = memoOf(policy);
  let known = picks.get(packument);
  if (!known) {
    known = new Map();
    picks.set(packument, known);
  }
  return known;
}

function memoOf(policy: PickPolicy): SelectionMemo {
  let memo = memos.get(policy);
  if (!memo) {
    memo = { picks: new WeakMap(), engines: new Map(), graded: new WeakMap() };
    memos.set(policy, memo);
  }
  return memo;
}

function* asOutcome(query: Query): Picking {
  try {
    return yield* selectByType(query);
  } catch (error) {
    if (error instanceof InstallError) return fail(error.failure);
    throw error;
  }
}

/** Picks the version: steps 1 and 2, or step 3 for a range. */
function* selectByType(query: Query): Picking {
  const { packument, wanted, type, policy } = query;
  if (type === "range") return yield* selectFromRange(query, wanted || "*");
  const key = type === "version" ? cleanVersion(wanted) : packument.distTags.get(wanted);
  if (key == null) return noMatch(query);
  if (isOldEnough(packument, key, policy)) return takeVersion(query, key);
  // step 1: the tagged version is too new
  if (type !== "tag" || !policy.ranges.range(`<=${key}`)) return noMatch(query);
  return yield* selectFromRange(query, `<=${key}`);
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
  const message = `No version of ${name} matches ${wanted || "*"}.`;
  return fail(failure(code, message, { package: name, spec: wanted, details: { ...details } }));
}

/** Returns the manifest of the version that steps 1 and 2 name, unless it is restricted (step 4). */
function takeVersion(query: Query, key: string): Outcome<Manifest> {
  if (query.packument.restrictedVersions.has(key)) return noMatch(query, "E403");
  const manifest = query.packument.manifest(key);
  return manifest ? ok(manifest) : noMatch(query);
}

/** Picks a version from a range: step 3. */
function* selectFromRange(query: Query, text: string): Picking {
  const { packument, policy } = query;
  const range = policy.ranges.range(text) as Range;
  const restricted = packument.restrictedVersions;
  const preferred = packument.distTags.get(policy.defaultTag ?? "latest");
  if (
    preferred &&
    (text === "*" || policy.ranges.satisfies(preferred, text)) &&
    !restricted.has(preferred) &&
    isOldEnough(packument, preferred, policy)
  ) {
    const manifest = packument.manifest(preferred);
    if (manifest && suitability(manifest, policy) === MOST_SUITABLE) return ok(manifest);
  }
  const best = yield* bestInRange(query, range);
  if (best) return ok(best);
  const hidden = [...restricted.keys()].filter((key) => isOldEnough(packument, key, policy));
  if (hidden.some((key) => policy.ranges.satisfies(key, text))) return noMatch(query, "E403");
  const none = hidden.length === 0 && !packument.versionKeys().some((key) => isOldEnough(packument, key, policy));
  return noMatch(query, none ? "ENOVERSIONS" : "ETARGET");
}

/** The highest {@link suitability}. */
export const MOST_SUITABLE = 3;

/**
 * Grades a version:
 * - 3: it is not deprecated, and its engines fit.
 * - 2: its engines fit.
 * - 1: it is not deprecated.
 * - 0: neither.
 */
export function suitability(manifest: Manifest, policy: PickPolicy): number {
  const engineAllows = engineFits(manifest, policy);
  return manifest.deprecated ? (engineAllows ? 2 : 0) : engineAllows ? MOST_SUITABLE : 1;
}

/** A scan that has read more manifests than this, or passed more versions, is not continued. */
const MAX_READ = 64;
const MAX_PASSED = 500;
/** A longer list of versions is not sorted at once. */
const MAX_SORTED = 5_000;

/**
 * Picks the best version in a range: step 3b. Scans from the highest down, and stops at the first one with the top grade. If many
 * versions do not suit, all are graded once: {@link GradedVersions}.
 */
function* bestInRange({ packument, policy }: Query, range: Range): Generator<undefined, Manifest | null> {
  const { graded } = memoOf(policy);
  const known = graded.get(packument);
  if (known) return known.best(range);
  const found = packument.size > MAX_SORTED && namesPrerelease(range) ? undefined : scan({ packument, policy }, range);
  if (found !== undefined) return found;
  const { restrictedVersions } = packument;
  const all = yield* GradedVersions.of(packument, {
    isCandidate: (key) => !restrictedVersions.has(key) && isOldEnough(packument, key, policy),
    gradeOf: (manifest) => suitability(manifest, policy),
  });
  graded.set(packument, all);
  return all.best(range);
}

/** Returns the best version, null if there is none, or undefined if the scan was not continued. */
function scan({ packument, policy }: Pick<Query, "packument" | "policy">, range: Range): Manifest | null | undefined {
  const entries = namesPrerelease(range) ? packument.sorted() : packument.releases();
  const restricted = packument.restrictedVersions;
  let best: Manifest | null = null;
  let bestGrade = -1;
  let read = 0;
  const top = topOf(packument, entries, range);
  for (let at = top - 1; at >= 0; at--) {
    if (top - at > MAX_PASSED) return undefined;
    const entry = entries[at] as number;
    const version = packument.versionOf(entry);
    if (!overBottom(range, version)) break;
    if (!testRange(range, version)) continue;
    const key = packument.keyOf(entry);
    if (restricted.has(key) || !isOldEnough(packument, key, policy)) continue;
    // A version that is too young is passed without a look at its manifest.
    if (++read > MAX_READ) return undefined;
    const manifest = packument.manifestAt(entry);
    const grade = suitability(manifest, policy);
    if (grade > bestGrade) {
      best = manifest;
      bestGrade = grade;
      if (grade === MOST_SUITABLE) break;
    }
  }
  return best;
}

/** Returns the number of entries that are not above the range, by binary search: entries are sorted, lowest version first. */
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

/** Checks whether the running Node and npm satisfy a package's `engines`. */
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

/** Checks one engine. Ranges are parsed strictly, and a prerelease of the engine counts: `21.0.0-rc.1` satisfies `>=18`. */
function satisfiesEngine(version: string, range: string): boolean {
  const parsed = parseVersion(version);
  const allowed = parseRange(range, ENGINES);
  return parsed !== null && allowed !== null && testRange(allowed, parsed, ENGINES);
}
