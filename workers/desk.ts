import { RankQueue } from "../src/base/rank-queue.ts";
import { failure, InstallError } from "../src/errors.ts";
import { nextTurn } from "./yield.ts";

/** Milliseconds of work at a time. Messages get in between. */
const SLICE = 4;

interface Job {
  name: string;
  run(): void;
  drop(): void;
}

/**
 * Work of a thread that must hear its messages: done a slice at a time, lowest rank first. A message that says that somebody
 * waits would else stand behind hundreds of bodies, half a millisecond each.
 */
export class Desk {
  readonly #rankOf: (name: string) => number;
  readonly #jobs = new RankQueue<Job>();
  #busy = false;
  #stopped = false;

  constructor(rankOf: (name: string) => number) {
    this.#rankOf = rankOf;
  }

  /** What `work` returns or throws, later. */
  run<T>(name: string, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      const drop = (): void => reject(new InstallError(failure("EABORTED", `${name}: cancelled`, { package: name })));
      if (this.#stopped) drop();
      else this.#jobs.add({ name, run, drop }, this.#rankOf(name));
      if (!this.#busy) void this.#work();
    });
  }

  /** Its rank has become lower. */
  hurry(name: string): void {
    this.#jobs.promote((job) => job.name === name, this.#rankOf(name));
  }

  /** Whatever has not begun rejects, now and when it comes later. */
  stop(): void {
    this.#stopped = true;
    for (const job of [...this.#jobs]) {
      this.#jobs.delete(job);
      job.drop();
    }
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#jobs.size > 0) {
      await nextTurn();
      const end = Date.now() + SLICE;
      for (let job = this.#jobs.first(); job; job = Date.now() < end ? this.#jobs.first() : undefined) {
        this.#jobs.delete(job);
        job.run();
      }
    }
    this.#busy = false;
  }
}
