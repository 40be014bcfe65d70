import { nextTurn } from "../host/yield.ts";

/** Requests that one turn of the event loop may start. A browser takes a third of a millisecond or more for each. */
const BURST = 16;
/** Milliseconds after which a new turn is assumed. */
const TURN = 16;

/** Spreads the start of many requests over several turns, so that the page stays responsive. */
export class Pace {
  #since = 0;
  #begun = 0;
  #waiting: (() => void)[] = [];

  /** Resolves when a request may start. Returns undefined if it may start at once. */
  turn(): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#begins()) return undefined;
    return new Promise((begin) => {
      if (this.#waiting.push(begin) === 1) void this.#release();
    });
  }

  #begins(): boolean {
    const now = performance.now();
    if (now - this.#since > TURN) {
      this.#since = now;
      this.#begun = 0;
    }
    return this.#begun++ < BURST;
  }

  async #release(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn();
      for (const begin of this.#waiting.splice(0, BURST / 2)) begin();
    }
  }
}
