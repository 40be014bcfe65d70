import type { Assignment } from "./partial-solution.ts";
import { EVERYTHING, type SetId, type VersionSets } from "./version-sets.ts";

/** A package's number. The project is {@link ROOT}. */
export type PackageId = number;
export const ROOT: PackageId = 0;
/** The project's only version. */
export const ROOT_VERSION = 1;

/** An incompatibility is either external (a fact about packages) or derived from two others by conflict resolution. */
export type Cause<F> =
  | { readonly fact: F }
  | { readonly conflict: Incompatibility<F>; readonly other: Incompatibility<F>; readonly pivot: PackageId };

/**
 * Terms that cannot all hold. Term number `i` says that `packages[i]` is in one of the states `sets[i]`, which
 * are versions and "absent".
 *
 * - "a ^1 depends on b ^2" is `{ a ∈ ^1, b ∉ ^2 }`. The states outside of ^2 include "absent".
 * - "a ^1 has the optional peer b ^2" is `{ a ∈ ^1, b ∉ ^2 and b is not absent }`.
 */
export interface Incompatibility<F> {
  readonly packages: readonly PackageId[];
  readonly sets: readonly SetId[];
  readonly cause: Cause<F>;
  /** The assignment that contradicts a term. Until it is undone, nothing can be derived from this incompatibility. */
  contradictedBy: Assignment<F> | null;
}

export function incompatibility<F>(terms: ReadonlyMap<PackageId, SetId>, cause: Cause<F>): Incompatibility<F> {
  return { packages: [...terms.keys()], sets: [...terms.values()], cause, contradictedBy: null };
}

/**
 * Returns the prior cause of two incompatibilities that both have a term of `pivot`: the rule of resolution.
 *
 *     not (A and p ∈ x),  not (B and p ∈ y)   →   not (A and B and p ∈ x ∪ y)
 *
 * If x ∪ y is every state of p, the result has no term of p.
 */
export function priorCause<F>(
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

/** Checks whether an incompatibility rules out the project itself: then version solving has failed. */
export function isFailure<F>({ packages }: Incompatibility<F>): boolean {
  return packages.every((name) => name === ROOT);
}
