import type { InstallerOptions } from "../../src/api/resolve.ts";

export type WatchOptions = Pick<InstallerOptions, "timeout" | "deadline" | "minRate">;

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
  /** Milliseconds that one request may take. */
  readonly deadline: number;
  /** Bytes per second that a body must have, measured over `timeout`. */
  readonly minRate: number;
  /** Bytes of all bodies so far. */
  bytes = 0;
  readonly #watched = new Set<Watched>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The time of the last progress of any request. */
  #lastProgress = 0;

  constructor({ timeout = 30_000, deadline = 600_000, minRate = 1000 }: WatchOptions) {
    this.timeout = timeout;
    this.deadline = deadline;
    this.minRate = minRate;
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
