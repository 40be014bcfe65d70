import { InstallError } from "../errors/failure.ts";
import { notTerminating } from "../errors/not-terminating.ts";

const MAX_STEPS = 5_000_000;

/** Limits a resolution in steps, not in time, so that every machine gives the same result (npm-tree §25.1). */
export class StepBudget {
  steps = 0;

  /** Counts one step of a loop that may never end in npm. @throws InstallError ENONTERMINATING after 5,000,000 steps */
  step(): void {
    if (++this.steps > MAX_STEPS) throw new InstallError(notTerminating("the whole resolution"));
  }
}
