/** A set of positions that finds the lowest one at once: a bit for each position. */
export class PositionSet {
  #words: Uint32Array = new Uint32Array(8);
  /** Every word before this one is zero. */
  #low = 0;

  add(position: number): void {
    const word = position >>> 5;
    if (word >= this.#words.length) {
      const words = new Uint32Array(2 * word);
      words.set(this.#words);
      this.#words = words;
    }
    this.#words[word] = (this.#words[word] as number) | (1 << (position & 31));
    if (word < this.#low) this.#low = word;
  }

  delete(position: number): void {
    const word = position >>> 5;
    if (word < this.#words.length) this.#words[word] = (this.#words[word] as number) & ~(1 << (position & 31));
  }

  /** Returns the lowest position, or -1. */
  first(): number {
    const words = this.#words;
    while (this.#low < words.length && words[this.#low] === 0) this.#low++;
    const word = words[this.#low];
    return word === undefined ? -1 : this.#low * 32 + 31 - Math.clz32(word & -word);
  }
}
