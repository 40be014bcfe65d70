import type { PackageId } from "./incompatibility.ts";
import type { PartialSolution } from "./partial-solution.ts";
import type { SetId } from "./version-sets.ts";

/** What some versions of a package ask of another. */
export interface Requirement<F> {
  /** Who asks: the package being decided, or one whose wish could not be told before. */
  readonly of: PackageId;
  /** The versions that ask. */
  readonly versions: SetId;
  readonly package: PackageId;
  /** What satisfies it. With "absent" in it, it brings nothing in. */
  readonly allowed: SetId;
  readonly fact: F;
}

/** What the search is told of the world. `N` and `A`: what must be waited for, and what comes of it. */
export interface DependencyProvider<F, N, A> {
  /** Which of these versions to try first: an index. It may look at what was decided, never at what has come in meanwhile. */
  pick(name: PackageId, set: SetId, solution: PartialSolution<F>): number;
  /**
   * What this version asks, less what was told before. Stops for whatever it takes to tell, so that neither the answer nor
   * the way to it depends on what comes in first.
   */
  requirements(name: PackageId, index: number): Generator<N, readonly Requirement<F>[], A>;
  /** Whether the package should wait until nothing else is left to decide. */
  waits(name: PackageId): boolean;
}
