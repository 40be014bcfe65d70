import type { Manifest } from "../api/manifest.ts";
import { sortPausing } from "../base/sort-pausing.ts";
import { InstallError } from "../errors/failure.ts";
import { type Comparator, ENGINES, namesPrerelease, type Range, testRange } from "../spec/range.ts";
import { compareVersions, type Version } from "../spec/version.ts";
import type { Packument } from "./packument.ts";

/** Versions that are graded between two pauses. */
const AT_ONCE = 500;

/** A version that may be picked. Among equal versions, a scan from the top meets the one with the highest `at` first. */
interface Graded {
  readonly version: Version;
  readonly entry: number;
  readonly at: number;
}

/** Versions of one grade, lowest first. */
interface GradeList {
  readonly releases: Graded[];
  readonly prereleases: Graded[];
}

export interface Grading {
  /** Whether a version may be picked at all. */
  isCandidate(key: string): boolean;
  /** Returns a grade from 0 to 3. */
  gradeOf(manifest: Manifest): number;
}

const TOP_GRADE = 3;
/** The place of versions that cannot be read. */
const BROKEN = 4;

/**
 * The versions of a packument by grade, for picks whose scan passes many versions that do not suit. A pick then takes binary searches:
 * one for each grade and each alternative of the range (`||`). It equals the scan, because the releases that one alternative admits
 * are contiguous, and so are the prereleases of one `major.minor.patch` that it names.
 */
export class GradedVersions {
  readonly #packument: Packument;
  readonly #lists: readonly GradeList[] = [0, 1, 2, 3, 4].map(() => ({ releases: [], prereleases: [] }));

  private constructor(packument: Packument) {
    this.#packument = packument;
  }

  /** Grades all versions. Versions of one shape have one grade, so one manifest of each shape is read. */
  static *of(packument: Packument, grading: Grading): Generator<undefined, GradedVersions> {
    const graded = new GradedVersions(packument);
    const places = new Map<number, number>();
    const all: Graded[] = [];
    for (let at = 0; at < packument.size; at++) {
      if (at % AT_ONCE === AT_ONCE - 1) yield;
      const version = packument.versionAt(at);
      // Reversed, because of equal versions the last one is the lowest.
      if (version) all.push({ version, entry: at, at: -at });
    }
    const sorted = yield* sortPausing(all, inOrder);
    for (const [index, one] of sorted.entries()) {
      if (index % AT_ONCE === AT_ONCE - 1) yield;
      if (!grading.isCandidate(packument.keyOf(one.entry))) continue;
      const shape = packument.shapeOf(one.entry);
      const place = places.get(shape) ?? readGrade(packument, one.entry, grading);
      places.set(shape, place);
      const { releases, prereleases } = graded.#lists[place] as GradeList;
      (one.version.pre ? prereleases : releases).push(one);
    }
    return graded;
  }

  /** Returns the manifest to pick from a range, or null. @throws InstallError EINVALIDPACKUMENT where the scan throws it */
  best(range: Range): Manifest | null {
    const broken = this.#highest(range, BROKEN);
    const top = this.#highest(range, TOP_GRADE);
    if (broken && (!top || inOrder(broken, top) > 0)) return this.#packument.manifestAt(broken.entry);
    const best = top ?? this.#highest(range, 2) ?? this.#highest(range, 1) ?? this.#highest(range, 0);
    return best && this.#packument.manifestAt(best.entry);
  }

  #highest(range: Range, place: number): Graded | null {
    const { releases, prereleases } = this.#lists[place] as GradeList;
    const admitsPrereleases = namesPrerelease(range);
    let best: Graded | null = null;
    const take = (found: Graded | null): void => {
      if (found && (!best || inOrder(found, best) > 0)) best = found;
    };
    for (const set of range) {
      take(highestIn(releases, set));
      if (!admitsPrereleases) continue;
      for (const { version } of set) if (version.pre) take(highestIn(prereleases, [...set, ...sameTriple(version)]));
    }
    return best;
  }
}

function inOrder(a: Graded, b: Graded): number {
  return compareVersions(a.version, b.version) || a.at - b.at;
}

/** Returns the place of a version's list. */
function readGrade(packument: Packument, entry: number, { gradeOf }: Grading): number {
  try {
    return gradeOf(packument.manifestAt(entry));
  } catch (error) {
    if (error instanceof InstallError) return BROKEN;
    throw error;
  }
}

/** Returns comparators that only the prereleases of a version's `major.minor.patch` satisfy. */
function sameTriple({ major, minor, patch }: Version): Comparator[] {
  return [
    { operator: ">=", version: { major, minor, patch, pre: [0] } },
    { operator: "<", version: { major, minor, patch, pre: null } },
  ];
}

/** Returns the highest version of a list that satisfies all comparators, by binary search. */
function highestIn(list: readonly Graded[], set: readonly Comparator[]): Graded | null {
  const upper: Comparator[] = [];
  for (const { operator, version } of set) {
    if (operator[0] !== ">") upper.push({ operator: operator || "<=", version });
  }
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (testRange([upper], (list[middle] as Graded).version, ENGINES)) low = middle + 1;
    else high = middle;
  }
  const found = list[low - 1];
  return found && testRange([set], found.version, ENGINES) ? found : null;
}
