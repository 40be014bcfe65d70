/** A request whose progress is watched. */
export interface Watched {
  /** The time of its last progress. */
  at: number;
  /** Whether its body is read chunk by chunk. If not, it may only be waiting for a connection or bandwidth while others progress. */
  alone: boolean;
  /** Called when the request has timed out. */
  late(): void;
}

/** Times out requests that make no progress. Uses one timer for all of them, and none while there are no requests. */
export class Watch {
  /** Milliseconds without progress. */
  readonly timeout: number;
  readonly #watched = new Set<Watched>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The time of the last progress of any request. */
  #lastProgress = 0;

  constructor(timeout: number) {
    this.timeout = timeout;
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#timer ??= setTimeout(this.#look, this.timeout);
  }

  touch(watched: Watched): void {
    this.#lastProgress = watched.at = performance.now();
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
      const since = watched.alone ? watched.at : Math.max(watched.at, this.#lastProgress);
      if (now - since >= this.timeout) {
        this.#watched.delete(watched);
        watched.late();
      } else oldest = Math.min(oldest, since);
    }
    this.#timer = this.#watched.size > 0 ? setTimeout(this.#look, this.timeout - (now - oldest)) : undefined;
  };
}
