import { CONTROL_WORDS, COUNTERS } from "./layout.ts";
import type { SharedMemory } from "./shared-memory.ts";

// The counters of one run in shared memory. The page reads them to report progress. No thread waits on them.

/** Package documents requested. */
export const KNOWN: number = COUNTERS;
/** Package documents that have arrived, or failed. */
export const FETCHED: number = COUNTERS + 1;
export const PACKUMENTS: number = COUNTERS + 2;
export const PLACED: number = COUNTERS + 3;
export const REQUESTS: number = COUNTERS + 4;
/** Requests that the preload has made (counted before they are sent), and those that have ended. */
export const DISPATCHED: number = COUNTERS + 5;
export const DONE: number = COUNTERS + 6;
/** Packuments that the engine requested before the preload did. */
export const LATE: number = COUNTERS + 7;
/** Messages between threads. */
export const MESSAGES: number = COUNTERS + 8;
/** Bytes over the wire, in KiB: a word holds 2 GiB of bytes. */
export const KIBIBYTES: number = COUNTERS + 9;
export const MANIFESTS: number = COUNTERS + 10;
/** Warnings that the fetch worker has sent to the engine. The two words before are those of `shared-counts.ts`. */
export const WARNED: number = COUNTERS + 13;

export class Counters {
  readonly #words: Int32Array;

  constructor({ control }: SharedMemory) {
    this.#words = new Int32Array(control, 0, CONTROL_WORDS);
  }

  /** Adds to a counter and returns its earlier value. */
  add(counter: number, by = 1): number {
    return Atomics.add(this.#words, counter, by);
  }

  set(counter: number, value: number): void {
    Atomics.store(this.#words, counter, value);
  }

  get(counter: number): number {
    return Atomics.load(this.#words, counter);
  }
}
