import type { Incompatibility, PackageId } from "./incompatibility.ts";
import { type DISJOINT, EVERYTHING, NOTHING, OVERLAP, type SetId, SUBSET, type VersionSets } from "./version-sets.ts";

/** One thing that was decided or derived of a package. */
export interface Assignment<F> {
  readonly package: PackageId;
  /** What it says. */
  readonly own: SetId;
  /** What it and all before it leave of the package. */
  readonly all: SetId;
  /** How many decisions stood when it was made, itself among them. */
  readonly level: number;
  readonly index: number;
  /** Null for a decision. */
  readonly cause: Incompatibility<F> | null;
  undone: boolean;
}

/** What was decided and derived so far, in its order. */
export class PartialSolution<F> {
  readonly #sets: VersionSets;
  readonly #assignments: Assignment<F>[] = [];
  /** By package, in order. */
  readonly #histories: Assignment<F>[][] = [];
  /** Decided versions by package; 0 where undecided. */
  readonly #decided: number[] = [];
  /** What made a package necessary, in that order. */
  readonly #necessary: Assignment<F>[] = [];
  /** So many of the first of those are decided, at least. */
  #settled = 0;
  /** Packages in the order they were decided. */
  readonly #order: PackageId[] = [];
  level = 0;

  constructor(sets: VersionSets) {
    this.#sets = sets;
  }

  /** What a package can still be. */
  left(name: PackageId): SetId {
    return this.#histories[name]?.at(-1)?.all ?? EVERYTHING;
  }

  /** The version of a package that was decided, or 0. */
  decided(name: PackageId): number {
    return this.#decided[name] ?? 0;
  }

  /** Packages that must be there, the first to become so first, and no version is decided. */
  undecided(): PackageId[] {
    const necessary = this.#necessary;
    const names: PackageId[] = [];
    for (let at = this.#settled; at < necessary.length; at++) {
      const { package: name } = necessary[at] as Assignment<F>;
      if (!this.#decided[name]) names.push(name);
      else if (at === this.#settled) this.#settled++;
    }
    return names;
  }

  /** Packages and versions that were decided. */
  *decisions(): Generator<[PackageId, number]> {
    for (const { package: name } of this.#necessary) yield [name, this.decided(name)];
  }

  decide(name: PackageId, index: number): void {
    this.level++;
    this.#decided[name] = index;
    this.#order.push(name);
    this.#assign(name, this.#sets.single(index), null);
  }

  derive(name: PackageId, set: SetId, cause: Incompatibility<F>): void {
    this.#assign(name, set, cause);
  }

  #assign(name: PackageId, own: SetId, cause: Incompatibility<F> | null): void {
    const before = this.left(name);
    const all = this.#sets.and(before, own);
    const index = this.#assignments.length;
    const assignment: Assignment<F> = { package: name, own, all, level: this.level, index, cause, undone: false };
    this.#assignments.push(assignment);
    const history = this.#histories[name];
    if (history) history.push(assignment);
    else this.#histories[name] = [assignment];
    if (this.#sets.has(before, 0) && !this.#sets.has(all, 0)) this.#necessary.push(assignment);
  }

  /** Takes back all that was made at levels above this one. How many decisions those were. */
  backtrack(level: number): number {
    const undone = this.level - level;
    for (let last = this.#assignments.at(-1); last && last.level > level; last = this.#assignments.at(-1)) {
      this.#assignments.pop();
      (this.#histories[last.package] as Assignment<F>[]).pop();
      if (!last.cause) this.#decided[last.package] = 0;
      if (this.#necessary.at(-1) === last) this.#necessary.pop();
      last.undone = true;
    }
    if (undone > 0) this.#settled = 0;
    this.level = level;
    this.#order.length = level;
    return undone;
  }

  /** The package whose decision began this level. */
  decisionAt(level: number): PackageId {
    return this.#order[level - 1] as PackageId;
  }

  /** How a term stands: true, impossible, or open. */
  relation(name: PackageId, set: SetId): typeof SUBSET | typeof DISJOINT | typeof OVERLAP {
    const left = this.left(name);
    return left === EVERYTHING ? (set === EVERYTHING ? SUBSET : OVERLAP) : this.#sets.relation(left, set);
  }

  /** The assignment that made a term impossible. */
  refuter(name: PackageId): Assignment<F> | null {
    return this.#histories[name]?.at(-1) ?? null;
  }

  /** The first assignment with which a term holds, given that it does; null for one that always does. */
  satisfier(name: PackageId, set: SetId): Assignment<F> | null {
    const history = this.#histories[name] ?? [];
    // What is left only shrinks, so halving finds the place.
    let low = 0;
    let high = history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sets.relation((history[middle] as Assignment<F>).all, set) === SUBSET) high = middle;
      else low = middle + 1;
    }
    return history[low] ?? null;
  }

  /** The level by which a term holds once this assignment is taken for granted: 0 where nothing else is needed. */
  levelWithout({ package: name, own, index }: Assignment<F>, set: SetId): number {
    // the rest must keep out of what the assignment leaves beyond the term
    const beyond = this.#sets.and(own, this.#sets.not(set));
    if (beyond === NOTHING) return 0;
    const earlier = this.satisfier(name, this.#sets.not(beyond));
    return earlier && earlier.index < index ? earlier.level : 0;
  }
}
