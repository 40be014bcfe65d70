/** How a call fails. */
export type Kind = "throws" | "rejects" | "never" | "partial" | "quota" | "closed";

export const KINDS: readonly Kind[] = ["throws", "rejects", "never", "partial", "quota", "closed"];

/** The error of a call that fails. It has the names and codes of browsers and of Node. */
export class Injected extends Error {
  readonly code: string;
  constructor(kind: Kind) {
    super(`injected: ${kind}`);
    const isDom = kind === "quota" || kind === "closed";
    this.name = kind === "quota" ? "QuotaExceededError" : isDom ? "InvalidStateError" : "Error";
    this.code = kind === "quota" ? "ENOSPC" : kind === "closed" ? "EBADF" : "EIO";
  }
}

/** What a part of the outside world offers besides the call itself. */
export interface Manners<T> {
  /** Does a part of the call, and may return its result. Default: the call does nothing and fails. */
  partial?(): Promise<T> | T;
}

/** Counts the calls of one run, and makes the one at position `at` fail. Without `at`, it only counts. */
export class Injector {
  /** The names of all calls so far, in order. */
  readonly calls: string[] = [];
  /** Whether it counts and injects. */
  on = true;
  readonly #at: number;
  readonly #kind: Kind;

  constructor(at = Number.POSITIVE_INFINITY, kind: Kind = "rejects") {
    this.#at = at;
    this.#kind = kind;
  }

  get happened(): boolean {
    return this.calls.length > this.#at;
  }

  /** Returns the kind with which the next call fails, or undefined. Counts the call. */
  next(name: string): Kind | undefined {
    if (!this.on) return undefined;
    return this.calls.push(name) - 1 === this.#at ? this.#kind : undefined;
  }

  /** Makes a call, or lets it fail. `throws` throws at once, as no promise. */
  call<T>(name: string, real: () => Promise<T>, { partial }: Manners<T> = {}): Promise<T> {
    const kind = this.next(name);
    switch (kind) {
      case undefined:
        return real();
      case "throws":
        throw new Injected(kind);
      case "never":
        return new Promise(() => {});
      case "partial":
        return partial ? (async () => await partial())() : Promise.reject(new Injected(kind));
      default:
        return Promise.reject(new Injected(kind));
    }
  }
}
