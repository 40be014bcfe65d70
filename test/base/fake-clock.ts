import type { Clock } from "../../src/base/spawn-local.ts";

/** A clock that a test controls. A test sets the time, and begins each turn of the event loop. */
export class FakeClock implements Clock {
  time = 0;
  /** The number of calls of `now`. */
  reads = 0;
  #waiting: (() => void)[] = [];

  now(): number {
    this.reads++;
    return this.time;
  }

  nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The number of callers that wait for the next turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Begins a turn. Resolves once everything that follows from it has happened. */
  async turn(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve();
    await settled();
  }
}

/** Returns a clock that advances by a millisecond at each call of `now`. Turns begin by themselves. */
export function tickingClock(turn: () => Promise<void> = settled): Clock {
  let time = 0;
  return { now: () => time++, nextTurn: turn };
}

/** Resolves after all promises that can be settled now. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
