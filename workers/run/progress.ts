import type { Progress } from "../../src/api/resolve.ts";
import { Throttle } from "../host/throttle.ts";
import type { ProgressCounters } from "./resolve-run.ts";

/** Reports the progress of a resolution at most twenty times a second, while the engine works and while it waits. */
export class ProgressMeter {
  readonly #tell: (progress: Progress) => void;
  readonly #tellLast: (progress: Progress) => void;
  readonly #far: ProgressCounters;
  readonly #throttle = new Throttle(() => {
    this.#tell(this.#now());
    // The next report comes while the engine waits, too.
    this.#throttle.request();
  });
  #phase: Progress["phase"] = "read";

  /** `tellLast` hears the last report, where that has a way of its own. */
  constructor(
    tell: (progress: Progress) => void,
    far: ProgressCounters,
    tellLast: (progress: Progress) => void = tell,
  ) {
    this.#tell = tell;
    this.#tellLast = tellLast;
    this.#far = far;
  }
  phase(phase: Progress["phase"]): void {
    this.#phase = phase;
    this.tick();
  }
  tick(): void {
    this.#throttle.request();
  }
  /** The last report, whenever the one before was. */
  end(): void {
    this.stop();
    this.#tellLast(this.#now());
  }
  stop(): void {
    this.#throttle.stop();
  }
  #now(): Progress {
    const { known, fetched } = this.#far.counts();
    return { phase: this.#phase, known, fetched, placed: this.#far.placed() };
  }
}
