/** What waits in line: the lowest rank first, and within a rank first come, first served. Ranks are small whole numbers from 0 on. */
export class RankQueue<T> {
  readonly #ranks: Set<T>[] = [];
  size = 0;

  add(item: T, rank: number): void {
    for (let each = this.#ranks.length; each <= rank; each++) this.#ranks.push(new Set());
    this.#ranks[rank]?.add(item);
    this.size++;
  }

  /** False: it was not in line. */
  delete(item: T): boolean {
    const had = this.#ranks.some((rank) => rank.delete(item));
    if (had) this.size--;
    return had;
  }

  /** Who is next, and stays until deleted. */
  first(): T | undefined {
    for (const rank of this.#ranks) for (const item of rank) return item;
    return undefined;
  }

  /** Moves the first one of a higher rank that is meant to the end of this one. */
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
