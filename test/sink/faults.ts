/**
 * How an operation goes wrong: it alone fails; or it and the next, so that it cannot be put right at once; or it and all after it never happen, and what it
 * wrote is cut; or it fails, and a few operations later all stops, while what it left is being put right.
 */
export type Fault = "fails" | "fails twice" | "stops" | "fails, then stops";

export const FAULTS: readonly Fault[] = ["fails", "fails twice", "stops", "fails, then stops"];

export class Broken extends Error {
  code = "EIO";
}

/** Counts operations, and makes the n-th fail. */
export class Faults {
  count = 0;
  readonly #at: number;
  readonly #fault: Fault;

  constructor(at: number, fault: Fault) {
    this.#at = at;
    this.#fault = fault;
  }

  get happened(): boolean {
    return this.count > this.#at;
  }

  /** Must be called before each operation. @param torn does a part of the operation */
  async step(torn?: () => Promise<unknown>): Promise<void> {
    const now = this.count++;
    const stops = this.#at + (this.#fault === "stops" ? 0 : 1 + (this.#at % 4));
    const end = this.#fault.startsWith("fails") && !this.#fault.endsWith("stops") ? Number.POSITIVE_INFINITY : stops;
    const last = this.#at + (this.#fault === "fails twice" ? 1 : 0);
    if (now === end) await torn?.();
    if ((now >= this.#at && now <= last) || now >= end) throw new Broken("broken");
  }
}

/** The operations to break: each one from `first` on, or every `step`-th. */
export interface Steps {
  first: number;
  step: number;
}

export const EVERY_STEP: Steps = { first: 0, step: 1 };

/** Returns the error of a promise, or null. */
export function errorOf(work: Promise<unknown>): Promise<{ code: string } | null> {
  return work.then(
    () => null,
    (error: { code: string }) => error,
  );
}
