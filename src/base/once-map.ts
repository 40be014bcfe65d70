import { failure, InstallError } from "../errors.ts";

type Waiter<V> = readonly [resolve: (value: V) => void, reject: (error: unknown) => void];

/**
 * One owner for the work of each key: whoever waits while it runs, or after it has ended well, gets the same value.
 * A failure reaches everybody who waits and is then forgotten, so that a retry is possible. To settle a key that is not
 * in flight changes nothing.
 */
export class OnceMap<K, V> {
  readonly #waiters = new Map<K, Waiter<V>[]>();
  readonly #values = new Map<K, V>();

  /** True: the caller must do the work, and end it with `done` or `fail`. */
  register(key: K): boolean {
    return !this.#values.has(key) && !this.#waiters.has(key) && !!this.#waiters.set(key, []);
  }

  done(key: K, value: V): void {
    const waiters = this.#waiters.get(key);
    if (waiters) this.#values.set(key, value);
    this.#waiters.delete(key);
    for (const [resolve] of waiters ?? []) resolve(value);
  }

  fail(key: K, error: unknown): void {
    const waiters = this.#waiters.get(key) ?? [];
    this.#waiters.delete(key);
    for (const [, reject] of waiters) reject(error);
  }

  /** Rejects with what the owner failed with, or with an InstallError EUNREGISTERED where nobody does the work. */
  wait(key: K): Promise<V> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(key);
      if (waiters) waiters.push([resolve, reject]);
      else if (this.#values.has(key)) resolve(this.#values.get(key) as V);
      else reject(new InstallError(failure("EUNREGISTERED", `Nobody works on ${String(key)}`)));
    });
  }

  /** The value, when the work has ended well: for a caller that cannot wait. */
  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  /** The value, by `work` where there is none yet. Rejects with what `work` throws. */
  run(key: K, work: () => Promise<V>): Promise<V> {
    if (this.register(key)) {
      (async () => this.done(key, await work()))().catch((error: unknown) => this.fail(key, error));
    }
    return this.wait(key);
  }
}
