/** Random numbers that depend only on the seed. */
export class Random {
  #a: number;
  #b: number;
  #c = 0x9e3779b9;
  #counter = 1;

  /** @param index makes the inputs of one seed independent of each other, so that one can be made without those before it */
  constructor(seed: number, index = 0) {
    this.#a = seed >>> 0;
    this.#b = index >>> 0;
    for (let round = 0; round < 12; round++) this.next();
  }

  /** Returns a whole number from 0 to 2^32 - 1 (the generator sfc32). */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Returns a whole number from 0 to `count` - 1. */
  below(count: number): number {
    return this.next() % Math.max(count, 1);
  }

  /** Returns true once in `times` calls, on average. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** Returns 1, more seldom 2, and so on up to `most`. */
  few(most: number): number {
    let count = 1;
    while (count < most && this.once(2)) count++;
    return count;
  }
}
