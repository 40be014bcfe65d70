import type { Incompatibility, PackageId } from "./incompatibility.ts";
import { type DISJOINT, EVERYTHING, NOTHING, OVERLAP, type SetId, SUBSET, type VersionSets } from "./version-sets.ts";

/** A decision or a derivation about one package. */
export interface Assignment<F> {
  readonly package: PackageId;
  /** The states that this assignment alone allows. */
  readonly own: SetId;
  /** The states that remain after this assignment and all earlier ones of the package. */
  readonly remaining: SetId;
  /** The decision level: the number of decisions so far, including this one. */
  readonly level: number;
  readonly index: number;
  /** The incompatibility that a derivation follows from; null for a decision. */
  readonly cause: Incompatibility<F> | null;
  undone: boolean;
}

/** All assignments so far, in order. */
export class PartialSolution<F> {
  readonly #sets: VersionSets;
  readonly #assignments: Assignment<F>[] = [];
  /** Assignments by package, in order. */
  readonly #byPackage: Assignment<F>[][] = [];
  /** Decided versions by package; 0 if undecided. */
  readonly #decided: number[] = [];
  /** The assignments that made a package necessary (it can no longer be absent), in order. */
  readonly #necessary: Assignment<F>[] = [];
  /** The positions of the necessary packages in that list. -1 for a package that is no longer necessary. */
  readonly #positions: number[] = [];
  /** The packages that were assigned, or whose assignments were undone, since {@link takeTouched}. */
  #touched: PackageId[] = [];
  /** Packages in the order of their decisions. */
  readonly #decisionOrder: PackageId[] = [];
  level = 0;

  constructor(sets: VersionSets) {
    this.#sets = sets;
  }

  /** Returns the states that a package can still be in. */
  remaining(name: PackageId): SetId {
    return this.#byPackage[name]?.at(-1)?.remaining ?? EVERYTHING;
  }

  /** Returns the decided version of a package, or 0. */
  decided(name: PackageId): number {
    return this.#decided[name] ?? 0;
  }

  /** Returns the position of an undecided package in the order in which packages became necessary. -1 if it need not be decided. */
  position(name: PackageId): number {
    return this.#decided[name] ? -1 : (this.#positions[name] ?? -1);
  }

  /** Returns the packages that may have changed since the last call. */
  takeTouched(): readonly PackageId[] {
    const touched = this.#touched;
    this.#touched = [];
    return touched;
  }

  /** Yields each necessary package with its decided version. */
  *decisions(): Generator<[PackageId, number]> {
    for (const { package: name } of this.#necessary) yield [name, this.decided(name)];
  }

  decide(name: PackageId, index: number): void {
    this.level++;
    this.#decided[name] = index;
    this.#decisionOrder.push(name);
    this.#assign(name, this.#sets.single(index), null);
  }

  derive(name: PackageId, set: SetId, cause: Incompatibility<F>): void {
    this.#assign(name, set, cause);
  }

  #assign(name: PackageId, own: SetId, cause: Incompatibility<F> | null): void {
    const before = this.remaining(name);
    const remaining = this.#sets.and(before, own);
    const index = this.#assignments.length;
    const assignment: Assignment<F> = {
      package: name,
      own,
      remaining,
      level: this.level,
      index,
      cause,
      undone: false,
    };
    this.#assignments.push(assignment);
    const history = this.#byPackage[name];
    if (history) history.push(assignment);
    else this.#byPackage[name] = [assignment];
    this.#touched.push(name);
    if (this.#sets.has(before, 0) && !this.#sets.has(remaining, 0)) {
      this.#positions[name] = this.#necessary.push(assignment) - 1;
    }
  }

  /** Removes all assignments above a decision level. Returns the number of decisions removed. */
  backtrack(level: number): number {
    const undone = this.level - level;
    for (let last = this.#assignments.at(-1); last && last.level > level; last = this.#assignments.at(-1)) {
      this.#assignments.pop();
      (this.#byPackage[last.package] as Assignment<F>[]).pop();
      if (!last.cause) this.#decided[last.package] = 0;
      if (this.#necessary.at(-1) === last) {
        this.#necessary.pop();
        this.#positions[last.package] = -1;
      }
      this.#touched.push(last.package);
      last.undone = true;
    }
    this.level = level;
    this.#decisionOrder.length = level;
    return undone;
  }

  /** Returns the package whose decision began a level. */
  decisionAt(level: number): PackageId {
    return this.#decisionOrder[level - 1] as PackageId;
  }

  /** Checks whether a term is satisfied (SUBSET), contradicted (DISJOINT) or inconclusive (OVERLAP). */
  relation(name: PackageId, set: SetId): typeof SUBSET | typeof DISJOINT | typeof OVERLAP {
    const remaining = this.remaining(name);
    if (remaining === EVERYTHING) return set === EVERYTHING ? SUBSET : OVERLAP;
    return this.#sets.relation(remaining, set);
  }

  /** Returns the latest assignment of a package. If a term of the package is contradicted, this assignment contradicts it. */
  latest(name: PackageId): Assignment<F> | null {
    return this.#byPackage[name]?.at(-1) ?? null;
  }

  /** Returns the satisfier of a satisfied term: the earliest assignment after which it holds. Null if it always holds. */
  satisfier(name: PackageId, set: SetId): Assignment<F> | null {
    const history = this.#byPackage[name] ?? [];
    // The remaining states only shrink, so a binary search finds the satisfier.
    let low = 0;
    let high = history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sets.relation((history[middle] as Assignment<F>).remaining, set) === SUBSET) high = middle;
      else low = middle + 1;
    }
    return history[low] ?? null;
  }

  /**
   * Returns the level of the previous satisfier within the satisfier's own package: the level from which the satisfier alone
   * is enough for its term. 0 if no earlier assignment of the package is needed.
   */
  previousLevel({ package: name, own, index }: Assignment<F>, set: SetId): number {
    // Earlier assignments must exclude the states that the satisfier allows beyond the term.
    const beyond = this.#sets.and(own, this.#sets.not(set));
    if (beyond === NOTHING) return 0;
    const earlier = this.satisfier(name, this.#sets.not(beyond));
    return earlier && earlier.index < index ? earlier.level : 0;
  }
}
