import { onAbort } from "./on-abort.ts";
import { RankQueue } from "./rank-queue.ts";

interface Turn {
  key: unknown;
  start: () => void;
}

/** How a piece of work stands in line. */
export interface Place {
  /** Aborts while it waits: then it never starts. */
  signal?: AbortSignal | undefined;
  /** What `hurry` names it by. */
  key?: unknown;
  /** Lower ones go first, from -1 on. Default 0. */
  rank?: number | undefined;
}

/** Lets at most `size` pieces of work run at once, the lowest rank first and within one in the order of arrival. */
export class Limit {
  #free: number;
  readonly #queue = new RankQueue<Turn>();

  constructor(size: number) {
    // None at all, or no number, would wait for ever.
    this.#free = Math.max(size || 1, 1);
  }

  /** @throws `signal.reason` when it aborts before the turn has come (the work never starts), or what `work` rejects with */
  async run<T>(work: () => Promise<T>, place: Place = {}): Promise<T> {
    place.signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(place);
    try {
      return await work();
    } finally {
      // The place is handed over, not given back and taken again: nobody can slip in between.
      const next = this.#queue.first();
      if (next) next.start();
      else this.#free++;
    }
  }

  /** What waits under this key has at most this rank from here on. */
  hurry(key: unknown, rank: number): void {
    this.#queue.promote((turn) => turn.key === key, lineOf(rank));
  }

  #turn({ signal, key, rank = 0 }: Place): Promise<void> {
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
      this.#queue.add(turn, lineOf(rank));
    });
  }
}

/** Beyond this the order hardly matters. */
const LAST = 31;

function lineOf(rank: number): number {
  return 1 + Math.min(rank, LAST);
}
