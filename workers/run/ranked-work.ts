import { RankQueue } from "../../src/base/rank-queue.ts";
import type { LocalScheduler } from "../../src/base/spawn-local.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { cancelled } from "../../src/errors/work.ts";

interface QueuedWork {
  name: string;
  run(): void;
  drop(): void;
}

/**
 * Runs work on a scheduler, lowest rank first. Reading a packument takes about half a millisecond; in order of arrival, the one
 * that the engine waits for would queue behind hundreds of others.
 */
export class RankedWork {
  readonly #scheduler: LocalScheduler;
  readonly #rankOf: (name: string) => number;
  readonly #queue = new RankQueue<QueuedWork>();
  #stopped = false;

  /** @param rankOf returns the current rank of a name: 0 or more */
  constructor(scheduler: LocalScheduler, rankOf: (name: string) => number) {
    this.#scheduler = scheduler;
    this.#rankOf = rankOf;
  }

  /**
   * Queues `work` and resolves with its result. Work that yields is queued again. Rejects with what it throws, or with EABORTED after
   * `stop`.
   */
  run<T>(name: string, work: Generator<undefined, T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          const { done, value } = work.next();
          if (done) resolve(value);
          else this.#add(queued);
        } catch (error) {
          reject(error);
        }
      };
      const queued = { name, run, drop: (): void => reject(new InstallError(cancelled(name))) };
      this.#add(queued);
    });
  }

  #add(queued: QueuedWork): void {
    if (this.#stopped) {
      queued.drop();
      return;
    }
    this.#queue.add(queued, this.#rankOf(queued.name));
    // Each scheduled turn takes the work that has the lowest rank by then.
    this.#scheduler.post(() => this.#take()?.run());
  }

  /** Moves the work for `name` forward, after its rank has become lower. */
  hurry(name: string): void {
    this.#queue.promote((queued) => queued.name === name, this.#rankOf(name));
  }

  /** Rejects all queued work, and all work that is queued later. */
  stop(): void {
    this.#stopped = true;
    for (let queued = this.#take(); queued; queued = this.#take()) queued.drop();
  }

  #take(): QueuedWork | undefined {
    const queued = this.#queue.first();
    if (queued) this.#queue.delete(queued);
    return queued;
  }
}
