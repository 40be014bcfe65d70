import type { Failure } from "../../../src/api/failure.ts";
import { failure } from "../../../src/errors/failure.ts";
import type { Point } from "../../../workers/shared/interleave.ts";
import type { MemorySizes, SharedMemory } from "../../../workers/shared/shared-memory.ts";

/** The work of one run. */
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
  /** The probability that a thread is held at a point. */
  held: number;
  /** The amount of started work at which the map is closed. */
  closesAt?: number;
}

/** The queue of keys to work on. Publishers take at `NEXT`; owners append at `LAST`. An entry is a key's index + 1. */
export const NEXT = 0;
export const LAST = 1;
export const STOP = 2;
export const ENTRIES = 4;

/** The memory that the threads of one run share. */
export interface Shared {
  memory: SharedMemory;
  queue: Int32Array;
  /** By key: the number of attempts. */
  attempts: Int32Array;
  flags: Int32Array;
}

/** Words of `flags`: 1 once the victim is held, and the number of sleeps and waits of all threads. */
export const HELD = 0;
export const ASLEEP = 1;

export type Role = "publisher" | "sleeper" | "watcher" | "victim" | "survivor";

export type Order =
  | { kind: "start"; role: Role; plan: Plan; shared: Shared; seed: number; point?: Point | undefined }
  | { kind: "chunk"; index: number; chunk: SharedArrayBuffer };

export type Reply =
  | { kind: "need"; bytes: number }
  | { kind: "end"; tally: Tally }
  | { kind: "error"; message: string };

/** The counts of a waiting thread. */
export interface Tally {
  values: number;
  failures: number;
  /** Failures that were lost for lack of memory. */
  lost: number;
  /** Keys whose work this thread owned. */
  owned: number;
  /** Chunks that it waited for. */
  missed: number;
  /** Keys that ended when the map was closed. */
  ended: number;
  /** The number of sleeps or waits, and of times it was held at a point. */
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

/** Returns how often the work of a key fails before it succeeds. */
export const failuresOf = (index: number): number => (index % 50 === 7 ? 3 : index % 10 === 3 ? 1 : 0);

/** Checks whether the first owner of a key fails it while a publisher works on it. */
export const isContested = (index: number): boolean => index % 20 === 9;
/** A flag in the attempts of a contested key: its owner has failed it. */
export const CONTESTED = 1 << 16;

export const failureOf = (index: number, attempt: number): Failure => failure("E404", `${keyOf(index)}#${attempt}`);

const lengthOf = (index: number): number => (index % 997 === 5 ? 20_000 : (index * 7919) % 160);

export function payloadOf(index: number): Uint8Array {
  return Uint8Array.from({ length: lengthOf(index) }, (_, at) => byteOf(index, at));
}

const byteOf = (index: number, at: number): number => (index * 31 + at * 17 + (index >>> 8)) & 255;

/** Returns what is wrong with the bytes of a key, or undefined. */
export function wrongPayload(index: number, bytes: Uint8Array): string | undefined {
  if (bytes.byteOffset % 8) return `${keyOf(index)} is not aligned`;
  if (bytes.length !== lengthOf(index)) return `${keyOf(index)} has ${bytes.length} bytes`;
  const wrong = bytes.findIndex((byte, at) => byte !== byteOf(index, at));
  return wrong < 0 ? undefined : `${keyOf(index)} is wrong at ${wrong}`;
}

/** Returns a generator of numbers in [0, 1), the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Returns all keys almost in order. Each thread has its own order, but most threads reach a key at about the same time. */
export function orderOf(keys: number, next: () => number): number[] {
  const order = Array.from({ length: keys }, (_, index) => index);
  for (let index = 0; index < keys; index++) {
    const other = Math.min(keys - 1, index + Math.floor(next() * 16));
    [order[index], order[other]] = [order[other] as number, order[index] as number];
  }
  return order;
}
