import { failure, InstallError } from "../src/errors.ts";
import { nextTurn } from "./yield.ts";

/** Milliseconds of work at a time. Messages get in between. */
const SLICE = 4;

interface Job {
  run(): void;
  drop(): void;
}

/**
 * Work of a thread that must hear its messages: done a slice at a time, in the order it came, but for what somebody waits for. A
 * message that says so would else stand behind hundreds of bodies, half a millisecond each.
 */
export class Desk {
  readonly #jobs = new Map<string, Job>();
  readonly #hurried = new Set<string>();
  #busy = false;
  #stopped = false;

  /** What `work` returns or throws, later. One piece of work a name. */
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
      else this.#jobs.set(name, { run, drop });
      if (!this.#busy) void this.#work();
    });
  }

  /** This one is next, now or once it has come. */
  hurry(name: string): void {
    this.#hurried.add(name);
  }

  /** Whatever has not begun rejects, now and when it comes later. */
  stop(): void {
    this.#stopped = true;
    for (const { drop } of this.#jobs.values()) drop();
    this.#jobs.clear();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#jobs.size > 0) {
      await nextTurn();
      const end = Date.now() + SLICE;
      while (this.#jobs.size > 0 && Date.now() < end) this.#next();
    }
    this.#busy = false;
  }

  #next(): void {
    for (const name of this.#hurried) {
      const job = this.#jobs.get(name);
      if (!job) continue;
      this.#hurried.delete(name);
      this.#take(name, job);
      return;
    }
    for (const [name, job] of this.#jobs) {
      this.#take(name, job);
      return;
    }
  }

  #take(name: string, { run }: Job): void {
    this.#jobs.delete(name);
    run();
  }
}
