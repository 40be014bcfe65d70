import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";

/** The modules of one graph, the bytes of all and of one, and the steps of linking. */
export interface GraphLimits {
  readonly modules: number;
  readonly bytes: number;
  readonly moduleBytes: number;
  readonly steps: number;
}

export const GRAPH_LIMITS: GraphLimits = {
  modules: 50_000,
  bytes: 1 << 29,
  moduleBytes: 1 << 25,
  steps: 200_000_000,
};

/** The steps between two pauses: a few milliseconds of work. A step is about as much as reading 16 characters. */
const STEPS_AT_ONCE = 20_000;
const CHARS_IN_A_STEP = 16;

/** Counts the modules, bytes and steps of one graph, pauses after some steps, and hears a cancel at each pause. */
export class GraphBudget {
  readonly #nextTurn: () => Promise<void>;
  readonly #signal: AbortSignal | undefined;
  readonly #limits: GraphLimits;
  #modules = 0;
  #bytes = 0;
  #steps = 0;
  #sincePause = 0;

  constructor(nextTurn: () => Promise<void>, signal?: AbortSignal, limits: GraphLimits = GRAPH_LIMITS) {
    this.#nextTurn = nextTurn;
    this.#signal = signal;
    this.#limits = limits;
  }

  /** Counts a module. @throws InstallError ELIMIT */
  addModule(path: string, bytes: number): void {
    const { modules, bytes: most, moduleBytes } = this.#limits;
    this.#modules++;
    this.#bytes += bytes;
    if (bytes > moduleBytes)
      throw refused(`${path} has more than ${moduleBytes} bytes. Import a smaller file, or use a bundler.`);
    if (this.#modules > modules)
      throw refused(`The graph has more than ${modules} modules; the last one is ${path}. Use a bundler.`);
    if (this.#bytes > most)
      throw refused(`The modules have more than ${most} bytes; the last one is ${path}. Use a bundler.`);
  }

  /** Counts steps, and pauses if other work must run now. @throws InstallError ELIMIT; the signal's reason */
  async spend(steps: number): Promise<void> {
    this.count(steps);
    if (this.#sincePause >= STEPS_AT_ONCE) await this.pause();
  }

  /** Counts steps without a pause. @throws InstallError ELIMIT */
  count(steps: number): void {
    this.#steps += steps;
    this.#sincePause += steps;
    if (this.#steps > this.#limits.steps)
      throw refused(`Linking the modules takes more than ${this.#limits.steps} steps. Use a bundler.`);
  }

  async pause(): Promise<void> {
    this.#sincePause = 0;
    await this.#nextTurn();
    this.#signal?.throwIfAborted();
  }

  /** Runs work that yields the number of characters it has read. */
  async run<T>(work: Generator<number, T>): Promise<T> {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      await this.spend(value / CHARS_IN_A_STEP);
    }
  }
}

function refused(message: string): InstallError {
  return new InstallError(overLimit(message));
}
