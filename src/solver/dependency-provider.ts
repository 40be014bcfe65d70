import type { PackageId } from "./incompatibility.ts";
import type { PartialSolution } from "./partial-solution.ts";
import type { SetId } from "./version-sets.ts";

/** A requirement of some versions of one package on another package. */
export interface Requirement<F> {
  /** The dependent: usually the package just chosen, or one whose requirement was postponed until now. */
  readonly of: PackageId;
  /** The versions of the dependent that have this requirement. */
  readonly versions: SetId;
  readonly package: PackageId;
  /** The states of `package` that satisfy the requirement. If "absent" is among them, the package may be missing. */
  readonly allowed: SetId;
  /** The fact behind the requirement, for the proof. */
  readonly fact: F;
}

/** Tells the solver about packages. `N` is a need that the caller must answer, `A` is the answer. */
export interface DependencyProvider<F, N, A> {
  /** The need that the solver yields now and then, so that other work can run. It needs no answer. */
  readonly pause: N;
  /** Returns the version to try first, out of a set. May depend on the partial solution, but not on the order in which data arrives. */
  chooseVersion(name: PackageId, set: SetId, solution: PartialSolution<F>): Generator<N, number, A>;
  /**
   * Returns the requirements of a version, without those returned before. Yields a need for each missing piece of data, so the
   * result and the path of the search do not depend on the order in which data arrives.
   */
  requirements(name: PackageId, index: number): Generator<N, readonly Requirement<F>[], A>;
  /** Checks whether a package must be decided after all others. */
  isDeferred(name: PackageId): boolean;
}
