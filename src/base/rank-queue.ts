/** A queue by rank: the lowest rank first, and within a rank in the order of arrival. Ranks are small integers from 0. */
export class RankQueue<T> {
  readonly #ranks: Set<T>[] = [];
  size = 0;

  add(item: T, rank: number): void {
    for (let each = this.#ranks.length; each <= rank; each++) this.#ranks.push(new Set());
    this.#ranks[rank]?.add(item);
    this.size++;
  }

  /** Returns false if the item was not in the queue. */
  delete(item: T): boolean {
    const had = this.#ranks.some((rank) => rank.delete(item));
    if (had) this.size--;
    return had;
  }

  /** Returns the next item, which stays in the queue until it is deleted. */
  first(): T | undefined {
    for (const rank of this.#ranks) for (const item of rank) return item;
    return undefined;
  }

  /** Moves the first matching item of a higher rank to the end of this rank. */
  promote(isMeant: (item: T) => boolean, rank: number): void {
    for (const line of this.#ranks.slice(rank + 1)) {
      for (const item of line) {
        if (!isMeant(item)) continue;
        line.delete(item);
        this.size--;
        this.add(item, rank);
        return;
      }
    }
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const rank of this.#ranks) yield* rank;
  }
}
