import { StepCounter } from "./step-counter.ts";

/** The id of an interned set. Equal sets have equal ids. */
export type SetId = number;

/** One above the highest possible index. A set that reaches END contains all versions that are not known yet. */
export const END = 0x7fff_ffff;

// Index 0 is the state "absent". Terms therefore have no sign: the negation of a term has the complement of its set.
export const EVERYTHING: SetId = 0;
export const NOTHING: SetId = 1;
export const ABSENT: SetId = 2;
/** Any version. */
export const PRESENT: SetId = 3;

export const DISJOINT = 1;
export const SUBSET = 2;
export const OVERLAP = 3;
export type Relation = typeof DISJOINT | typeof SUBSET | typeof OVERLAP;

/** The size of a cache. A pair replaces an older pair of the same slot. */
const SLOTS = 1 << 14;

/** Caches a number for pairs of ids: the latest pair of each slot. */
class PairCache {
  readonly #left = new Int32Array(SLOTS).fill(-1);
  readonly #right = new Int32Array(SLOTS);
  readonly #values = new Int32Array(SLOTS);

  /** Returns the value of a pair, or -1. */
  get(a: number, b: number): number {
    const slot = slotOf(a, b);
    return this.#left[slot] === a && this.#right[slot] === b ? (this.#values[slot] as number) : -1;
  }

  set(a: number, b: number, value: number): void {
    const slot = slotOf(a, b);
    this.#left[slot] = a;
    this.#right[slot] = b;
    this.#values[slot] = value;
  }
}

function slotOf(a: number, b: number): number {
  return (Math.imul(a, 0x9e37_79b1) ^ Math.imul(b, 0x85eb_ca6b)) >>> 18;
}

/**
 * Sets of version indices, stored as half-open intervals: `[1, 4, 6, 7]` is 1, 2, 3 and 6. A set does not refer to a package, so
 * one table serves all packages. Each distinct set is stored once (interned). Results for pairs of sets are cached by their ids.
 */
export class VersionSets {
  readonly #bounds: (readonly number[])[] = [];
  /** A hash table with linear probing: each slot holds an id plus one, or 0. Its size is a power of two, at most half full. */
  #slots: Int32Array = new Int32Array(1 << 10);
  readonly #complements: SetId[] = [];
  readonly #and: PairCache | null;
  readonly #relations: PairCache | null;
  /** Counts the intervals that operations read. */
  readonly counter: StepCounter = new StepCounter();

  /** @param remembers false only to measure the effect of the caches */
  constructor(remembers = true) {
    this.#and = remembers ? new PairCache() : null;
    this.#relations = remembers ? new PairCache() : null;
    for (const bounds of [[0, END], [], [0, 1], [1, END]]) this.of(bounds);
  }

  get size(): number {
    return this.#bounds.length;
  }

  /** Returns the set of some intervals, which must be ascending, not empty and not adjacent. */
  of(bounds: readonly number[]): SetId {
    this.counter.steps += bounds.length;
    let slot = this.#slot(bounds);
    const known = this.#slots[slot] as number;
    if (known > 0) return known - 1;
    const id = this.#bounds.push(bounds) - 1;
    if (2 * id > this.#slots.length) {
      this.#slots = new Int32Array(4 * this.#slots.length);
      for (let at = 0; at < id; at++) this.#slots[this.#slot(this.bounds(at))] = at + 1;
      slot = this.#slot(bounds);
    }
    this.#slots[slot] = id + 1;
    return id;
  }

  /** Returns the slot of some intervals: the slot that holds them, or a free one. */
  #slot(bounds: readonly number[]): number {
    const mask = this.#slots.length - 1;
    let hash = 0;
    for (const bound of bounds) hash = Math.imul(hash ^ bound, 0x9e37_79b1) ^ (hash >>> 15);
    let slot = (hash ^ (hash >>> 16)) & mask;
    for (let id = this.#slots[slot] as number; id > 0; id = this.#slots[slot] as number) {
      if (areEqual(this.bounds(id - 1), bounds)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  single(index: number): SetId {
    return this.of([index, index + 1]);
  }

  bounds(id: SetId): readonly number[] {
    return this.#bounds[id] as readonly number[];
  }

  has(id: SetId, index: number): boolean {
    const bounds = this.bounds(id);
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bounds[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    // An odd number of bounds at or below the index: it is between a start and its end.
    return (low & 1) === 1;
  }

  /** Checks whether a set has exactly one index. */
  isSingle(id: SetId): boolean {
    const bounds = this.bounds(id);
    return bounds.length === 2 && bounds[1] === (bounds[0] as number) + 1;
  }

  not(id: SetId): SetId {
    let complement = this.#complements[id];
    if (complement === undefined) {
      const bounds = this.bounds(id);
      const first = bounds[0] === 0 ? bounds.slice(1) : [0, ...bounds];
      complement = this.of(first.at(-1) === END ? first.slice(0, -1) : [...first, END]);
      this.#complements[id] = complement;
      this.#complements[complement] = id;
    }
    return complement;
  }

  and(a: SetId, b: SetId): SetId {
    if (a === b || b === EVERYTHING) return a;
    if (a === EVERYTHING) return b;
    if (a === NOTHING || b === NOTHING) return NOTHING;
    if (a > b) return this.and(b, a);
    const known = this.#and?.get(a, b) ?? -1;
    if (known >= 0) return known;
    const [one, other] = [this.bounds(a), this.bounds(b)];
    this.counter.steps += one.length + other.length;
    const both = this.of(intersect(one, other));
    this.#and?.set(a, b, both);
    return both;
  }

  or(a: SetId, b: SetId): SetId {
    return this.not(this.and(this.not(a), this.not(b)));
  }

  /** Compares two sets: `a` is disjoint from `b`, a subset of it, or overlaps it. NOTHING is a subset of every set. */
  relation(a: SetId, b: SetId): Relation {
    if (a === b || b === EVERYTHING || a === NOTHING) return SUBSET;
    if (b === NOTHING) return DISJOINT;
    const known = this.#relations?.get(a, b) ?? -1;
    if (known >= 0) return known as Relation;
    const [one, other] = [this.bounds(a), this.bounds(b)];
    this.counter.steps += one.length + other.length;
    const relation = relate(one, other);
    this.#relations?.set(a, b, relation);
    return relation;
  }
}

/** Returns the intervals of some indices, which may be in any order. */
export function boundsOf(indices: Iterable<number>): number[] {
  const bounds: number[] = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    if (bounds.at(-1) === index) bounds[bounds.length - 1] = index + 1;
    else bounds.push(index, index + 1);
  }
  return bounds;
}

/** Returns the union of lists of intervals. The intervals of all lists may overlap. */
export function unionOf(lists: readonly (readonly number[])[]): number[] {
  const [only] = lists;
  if (only && lists.length === 1) return [...only];
  const intervals: [low: number, high: number][] = [];
  for (const list of lists) {
    for (let at = 0; at < list.length; at += 2) intervals.push([list[at] as number, list[at + 1] as number]);
  }
  return joined(intervals);
}

/** Sorts intervals, and joins those that touch. */
export function joined(intervals: [low: number, high: number][]): number[] {
  intervals.sort(([a], [b]) => a - b);
  const bounds: number[] = [];
  for (const [low, high] of intervals) {
    const last = bounds.length - 1;
    if (last > 0 && (bounds[last] as number) >= low) bounds[last] = Math.max(bounds[last] as number, high);
    else bounds.push(low, high);
  }
  return bounds;
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function intersect(a: readonly number[], b: readonly number[]): number[] {
  const both: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const endA = a[i + 1] as number;
    const endB = b[j + 1] as number;
    const low = Math.max(a[i] as number, b[j] as number);
    const high = Math.min(endA, endB);
    if (low < high) both.push(low, high);
    if (endA <= endB) i += 2;
    if (endB <= endA) j += 2;
  }
  return both;
}

/** Compares two sets that are not empty. */
function relate(a: readonly number[], b: readonly number[]): Relation {
  let inside = false;
  let outside = false;
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    const low = a[i] as number;
    const high = a[i + 1] as number;
    while (j < b.length && (b[j + 1] as number) <= low) j += 2;
    const meets = j < b.length && (b[j] as number) < high;
    if (meets) inside = true;
    // [2, 5) in [1, 9) is covered; [2, 5) in [3, 9) is not
    if (!meets || (b[j] as number) > low || (b[j + 1] as number) < high) outside = true;
    if (inside && outside) return OVERLAP;
  }
  return inside ? SUBSET : DISJOINT;
}
