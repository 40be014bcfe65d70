/** The number of steps between two pauses: a millisecond of work or less. */
const STEPS_BETWEEN_PAUSES = 5000;

/**
 * Counts the steps of searches, so that they pause in time and end. A step is a small piece of work: to look at a term, an interval,
 * a version. Steps, unlike time, are the same on every machine.
 */
export class StepCounter {
  steps = 0;
  /** The number of steps after which a search gives up. */
  limit: number = Number.POSITIVE_INFINITY;
  /** The number of steps after which a pause is due. */
  nextPause: number = STEPS_BETWEEN_PAUSES;

  get isSpent(): boolean {
    return this.steps > this.limit;
  }

  /** Checks whether a pause is due, and expects the caller to make it. */
  pauses(): boolean {
    if (this.steps < this.nextPause) return false;
    this.nextPause = this.steps + STEPS_BETWEEN_PAUSES;
    return true;
  }
}
