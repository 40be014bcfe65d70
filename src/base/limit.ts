import { onAbort } from "./on-abort.ts";

interface Turn {
  key: unknown;
  start: () => void;
}

/** Lets at most `size` pieces of work run at once, first come, first served, but for those that are in a hurry. */
export class Limit {
  #free: number;
  #queue = new Set<Turn>();

  constructor(size: number) {
    // None at all, or no number, would wait for ever.
    this.#free = Math.max(size || 1, 1);
  }

  /** @throws `signal.reason` when it aborts before the turn has come (the work never starts), or what `work` rejects with */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal, key?: unknown): Promise<T> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal, key);
    try {
      return await work();
    } finally {
      // The place is handed over, not given back and taken again: nobody can slip in between.
      const [next] = this.#queue;
      if (next) next.start();
      else this.#free++;
    }
  }

  /** What waits under this key is next. */
  hurry(key: unknown): void {
    const turns = [...this.#queue];
    const index = turns.findIndex((turn) => turn.key === key);
    if (index > 0) this.#queue = new Set(turns.splice(index, 1).concat(turns));
  }

  #turn(signal: AbortSignal | undefined, key: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#queue.delete(turn);
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
      const turn: Turn = { key, start };
      const forget = signal && onAbort(signal, stop);
      this.#queue.add(turn);
    });
  }
}
