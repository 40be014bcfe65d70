/**
 * One owner for the work of each key: whoever asks while it runs, or after it has ended, gets the same value.
 * A rejection reaches everybody who waits and is then forgotten, so that a retry is possible.
 */
export class OnceMap<K, V> {
  readonly #running = new Map<K, Promise<V>>();
  readonly #done = new Map<K, V>();

  /** @throws what `work` rejects with */
  run(key: K, work: () => Promise<V>): Promise<V> {
    let promise = this.#running.get(key);
    if (!promise) {
      promise = work().then(
        (value) => {
          this.#done.set(key, value);
          return value;
        },
        (error: unknown) => {
          this.#running.delete(key);
          throw error;
        },
      );
      this.#running.set(key, promise);
    }
    return promise;
  }

  /** The value, when the work has ended well: for a caller that cannot wait. */
  peek(key: K): V | undefined {
    return this.#done.get(key);
  }
}
