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
  /** Every necessary package before this position is decided. */
  #firstOpen = 0;
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

  /** Returns the packages that are necessary and undecided, in the order in which they became necessary. */
  undecided(): PackageId[] {
    const necessary = this.#necessary;
    const names: PackageId[] = [];
    for (let at = this.#firstOpen; at < necessary.length; at++) {
      const { package: name } = necessary[at] as Assignment<F>;
      if (!this.#decided[name]) names.push(name);
      else if (at === this.#firstOpen) this.#firstOpen++;
    }
    return names;
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
    if (this.#sets.has(before, 0) && !this.#sets.has(remaining, 0)) this.#necessary.push(assignment);
  }

  /** Removes all assignments above a decision level. Returns the number of decisions removed. */
  backtrack(level: number): number {
    const undone = this.level - level;
    for (let last = this.#assignments.at(-1); last && last.level > level; last = this.#assignments.at(-1)) {
      this.#assignments.pop();
      (this.#byPackage[last.package] as Assignment<F>[]).pop();
      if (!last.cause) this.#decided[last.package] = 0;
      if (this.#necessary.at(-1) === last) this.#necessary.pop();
      last.undone = true;
    }
    if (undone > 0) this.#firstOpen = 0;
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
