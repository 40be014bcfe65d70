import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ABSENT,
  boundsOf,
  DISJOINT,
  END,
  EVERYTHING,
  NOTHING,
  OVERLAP,
  PRESENT,
  SUBSET,
  VersionSets,
} from "../../src/solver/version-sets.ts";

/** The tested indices. One more index stands for all higher ones. */
const SIZE = 24;

/** Some of the indices, and whether the set contains all higher ones. */
const members = fc.tuple(fc.uniqueArray(fc.nat(SIZE - 1)), fc.boolean());
type Members = [number[], boolean];

function setOf([indices, open]: Members, sets: VersionSets): number {
  const known = sets.of(boundsOf(indices));
  if (!open) return known;
  const beyond = sets.not(sets.of([0, SIZE]));
  return sets.or(known, beyond);
}

function listed(id: number, sets: VersionSets): boolean[] {
  return Array.from({ length: SIZE + 1 }, (_, index) => sets.has(id, index));
}

test("law: operations agree with the definitions of sets, cached or not", () => {
  fc.assert(
    fc.property(members, members, fc.boolean(), (one, two, remembers) => {
      const sets = new VersionSets(remembers);
      const [a, b] = [setOf(one, sets), setOf(two, sets)];
      const [as, bs] = [listed(a, sets), listed(b, sets)];
      // The second time reads the cache.
      for (let time = 0; time < 2; time++) {
        expect(listed(sets.and(a, b), sets)).toEqual(as.map((has, at) => has && bs[at]));
        expect(listed(sets.or(a, b), sets)).toEqual(as.map((has, at) => has || bs[at]));
        expect(listed(sets.not(a), sets)).toEqual(as.map((has) => !has));
        const inside = as.every((has, at) => !has || bs[at]);
        const apart = as.every((has, at) => !has || !bs[at]);
        expect(sets.relation(a, b)).toBe(inside ? SUBSET : apart ? DISJOINT : OVERLAP);
      }
      expect(sets.not(sets.not(a))).toBe(a);
      expect(sets.and(a, b)).toBe(sets.and(b, a));
      expect(a === b).toBe(as.every((has, at) => has === bs[at]));
    }),
  );
});

test("the named sets", () => {
  const sets = new VersionSets();
  expect(sets.of([0, 1])).toBe(ABSENT);
  expect(sets.not(ABSENT)).toBe(PRESENT);
  expect(sets.not(NOTHING)).toBe(EVERYTHING);
  expect(sets.or(ABSENT, PRESENT)).toBe(EVERYTHING);
  expect(sets.and(ABSENT, PRESENT)).toBe(NOTHING);
  expect([[], [3, 4], [1, 4], [3, 4, 6, 7], [3, END]].map((bounds) => sets.isSingle(sets.of(bounds)))).toEqual([
    ...[false, true, false, false, false],
  ]);
});

test("pairs that share a slot of the cache do not get each other's result", () => {
  const sets = new VersionSets();
  const ids = Array.from({ length: 150 }, (_, at) => sets.of([at, at + 3, at + 5, at + 9]));
  const wrong: number[][] = [];
  for (const a of ids) {
    for (const b of ids) {
      const [one, two] = [sets.bounds(a)[0] as number, sets.bounds(b)[0] as number];
      const own = (at: number, from: number): boolean =>
        (at >= from && at < from + 3) || (at >= from + 5 && at < from + 9);
      const both = Array.from({ length: 9 }, (_, at) => one + at).filter((at) => own(at, one) && own(at, two));
      if (sets.and(a, b) !== sets.of(boundsOf(both))) wrong.push([one, two]);
    }
  }
  expect(wrong).toEqual([]);
});
