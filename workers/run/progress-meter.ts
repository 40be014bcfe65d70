// Loaded on demand: when a resolution on this thread reports progress.

import type { Progress } from "../../src/api/resolve.ts";
import { Throttle } from "../host/throttle.ts";
import type { Meter, ProgressCounters } from "./progress-counters.ts";

/** Reports the progress of a run at most twenty times a second, while the engine works and while it waits. */
export class ProgressMeter implements Meter {
  readonly #report: (progress: Progress) => void;
  readonly #reportLast: (progress: Progress) => void;
  readonly #counters: ProgressCounters;
  readonly #throttle = new Throttle(() => {
    this.#report(this.#progress());
    // Requests the next report at once, so that reports go on while the engine waits.
    this.#throttle.request();
  });
  #phase: Progress["phase"] = "read";

  /** @param reportLast receives the last report, if it is to be sent another way */
  constructor(
    report: (progress: Progress) => void,
    counters: ProgressCounters,
    reportLast: (progress: Progress) => void = report,
  ) {
    this.#report = report;
    this.#reportLast = reportLast;
    this.#counters = counters;
  }

  phase(phase: Progress["phase"]): void {
    this.#phase = phase;
    this.tick();
  }

  tick(): void {
    this.#throttle.request();
  }

  end(): void {
    this.stop();
    this.#reportLast(this.#progress());
  }

  stop(): void {
    this.#throttle.stop();
  }

  #progress(): Progress {
    const { known, fetched } = this.#counters.counts();
    return { phase: this.#phase, known, fetched, placed: this.#counters.placed() };
  }
}
