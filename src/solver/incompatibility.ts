import type { Assignment } from "./partial-solution.ts";
import { EVERYTHING, type SetId, type VersionSets } from "./version-sets.ts";

/** A package's number. The project is {@link ROOT}. */
export type PackageId = number;
export const ROOT: PackageId = 0;
/** The project's only version. */
export const ROOT_VERSION = 1;

/** Where an incompatibility is from: something that is so, or two others that it follows from. */
export type Cause<F> =
  | { readonly fact: F }
  | { readonly conflict: Incompatibility<F>; readonly other: Incompatibility<F>; readonly pivot: PackageId };

/**
 * Terms that cannot all hold: `packages[i]` is one of `sets[i]`, where to be absent counts among the things a package can be.
 *
 * `a ^1 depends on b ^2` is `{ a ∈ ^1, b ∈ not ^2 }`, and that `not` has "absent" in it; `a has the optional peer b ^2` is
 * `{ a ∈ ^1, b ∈ not ^2 and not absent }`.
 */
export interface Incompatibility<F> {
  readonly packages: readonly PackageId[];
  readonly sets: readonly SetId[];
  readonly cause: Cause<F>;
  /** What contradicted one of its terms: nothing follows from it as long as that stands. */
  refuted: Assignment<F> | null;
}

export function incompatibility<F>(terms: ReadonlyMap<PackageId, SetId>, cause: Cause<F>): Incompatibility<F> {
  return { packages: [...terms.keys()], sets: [...terms.values()], cause, refuted: null };
}

/**
 * What follows from two incompatibilities that have a term of `pivot` each: not (A and p ∈ x) and not (B and p ∈ y) make
 * not (A and B and p ∈ x or y). Where x or y is all that p can be, nothing is said of p any more.
 */
export function resolvent<F>(
  conflict: Incompatibility<F>,
  other: Incompatibility<F>,
  { pivot, sets }: { pivot: PackageId; sets: VersionSets },
): Incompatibility<F> {
  const terms = new Map<PackageId, SetId>();
  for (const { packages, sets: own } of [conflict, other]) {
    for (const [at, name] of packages.entries()) {
      const set = own[at] as SetId;
      const known = terms.get(name);
      if (known === undefined) terms.set(name, set);
      else terms.set(name, name === pivot ? sets.or(known, set) : sets.and(known, set));
    }
  }
  if (terms.get(pivot) === EVERYTHING) terms.delete(pivot);
  return incompatibility(terms, { conflict, other, pivot });
}

/** Whether it says that the project itself cannot be. */
export function refutesRoot<F>({ packages }: Incompatibility<F>): boolean {
  return packages.every((name) => name === ROOT);
}
