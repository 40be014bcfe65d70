import type { Failure } from "../../../src/api/failure.ts";
import { failure } from "../../../src/errors/failure.ts";
import type { Point } from "../../../workers/shared/interleave.ts";
import type { MemorySizes, SharedMemory } from "../../../workers/shared/shared-memory.ts";

/** What a run puts a map through. */
export interface Plan {
  keys: number;
  sizes: MemorySizes;
  publishers: number;
  /** Threads that sleep for each key. */
  sleepers: number;
  /**
   * Threads that wait for many keys at once without sleeping; the one that directs is one more. Every second one has no
   * `Atomics.waitAsync`.
   */
  watchers: number;
  /** How often a thread is held at a point, of 1. */
  held: number;
  /** The map is closed when so much work has begun. */
  closesAt?: number;
}

/** Keys that are to be worked on: `next` is taken by publishers, `last` by whoever registers. An entry is a key's index + 1. */
export const NEXT = 0;
export const LAST = 1;
export const STOP = 2;
export const ENTRIES = 4;

/** What the threads of one run share beside the map. */
export interface Shared {
  memory: SharedMemory;
  queue: Int32Array;
  /** How often each key was worked on. */
  attempts: Int32Array;
  flags: Int32Array;
}

/** Words of `flags`: 1 once the victim is held; how often anybody went to sleep or to wait. */
export const HELD = 0;
export const ASLEEP = 1;

export type Role = "publisher" | "sleeper" | "watcher" | "victim" | "mourner";

export type Order =
  | { to: "start"; role: Role; plan: Plan; shared: Shared; seed: number; point?: Point | undefined }
  | { to: "chunk"; index: number; chunk: SharedArrayBuffer };

export type Reply = { of: "need"; bytes: number } | { of: "end"; tally: Tally } | { of: "error"; message: string };

/** What a waiter saw. */
export interface Tally {
  values: number;
  failures: number;
  /** Failures that no memory was left to tell. */
  lost: number;
  /** Keys whose work this thread came to own. */
  owned: number;
  /** Chunks it had to wait for. */
  missed: number;
  /** Keys that ended with the map. */
  ended: number;
  /** How often it went to sleep, or to wait, and was held at a point. */
  slept: number;
  held: number;
}

export const tally = (): Tally => ({
  values: 0,
  failures: 0,
  lost: 0,
  owned: 0,
  missed: 0,
  ended: 0,
  slept: 0,
  held: 0,
});

export const keyOf = (index: number): string => `packument|ключ${index % 7 ? "" : "/包".repeat(index % 5)}|${index}`;

/** How often the work of a key fails before it is done. */
export const failuresOf = (index: number): number => (index % 50 === 7 ? 3 : index % 10 === 3 ? 1 : 0);

/** Keys that their first owner fails while a publisher does them. */
export const isContested = (index: number): boolean => index % 20 === 9;
/** In the count of a contested key's attempts: it has been failed by its owner. */
export const CONTESTED = 1 << 16;

export const failureOf = (index: number, attempt: number): Failure => failure("E404", `${keyOf(index)}#${attempt}`);

const lengthOf = (index: number): number => (index % 997 === 5 ? 20_000 : (index * 7919) % 160);

export function payloadOf(index: number): Uint8Array {
  return Uint8Array.from({ length: lengthOf(index) }, (_, at) => byteOf(index, at));
}

const byteOf = (index: number, at: number): number => (index * 31 + at * 17 + (index >>> 8)) & 255;

/** Undefined: the bytes are those of the key. */
export function wrongPayload(index: number, bytes: Uint8Array): string | undefined {
  if (bytes.byteOffset % 8) return `${keyOf(index)} is not aligned`;
  if (bytes.length !== lengthOf(index)) return `${keyOf(index)} has ${bytes.length} bytes`;
  const wrong = bytes.findIndex((byte, at) => byte !== byteOf(index, at));
  return wrong < 0 ? undefined : `${keyOf(index)} is wrong at ${wrong}`;
}

/** Numbers from 0 up to 1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** All keys, almost in order: each thread comes to them in its own, and most of them at about the same time. */
export function orderOf(keys: number, next: () => number): number[] {
  const order = Array.from({ length: keys }, (_, index) => index);
  for (let index = 0; index < keys; index++) {
    const other = Math.min(keys - 1, index + Math.floor(next() * 16));
    [order[index], order[other]] = [order[other] as number, order[index] as number];
  }
  return order;
}
