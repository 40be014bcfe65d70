import type { Failure } from "../api/failure.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { notTerminating } from "../errors/not-terminating.ts";

const MAX_STEPS = 5_000_000;
/** Nodes and edges that a run may visit. Large projects visit a few million. */
const MAX_VISITS = 500_000_000;
/** Visits between two pauses: one or two milliseconds of work. */
const STRETCH = 10_000;

/** Nodes that one failure or warning describes, and those that all warnings of a run describe. The rest is left out. */
const MAX_DESCRIBED = 20_000;
const MAX_DESCRIBED_IN_ALL = 1_000_000;

/** Limits a resolution in steps, not in time, so that every machine gives the same result (npm-tree §25.1). */
export class StepBudget {
  steps = 0;
  /** Nodes and edges that were visited so far. */
  visits = 0;
  #lastPause = 0;
  /** The package whose dependencies are resolved now, and the visits before it. */
  #current = "";
  #before = 0;
  #described = 0;
  #descriptionEnd = MAX_DESCRIBED;
  readonly #visitsFor = new Map<string, number>();

  /** Counts one step of a loop that may never end in npm. @throws InstallError ENONTERMINATING after 5,000,000 steps */
  step(): void {
    this.visits++;
    if (++this.steps > MAX_STEPS) {
      const busiest = this.#busiest();
      throw new InstallError(notTerminating(`the part of the tree for ${busiest}`, { package: busiest }));
    }
  }

  /** Counts visited nodes or edges. @throws InstallError ELIMIT after 500,000,000 */
  visit(count: number): void {
    this.visits += count;
    if (this.visits > MAX_VISITS) throw new InstallError(this.#exceeded());
  }

  /** Counts the visits that follow for a package, so that a failure can name the one that took the most. */
  begin(name: string): void {
    if (this.visits - this.#before > STRETCH)
      this.#visitsFor.set(this.#current, (this.#visitsFor.get(this.#current) ?? 0) + this.visits - this.#before);
    this.#before = this.visits;
    this.#current = name;
  }

  #busiest(): string {
    let best = this.#current;
    let most = (this.#visitsFor.get(best) ?? 0) + this.visits - this.#before;
    for (const [name, count] of this.#visitsFor) if (count > most) [best, most] = [name, count];
    return best;
  }

  #exceeded(): Failure {
    const busiest = this.#busiest();
    return overLimit(
      `The resolution visits more than ${MAX_VISITS} packages and dependencies, most of them for "${busiest}". Use fewer dependencies, or fewer versions of it.`,
      { package: busiest },
    );
  }

  /** Begins the description of a warning, or of the failure that ends the run. */
  beginDescription(isWarning: boolean): void {
    this.#descriptionEnd = this.#described + MAX_DESCRIBED;
    if (isWarning) this.#descriptionEnd = Math.min(this.#descriptionEnd, MAX_DESCRIBED_IN_ALL);
  }

  /** Counts nodes that a description visits. Returns false if they are too many. */
  describes(count: number): boolean {
    this.#described += count;
    return this.#described <= this.#descriptionEnd;
  }

  /** Returns whether the engine should pause, and if so begins the next stretch of visits: true once after each stretch. */
  takePause(): boolean {
    if (this.visits - this.#lastPause < STRETCH) return false;
    this.#lastPause = this.visits;
    return true;
  }
}
