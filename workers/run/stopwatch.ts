import type { ResolutionStats } from "../../src/api/resolve.ts";

type Milliseconds = ResolutionStats["milliseconds"];

/** Measures how long each phase of a run takes. */
export class Stopwatch {
  readonly milliseconds: Milliseconds = { read: 0, resolve: 0, complete: 0, write: 0, total: 0 };
  #last = performance.now();

  /** Counts the time since the last call, or since the start, as time of `phase`. */
  lap(phase: Exclude<keyof Milliseconds, "total">): void {
    const now = performance.now();
    this.milliseconds[phase] += now - this.#last;
    this.milliseconds.total += now - this.#last;
    this.#last = now;
  }
}
