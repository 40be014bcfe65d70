/** First in, first out, in constant time however many wait. */
export class Fifo<T> {
  readonly #items: (T | undefined)[] = [];
  #at = 0;

  get isEmpty(): boolean {
    return this.#at === this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#at];
    if (this.isEmpty) return undefined;
    this.#items[this.#at++] = undefined;
    if (this.isEmpty) this.clear();
    else if (this.#at > 1000 && this.#at * 2 > this.#items.length) {
      this.#items.splice(0, this.#at);
      this.#at = 0;
    }
    return item;
  }

  clear(): void {
    this.#items.length = 0;
    this.#at = 0;
  }
}
