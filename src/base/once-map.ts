import { InstallError } from "../errors/failure.ts";
import { unregistered } from "../errors/work.ts";

type Waiter = [resolve: (value: never) => void, reject: (error: unknown) => void];

/**
 * One owner for the work of each key: whoever waits while it runs, or after it has ended well, gets the same value.
 * A failure reaches everybody who waits and is then forgotten, so that a retry is possible. To settle a key that is not
 * in flight changes nothing.
 */
export class OnceMap<K, V> {
  readonly #running = new Map<K, Waiter[]>();
  readonly #values = new Map<K, V>();

  /** True: the caller must do the work, and end it with `done` or `fail`. */
  register(key: K): boolean {
    return !this.#values.has(key) && !this.#running.has(key) && !!this.#running.set(key, []);
  }

  done(key: K, value: V): void {
    if (this.#running.has(key)) this.#values.set(key, value);
    this.#tell(key, 0, value);
  }

  fail(key: K, error: unknown): void {
    this.#tell(key, 1, error);
  }

  #tell(key: K, index: 0 | 1, what: unknown): void {
    for (const waiter of this.#running.get(key) ?? []) waiter[index](what as never);
    this.#running.delete(key);
  }

  /** Rejects with what the owner failed with, or with an InstallError EUNREGISTERED where there is no owner. */
  async wait(key: K): Promise<V> {
    const waiters = this.#running.get(key);
    if (waiters) return new Promise((...waiter: Waiter) => waiters.push(waiter));
    if (this.#values.has(key)) return this.get(key) as V;
    throw new InstallError(unregistered(key));
  }

  /** The value, when the work has ended well: for a caller that cannot wait. */
  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  /** The value, by `work` where there is no owner yet. Rejects with what `work` throws. */
  async run(key: K, work: () => Promise<V>): Promise<V> {
    if (this.register(key)) {
      try {
        this.done(key, await work());
      } catch (error) {
        this.fail(key, error);
        throw error;
      }
    }
    return this.wait(key);
  }
}
