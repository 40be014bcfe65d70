import { onAbort } from "./on-abort.ts";
import { RankQueue } from "./rank-queue.ts";

interface Turn {
  key: unknown;
  start: () => void;
}

/** Options of one task. */
export interface Place {
  /** If it aborts while the task waits, the task never starts. */
  signal?: AbortSignal | undefined;
  /** The key that `hurry` takes. */
  key?: unknown;
  /** Lower ranks run first; the lowest is -1. Default 0. */
  rank?: number | undefined;
}

/** Runs at most `size` tasks at once: the lowest rank first, and tasks of one rank in the order of arrival. */
export class Limit {
  #free: number;
  readonly #queue = new RankQueue<Turn>();

  constructor(size: number) {
    // With zero or NaN, every task would wait for ever.
    this.#free = Math.max(size || 1, 1);
  }

  /** Runs a task when its turn comes. Rejects with `signal.reason` if the signal aborts before that, or with the error of `work`. */
  async run<T>(work: () => Promise<T>, place: Place = {}): Promise<T> {
    place.signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(place);
    try {
      return await work();
    } finally {
      // Hands the slot over directly, so that no new task can take it in between.
      const next = this.#queue.first();
      if (next) next.start();
      else this.#free++;
    }
  }

  /** Lowers the rank of the waiting task with this key to at most `rank`. */
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

/** The highest rank that the queue tells apart. Above it the order hardly matters. */
const LAST = 31;

function lineOf(rank: number): number {
  return 1 + Math.min(rank, LAST);
}
