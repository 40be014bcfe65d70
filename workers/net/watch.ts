/** A request that is watched: when anything last came of it, and how it is told that it has taken too long. */
export interface Watched {
  at: number;
  /** Whether it is heard of piece by piece. Else it may only be waiting (HTTP/1.1 has six connections, a line has its width) while others come. */
  alone: boolean;
  late(): void;
}

/** Gives up requests of which nothing comes for too long. One timer for all of them, and none where there are none. */
export class Watch {
  /** Milliseconds without anything coming. */
  readonly timeout: number;
  readonly #watched = new Set<Watched>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When anything last came, to any of them. */
  #pulse = 0;

  constructor(timeout: number) {
    this.timeout = timeout;
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#timer ??= setTimeout(this.#look, this.timeout);
  }

  touch(watched: Watched): void {
    this.#pulse = watched.at = performance.now();
  }

  remove(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    const now = performance.now();
    let oldest = now;
    for (const watched of this.#watched) {
      const since = watched.alone ? watched.at : Math.max(watched.at, this.#pulse);
      if (now - since >= this.timeout) {
        this.#watched.delete(watched);
        watched.late();
      } else oldest = Math.min(oldest, since);
    }
    this.#timer = this.#watched.size > 0 ? setTimeout(this.#look, this.timeout - (now - oldest)) : undefined;
  };
}
