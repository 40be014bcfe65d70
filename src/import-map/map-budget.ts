import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";

/** The steps of one map. A step is about as much work as comparing two short texts. */
const MAX_STEPS = 100_000_000;
/** The steps between two pauses: a few milliseconds of work. */
const STEPS_AT_ONCE = 20_000;

/** Steps that were taken for a package, or for the project if `owner` is empty. */
export interface SpentSteps {
  readonly owner: string;
  readonly steps: number;
}

/** A part of the work that reports its steps. */
export type MapWork<T> = Generator<SpentSteps, T>;

/** Counts the steps of making one import map, pauses after some of them, and hears a cancel at each pause. */
export class MapBudget {
  readonly #nextTurn: () => Promise<void>;
  readonly #signal: AbortSignal | undefined;
  readonly #most: number;
  readonly #byOwner = new Map<string, number>();
  #total = 0;
  #sincePause = 0;
  /** The pause that all parts of the work wait for. */
  #pause: Promise<void> | undefined;

  constructor(nextTurn: () => Promise<void>, signal?: AbortSignal, most: number = MAX_STEPS) {
    this.#nextTurn = nextTurn;
    this.#signal = signal;
    this.#most = most;
  }

  /**
   * Counts steps. Returns a promise if other work must run now.
   * @throws InstallError ELIMIT with the package that took the most steps; the promise rejects with the signal's reason
   */
  spend(owner: string, steps: number): Promise<void> | undefined {
    this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? 0) + steps);
    this.#total += steps;
    if (this.#total > this.#most) throw this.#exhausted();
    this.#sincePause += steps;
    if (this.#sincePause >= STEPS_AT_ONCE) this.#pause ??= this.#turn();
    return this.#pause;
  }

  /** Runs a part of the work to its end. */
  async run<T>(work: MapWork<T>): Promise<T> {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      const pause = this.spend(value.owner, value.steps);
      if (pause) await pause;
    }
  }

  async #turn(): Promise<void> {
    await this.#nextTurn();
    this.#sincePause = 0;
    this.#pause = undefined;
    this.#signal?.throwIfAborted();
  }

  #exhausted(): InstallError {
    let [owner, most] = ["", 0];
    for (const [one, steps] of this.#byOwner) if (steps > most) [owner, most] = [one, steps];
    const message = `The import map takes more than ${this.#most} steps. Most go to ${owner || "the project"}.`;
    const text = 'Use a CDN, whose map needs no files: provider: "esm.sh".';
    return new InstallError(
      overLimit(`${message} ${text}`, { wayOut: [{ kind: "option", option: "provider", text }] }),
    );
  }
}

/** Returns the folder of the package that contains a file: `node_modules/a` for `node_modules/a/lib/b.js`; "" for the project. */
export function owningPackage(path: string): string {
  const modules = "node_modules/";
  const at = path.lastIndexOf(modules);
  if (at < 0) return "";
  const name = at + modules.length;
  const scopeEnd = path[name] === "@" ? path.indexOf("/", name) + 1 : name;
  const end = path.indexOf("/", scopeEnd);
  return end < 0 ? path : path.slice(0, end);
}
