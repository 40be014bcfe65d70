import type { Progress } from "../src/api.ts";

/** At most twenty reports a second. */
const EVERY = 50;

/** Tells the embedder how far a resolution is. */
export class ProgressMeter {
  readonly #tell: ((progress: Progress) => void) | undefined;
  readonly #counts: () => Omit<Progress, "phase">;
  #phase: Progress["phase"] = "read";
  #last = Number.NEGATIVE_INFINITY;

  constructor(tell: ((progress: Progress) => void) | undefined, counts: () => Omit<Progress, "phase">) {
    this.#tell = tell;
    this.#counts = counts;
  }
  phase(phase: Progress["phase"]): void {
    this.#phase = phase;
    this.tick();
  }
  tick(): void {
    if (!this.#tell) return;
    const now = performance.now();
    if (now - this.#last < EVERY) return;
    this.#last = now;
    this.#tell({ phase: this.#phase, ...this.#counts() });
  }
  /** The last report, whenever the one before was. */
  end(): void {
    this.#tell?.({ phase: "write", ...this.#counts() });
  }
}
