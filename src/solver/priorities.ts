import type { PackageId } from "./incompatibility.ts";
import type { PartialSolution } from "./partial-solution.ts";
import { PositionSet } from "./position-set.ts";
import type { VersionSets } from "./version-sets.ts";

/** The number of conflicts after which a package is decided earlier or later than the others. */
const OFTEN = 5;

// Packages are decided in this order. Among equals, the package that became necessary first is decided first.
const FORCED = 0;
const EARLY = 1;
const NORMAL = 2;
const LATE = 3;
const LAST = 4;
const RANKS = 5;

/**
 * Chooses the package to decide next (solver.md, "Deciding"):
 *
 * 1. FORCED: a package with one version left.
 * 2. EARLY: a package that earlier decisions have blocked five times.
 * 3. NORMAL: any other package.
 * 4. LATE: a package that has blocked others five times.
 * 5. LAST: a package that the provider defers, even if it has one version left.
 */
export class Priorities {
  readonly #sets: VersionSets;
  readonly #isDeferred: (name: PackageId) => boolean;
  readonly #active: boolean;
  readonly #affectedCounts = new Map<PackageId, number>();
  readonly #culpritCounts = new Map<PackageId, number>();
  /** The undecided packages of each rank, by their positions in the order in which they became necessary. */
  readonly #waiting: readonly PositionSet[] = [FORCED, EARLY, NORMAL, LATE, LAST].map(() => new PositionSet());
  /** The packages at these positions. */
  readonly #packages: PackageId[] = [];
  /** For each waiting package: its position times {@link RANKS}, plus its rank. -1 for the others. */
  readonly #places: number[] = [];
  /** Packages whose counts have changed their rank. */
  #reranked: PackageId[] = [];

  constructor(sets: VersionSets, options: { isDeferred: (name: PackageId) => boolean; active: boolean }) {
    this.#sets = sets;
    this.#isDeferred = options.isDeferred;
    this.#active = options.active;
  }

  /** Returns the package to decide next; null if every necessary package is decided. */
  next<F>(solution: PartialSolution<F>): PackageId | null {
    const touched = solution.takeTouched();
    this.#sets.counter.steps += touched.length;
    // Those that no longer wait must leave their positions before others take them.
    for (const name of touched) this.#remove(name);
    for (const name of this.#reranked) this.#remove(name);
    for (const name of touched) this.#add(name, solution);
    for (const name of this.#reranked) this.#add(name, solution);
    this.#reranked = [];
    for (const waiting of this.#waiting) {
      const first = waiting.first();
      if (first >= 0) return this.#packages[first] as PackageId;
    }
    return null;
  }

  #remove(name: PackageId): void {
    const place = this.#places[name] ?? -1;
    if (place < 0) return;
    this.#places[name] = -1;
    this.#waiting[place % RANKS]?.delete(Math.floor(place / RANKS));
  }

  #add<F>(name: PackageId, solution: PartialSolution<F>): void {
    const position = solution.position(name);
    if (position < 0 || (this.#places[name] ?? -1) >= 0) return;
    const rank = this.#rank(name, solution);
    this.#packages[position] = name;
    this.#places[name] = position * RANKS + rank;
    this.#waiting[rank]?.add(position);
  }

  #rank<F>(name: PackageId, solution: PartialSolution<F>): number {
    if (this.#isDeferred(name)) return LAST;
    if (!this.#active) return NORMAL;
    if (this.#sets.isSingle(solution.remaining(name))) return FORCED;
    if ((this.#affectedCounts.get(name) ?? 0) >= OFTEN) return EARLY;
    return (this.#culpritCounts.get(name) ?? 0) >= OFTEN ? LATE : NORMAL;
  }

  /**
   * Counts a conflict: the decision of `culprit` blocks `affected`. Returns true if this conflict brings either count to the
   * limit. Then `affected` is decided before `culprit`, and the search should return to before the culprit's decision.
   */
  blame(affected: PackageId, culprit: PackageId): boolean {
    const affectedCount = increment(this.#affectedCounts, affected);
    const culpritCount = increment(this.#culpritCounts, culprit);
    if (affectedCount === OFTEN) this.#reranked.push(affected);
    if (culpritCount === OFTEN) this.#reranked.push(culprit);
    return this.#active && (affectedCount === OFTEN || culpritCount === OFTEN);
  }
}

function increment(counts: Map<PackageId, number>, name: PackageId): number {
  const next = (counts.get(name) ?? 0) + 1;
  counts.set(name, next);
  return next;
}
