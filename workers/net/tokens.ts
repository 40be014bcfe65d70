import type { InstallerOptions } from "../../src/api/resolve.ts";

/**
 * `Authorization` values by origin, from the embedder's callback: asked once for an origin, and once more for each
 * value that is refused. They live here and in the requests' headers, nowhere else.
 */
export class Tokens {
  readonly #ask: InstallerOptions["token"];
  readonly #known = new Map<string, Promise<string | undefined | null>>();
  readonly #refused = new Map<string, string>();

  constructor(ask: InstallerOptions["token"]) {
    this.#ask = ask;
  }

  /** Nobody was named who could know any: nothing has to be asked. */
  get none(): boolean {
    return !this.#ask;
  }

  /** Undefined: none. Null: the callback failed, or gave what a header cannot carry. Never rejects. */
  of(origin: string): Promise<string | undefined | null> {
    let token = this.#known.get(origin);
    if (!token) {
      token = this.#fetch(origin);
      this.#known.set(origin, token);
    }
    return token;
  }

  /** After a 401: whether there is another value than the one that was `used`. */
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
      // The error is the embedder's own and may quote the token.
      return null;
    }
  }
}
