import { onAbort } from "./on-abort.ts";

/** Lets at most `size` pieces of work run at once, first come, first served. */
export class Limit {
  #free: number;
  readonly #queue = new Set<() => void>();

  constructor(size: number) {
    // None at all, or no number, would wait for ever.
    this.#free = Math.max(size || 1, 1);
  }

  /** @throws `signal.reason` when it aborts before the turn has come (the work never starts), or what `work` rejects with */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      // The place is handed over, not given back and taken again: nobody can slip in between.
      const [next] = this.#queue;
      if (next) next();
      else this.#free++;
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#queue.delete(start);
        forget?.();
      };
      const start = (): void => {
        leave();
        resolve();
      };
      const stop = (): void => {
        leave();
        reject(signal?.reason);
      };
      const forget = signal && onAbort(signal, stop);
      this.#queue.add(start);
    });
  }
}
