/** Milliseconds between two progress reports: at most twenty a second. */
export const REPORT_INTERVAL = 50;

/** Calls `report` at most once in {@link REPORT_INTERVAL}. */
export class Throttle {
  readonly #report: () => void;
  #last = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(report: () => void) {
    this.#report = report;
  }

  /** Calls `report` now if the last call was long enough ago, otherwise after the rest of the interval. */
  request(): void {
    const wait = this.#last + REPORT_INTERVAL - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  }

  /** Calls `report` now. */
  flush(): void {
    this.stop();
    this.#last = performance.now();
    this.#report();
  }

  /** Cancels a call that is still to come. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
