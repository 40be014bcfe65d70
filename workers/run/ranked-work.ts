import { RankQueue } from "../../src/base/rank-queue.ts";
import type { LocalScheduler } from "../../src/base/spawn-local.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { cancelled } from "../../src/errors/work.ts";

interface Job {
  name: string;
  run(): void;
  drop(): void;
}

/**
 * Work that a scheduler does when its thread has the time, lowest rank first: what somebody waits for would else stand behind
 * hundreds of bodies, half a millisecond each.
 */
export class RankedWork {
  readonly #scheduler: LocalScheduler;
  readonly #rankOf: (name: string) => number;
  readonly #jobs = new RankQueue<Job>();
  #stopped = false;

  /** @param rankOf 0 and up, for a name */
  constructor(scheduler: LocalScheduler, rankOf: (name: string) => number) {
    this.#scheduler = scheduler;
    this.#rankOf = rankOf;
  }

  /** What `work` returns or throws, later. @throws InstallError EABORTED once it was stopped */
  run<T>(name: string, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      const drop = (): void => reject(new InstallError(cancelled(name)));
      if (this.#stopped) {
        drop();
        return;
      }
      this.#jobs.add({ name, run, drop }, this.#rankOf(name));
      // Whose turn it is is decided when it has come.
      this.#scheduler.post(() => this.#take()?.run());
    });
  }

  /** Its rank has become lower. */
  hurry(name: string): void {
    this.#jobs.promote((job) => job.name === name, this.#rankOf(name));
  }

  /** Whatever has not begun rejects, now and when it comes later. */
  stop(): void {
    this.#stopped = true;
    for (let job = this.#take(); job; job = this.#take()) job.drop();
  }

  #take(): Job | undefined {
    const job = this.#jobs.first();
    if (job) this.#jobs.delete(job);
    return job;
  }
}
