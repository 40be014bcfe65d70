import type { PackageId } from "./incompatibility.ts";
import type { PartialSolution } from "./partial-solution.ts";
import type { VersionSets } from "./version-sets.ts";

/** The number of conflicts after which a package is decided earlier or later than the others. */
const OFTEN = 5;

// Packages are decided in this order. Among equals, the package that became necessary first is decided first.
const FORCED = 0;
const EARLY = 1;
const NORMAL = 2;
const LATE = 3;
const LAST = 4;

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

  constructor(sets: VersionSets, options: { isDeferred: (name: PackageId) => boolean; active: boolean }) {
    this.#sets = sets;
    this.#isDeferred = options.isDeferred;
    this.#active = options.active;
  }

  /** Returns the package to decide next; null if every necessary package is decided. */
  next<F>(solution: PartialSolution<F>): PackageId | null {
    let best: PackageId | null = null;
    let bestRank = LAST + 1;
    for (const name of solution.undecided()) {
      const rank = this.#rank(name, solution);
      if (rank >= bestRank) continue;
      best = name;
      bestRank = rank;
      if (rank === FORCED) break;
    }
    return best;
  }

  #rank<F>(name: PackageId, solution: PartialSolution<F>): number {
    if (this.#isDeferred(name)) return LAST;
    if (!this.#active) return NORMAL;
    if (this.#sets.count(solution.remaining(name)) === 1) return FORCED;
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
    return this.#active && (affectedCount === OFTEN || culpritCount === OFTEN);
  }
}

function increment(counts: Map<PackageId, number>, name: PackageId): number {
  const next = (counts.get(name) ?? 0) + 1;
  counts.set(name, next);
  return next;
}
