import { onAbort } from "../../src/base/on-abort.ts";

/** Requests at most before an origin has answered one. Over HTTP/1.1 a browser has as many connections. */
const FIRST = 6;

/**
 * Finds out whether an origin answers.
 *
 * 1. Until the first answer, at most {@link FIRST} requests are sent. All others wait until these have ended.
 * 2. If none of them gets an answer, one request at a time is sent, each after a pause.
 * 3. If none of these gets an answer either, all waiting and later requests fail.
 */
export class Reach {
  /** Whether there was an answer of any status. */
  answered = false;
  #dead = false;
  /** Requests in progress. */
  #out = 0;
  /** Rounds of requests that failed: the first ones, then single ones. */
  #rounds = 0;
  #hasFailed = false;
  #pause: ReturnType<typeof setTimeout> | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #retries: number;
  readonly #pauseOf: (round: number) => number;

  /** @param retries rounds after the first @param pauseOf milliseconds before each of them */
  constructor(retries: number, pauseOf: (round: number) => number) {
    this.#retries = retries;
    this.#pauseOf = pauseOf;
  }

  /** Waits until a request may be sent; then it must `leave`. Returns false if the origin does not answer. @throws the signal's reason */
  async enter(signal: AbortSignal): Promise<boolean> {
    while (!this.answered && !this.#dead && !this.#hasRoom) {
      await new Promise<void>((resolve) => {
        const forget = onAbort(signal, () => wake());
        const wake = (): void => {
          forget();
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
      signal.throwIfAborted();
    }
    if (!this.#dead) this.#out++;
    return !this.#dead;
  }

  /** Ends a request that has entered. `final`: no other request can succeed. */
  leave(end: "answer" | "failure" | "final" | "cancel"): void {
    this.#out--;
    if (end === "answer") this.answer();
    if (this.answered) return;
    if (end === "final") this.#dead = true;
    if (end === "failure") this.#hasFailed = true;
    if (this.#out === 0 && this.#hasFailed && !this.#dead) this.#endRound();
    this.#wakeAll();
  }

  /** Notes that the origin has answered some request. */
  answer(): void {
    this.answered = true;
    clearTimeout(this.#pause);
    this.#wakeAll();
  }

  dispose(): void {
    clearTimeout(this.#pause);
  }

  get #hasRoom(): boolean {
    return this.#pause === undefined && !this.#hasFailed && this.#out < (this.#rounds === 0 ? FIRST : 1);
  }

  #endRound(): void {
    this.#hasFailed = false;
    if (this.#rounds++ >= this.#retries) this.#dead = true;
    else
      this.#pause = setTimeout(
        () => {
          this.#pause = undefined;
          this.#wakeAll();
        },
        this.#pauseOf(this.#rounds - 1),
      );
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
