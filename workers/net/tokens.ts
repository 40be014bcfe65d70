// Loaded on demand: when an installer has a `token` callback, or a project credentials.

import type { InstallerOptions } from "../../src/api/resolve.ts";
import { isBelow } from "../../src/registry/is-below.ts";
import { DEFAULT_REGISTRY, type ProjectCredential, registryBase } from "../../src/registry/registry-config.ts";

/** The options of an installer that decide which requests carry credentials. */
export type TokenOptions = Pick<InstallerOptions, "token" | "registry" | "scopes" | "tokenUrls"> & {
  /** Those of the project's `.npmrc`. The callback's wins. */
  credentials?: readonly ProjectCredential[] | undefined;
};

/**
 * The `Authorization` values from the embedder's `token` callback, by URL. Where it gives none, those of the project count. The callback is called once for a URL, and once more for
 * each value that is refused. It is called only for URLs below the addresses that the embedder has configured, never for a URL that
 * a lock, a packument or a project's `.npmrc` has. The values are kept only here and in the headers of requests.
 */
export class Tokens {
  readonly #ask: InstallerOptions["token"];
  /** Base URLs, the longest first. */
  readonly #bases: readonly string[];
  /** The longest base URL first. */
  readonly #credentials: readonly ProjectCredential[];
  readonly #known = new Map<string, Promise<string | undefined | null>>();
  readonly #refused = new Map<string, string>();
  /** URLs that have credentials of the project. */
  readonly #ofProject = new Set<string>();

  constructor({ token, registry = DEFAULT_REGISTRY, scopes = {}, tokenUrls = [], credentials = [] }: TokenOptions) {
    this.#ask = token;
    this.#credentials = [...credentials].sort((a, b) => b.base.length - a.base.length);
    const bases = [registry, ...Object.values(scopes), ...tokenUrls].map((url) => registryBase(url));
    this.#bases = bases.filter((base) => base !== undefined).sort((a, b) => b.length - a.length);
  }

  /** Returns the base URL that the credentials of `url` never leave; undefined if `url` can have none. Call it after `of`. */
  baseOf(url: URL): string | undefined {
    return this.#ofProject.has(url.href) ? this.#credentialOf(url)?.base : this.#registryOf(url);
  }

  /** Returns the value for a URL; undefined if there is none; null if the callback failed or its value cannot be a header. Never rejects. */
  of(url: URL): Promise<string | undefined | null> {
    let token = this.#known.get(url.href);
    if (!token) {
      token = this.#fetch(url);
      this.#known.set(url.href, token);
    }
    return token;
  }

  /** Called after a 401. Returns whether there is another value than the `used` one. */
  async renew(url: URL, used: string): Promise<boolean> {
    if ((await this.of(url)) === used && this.#refused.get(url.href) !== used) {
      this.#refused.set(url.href, used);
      this.#known.delete(url.href);
    }
    return (await this.of(url)) !== used;
  }

  async #fetch(url: URL): Promise<string | undefined | null> {
    const registry = this.#registryOf(url);
    if (!registry) return undefined;
    try {
      const token = await this.#ask?.(url.href, { registry });
      if (!token) return this.#projectValue(url);
      if (!/^[ -~]+$/.test(token)) return null;
      return token.includes(" ") ? token : `Bearer ${token}`;
    } catch {
      // The error is dropped, because it may quote the token.
      return null;
    }
  }

  /** Returns the longest configured base URL that `url` is below. */
  #registryOf(url: URL): string | undefined {
    return this.#bases.find((base) => isBelow(url, base));
  }

  #credentialOf(url: URL): ProjectCredential | undefined {
    return this.#credentials.find(({ base }) => isBelow(url, base));
  }

  #projectValue(url: URL): string | undefined {
    const credential = this.#credentialOf(url);
    if (credential) this.#ofProject.add(url.href);
    return credential?.authorization;
  }
}
