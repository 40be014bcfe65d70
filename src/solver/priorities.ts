import type { PackageId } from "./incompatibility.ts";
import type { PartialSolution } from "./partial-solution.ts";
import type { VersionSets } from "./version-sets.ts";

/** So many conflicts make a package one to be decided early, or late. */
const OFTEN = 5;

// Decided in this order; among equals the first to become necessary is first.
const FORCED = 0;
const EARLY = 1;
const NORMAL = 2;
const LATE = 3;
const LAST = 4;

/** Which package to decide next. */
export class Priorities {
  readonly #sets: VersionSets;
  readonly #waits: (name: PackageId) => boolean;
  readonly #active: boolean;
  readonly #conflicts = new Map<PackageId, number>();
  readonly #culprits = new Map<PackageId, number>();

  constructor(sets: VersionSets, how: { waits: (name: PackageId) => boolean; active: boolean }) {
    this.#sets = sets;
    this.#waits = how.waits;
    this.#active = how.active;
  }

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
    if (this.#waits(name)) return LAST;
    if (!this.#active) return NORMAL;
    if (this.#sets.count(solution.left(name)) === 1) return FORCED;
    if ((this.#conflicts.get(name) ?? 0) >= OFTEN) return EARLY;
    return (this.#culprits.get(name) ?? 0) >= OFTEN ? LATE : NORMAL;
  }

  /**
   * A package could not be decided because of what was decided before. True the moment either has been in conflict often
   * enough to change places: then it pays to go back to before the earlier one.
   */
  blame(affected: PackageId, culprit: PackageId): boolean {
    const one = count(this.#conflicts, affected);
    const two = count(this.#culprits, culprit);
    return this.#active && (one === OFTEN || two === OFTEN);
  }
}

function count(counts: Map<PackageId, number>, name: PackageId): number {
  const next = (counts.get(name) ?? 0) + 1;
  counts.set(name, next);
  return next;
}
