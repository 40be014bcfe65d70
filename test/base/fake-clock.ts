import type { Clock } from "../../src/base/spawn-local.ts";

/** Time passes when a test says so, and a turn of the event loop ends when a test ends it. */
export class FakeClock implements Clock {
  time = 0;
  /** How often it was asked for the time. */
  looks = 0;
  #waiting: (() => void)[] = [];

  now(): number {
    this.looks++;
    return this.time;
  }

  nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** How many wait for the next turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Begins a turn, and lets all happen that it leads to. */
  async turn(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve();
    await settled();
  }
}

/** Each look takes a millisecond, and turns come by themselves. */
export function tickingClock(turn: () => Promise<void> = settled): Clock {
  let time = 0;
  return { now: () => time++, nextTurn: turn };
}

/** After every promise that can be settled by now. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
