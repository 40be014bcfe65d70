import type { InstallerOptions } from "../../src/api/resolve.ts";

/**
 * The `Authorization` values from the embedder's `token` callback, by origin. The callback is called once for an origin, and once
 * more for each value that is refused. The values are kept only here and in the headers of requests.
 */
export class Tokens {
  readonly #ask: InstallerOptions["token"];
  readonly #known = new Map<string, Promise<string | undefined | null>>();
  readonly #refused = new Map<string, string>();

  constructor(ask: InstallerOptions["token"]) {
    this.#ask = ask;
  }

  /** Whether there is no callback. */
  get none(): boolean {
    return !this.#ask;
  }

  /** Returns the value for an origin; undefined if there is none; null if the callback failed or its value cannot be a header. Never rejects. */
  of(origin: string): Promise<string | undefined | null> {
    let token = this.#known.get(origin);
    if (!token) {
      token = this.#fetch(origin);
      this.#known.set(origin, token);
    }
    return token;
  }

  /** Called after a 401. Returns whether there is another value than the `used` one. */
  async renew(origin: string, used: string): Promise<boolean> {
    if ((await this.of(origin)) === used && this.#refused.get(origin) !== used) {
      this.#refused.set(origin, used);
      this.#known.delete(origin);
    }
    return (await this.of(origin)) !== used;
  }

  async #fetch(origin: string): Promise<string | undefined | null> {
    try {
      const token = await this.#ask?.(origin);
      if (!token) return undefined;
      if (!/^[ -~]+$/.test(token)) return null;
      return token.includes(" ") ? token : `Bearer ${token}`;
    } catch {
      // The error is dropped, because it may quote the token.
      return null;
    }
  }
}
