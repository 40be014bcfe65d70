import { InstallError } from "../errors/failure.ts";
import { unregistered } from "../errors/work.ts";

type Waiter = [resolve: (value: never) => void, reject: (error: unknown) => void];

/**
 * Runs the work of each key once. All callers that wait, during the work or after it has succeeded, get the same value. A failure
 * reaches the callers that wait and is then forgotten, so that a retry is possible. `done` and `fail` do
 * nothing for a key whose work is not running.
 */
export class OnceMap<K, V> {
  readonly #running = new Map<K, Waiter[]>();
  readonly #values = new Map<K, V>();

  /** Returns true if the caller must do the work, and end it with `done` or `fail`. */
  register(key: K): boolean {
    return !this.#values.has(key) && !this.#running.has(key) && !!this.#running.set(key, []);
  }

  done(key: K, value: V): void {
    if (this.#running.has(key)) this.#values.set(key, value);
    this.#end(key, 0, value);
  }

  fail(key: K, error: unknown): void {
    this.#end(key, 1, error);
  }

  #end(key: K, index: 0 | 1, result: unknown): void {
    for (const waiter of this.#running.get(key) ?? []) waiter[index](result as never);
    this.#running.delete(key);
  }

  /** Returns the value. Rejects with the error of the work. @throws InstallError EUNREGISTERED if no work is registered */
  async wait(key: K): Promise<V> {
    const waiters = this.#running.get(key);
    if (waiters) return new Promise((...waiter: Waiter) => waiters.push(waiter));
    if (this.#values.has(key)) return this.get(key) as V;
    throw new InstallError(unregistered(key));
  }

  /** Returns the value if the work has succeeded, else undefined. For callers that cannot wait. */
  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  /** Returns the value, and runs `work` for it if no work is registered yet. Rejects with the error of `work`. */
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
