import type { Progress } from "../src/api.ts";
import type { Far } from "./run.ts";

/** At most twenty reports a second. Milliseconds. */
const EVERY = 50;

/** Tells the embedder how far a resolution is: while the engine works, and while it waits. */
export class ProgressMeter {
  readonly #tell: (progress: Progress) => void;
  readonly #far: Far;
  readonly #timer: ReturnType<typeof setInterval>;
  #phase: Progress["phase"] = "read";
  #last = Number.NEGATIVE_INFINITY;

  constructor(tell: (progress: Progress) => void, far: Far) {
    this.#tell = tell;
    this.#far = far;
    this.#timer = setInterval(() => this.tick(), EVERY);
  }
  phase(phase: Progress["phase"]): void {
    this.#phase = phase;
    this.tick();
  }
  tick(): void {
    const now = performance.now();
    if (now - this.#last < EVERY) return;
    this.#last = now;
    this.#report();
  }
  /** The last report, whenever the one before was. */
  end(): void {
    this.stop();
    this.#report();
  }
  stop(): void {
    clearInterval(this.#timer);
  }
  #report(): void {
    const { known, fetched } = this.#far.counts();
    this.#tell({ phase: this.#phase, known, fetched, placed: this.#far.placed() });
  }
}
