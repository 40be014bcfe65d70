import type { Progress } from "../../src/api/resolve.ts";
import type { ProgressCounters } from "./run.ts";

/** At most twenty reports a second. Milliseconds. */
const EVERY = 50;

/** Tells the embedder how far a resolution is: while the engine works, and while it waits. */
export class ProgressMeter {
  readonly #tell: (progress: Progress) => void;
  readonly #tellLast: (progress: Progress) => void;
  readonly #far: ProgressCounters;
  readonly #timer: ReturnType<typeof setInterval>;
  #phase: Progress["phase"] = "read";
  #last = Number.NEGATIVE_INFINITY;

  /** `tellLast` hears the last report, where that has a way of its own. */
  constructor(
    tell: (progress: Progress) => void,
    far: ProgressCounters,
    tellLast: (progress: Progress) => void = tell,
  ) {
    this.#tell = tell;
    this.#tellLast = tellLast;
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
    this.#tell(this.#now());
  }
  /** The last report, whenever the one before was. */
  end(): void {
    this.stop();
    this.#tellLast(this.#now());
  }
  stop(): void {
    clearInterval(this.#timer);
  }
  #now(): Progress {
    const { known, fetched } = this.#far.counts();
    return { phase: this.#phase, known, fetched, placed: this.#far.placed() };
  }
}
