// Loaded on demand: at the first request outside of browsers, where `fetch` has no cache and follows no redirects safely.

import { isBelow } from "../../src/registry/is-below.ts";
import { httpUrl } from "../../src/registry/registry-config.ts";
import { type Call, exchange, type Reply } from "./exchange.ts";

/** Bytes of documents that are kept for revalidation. */
const KEEP = 1 << 28;
/** The most redirects that are followed. */
const HOPS = 10;

interface Kept {
  bytes: Uint8Array;
  etag: string;
}

/** Does what a browser does by itself: revalidates by ETag, and follows redirects without passing on credentials. */
export class ByHand {
  readonly #kept = new Map<string, Kept>();
  #keptBytes = 0;

  /**
   * Sends one request for the document `key`. Turns an answer of 304 into 200 with the kept bytes.
   * @param base the base URL that the call's credentials belong to
   */
  async exchange(call: Call, key: string, base: string | undefined): Promise<Reply> {
    const kept = this.#kept.get(key);
    // The length is 0 if the bytes were transferred to another thread.
    const headers = kept?.bytes.length ? { ...call.headers, "if-none-match": kept.etag } : call.headers;
    const init: RequestInit = { redirect: "manual" };
    // Otherwise `fetch` adds `cache-control: no-cache` to a conditional request, and registries such as Verdaccio then send the whole
    // document (Fetch standard, §4.5). With this cache mode it adds `max-age=0`.
    if (headers["if-none-match"]) init.cache = "no-cache";
    const reply = await exchange({ ...call, headers, init, fetch: follow(call.fetch, base) });
    if (reply.kind !== "answer" || reply.status !== 304 || headers === call.headers || !kept) return reply;
    return { ...reply, status: 200, bytes: kept.bytes, transferred: 0 };
  }

  keep(key: string, bytes: Uint8Array, etag: string | null): void {
    const known = this.#kept.get(key)?.bytes.length ?? 0;
    if (!etag || this.#keptBytes + bytes.length - known > KEEP) return;
    this.#keptBytes += bytes.length - known;
    this.#kept.set(key, { bytes, etag });
  }
}

/**
 * Wraps `fetch` so that redirects are followed as a browser follows them (Fetch standard, §4.4), but with less trust: `Authorization`
 * is dropped when a redirect leaves `base`, not only the origin, and not added again.
 */
function follow(fetch: typeof globalThis.fetch, base: string | undefined): typeof globalThis.fetch {
  return async (start, init) => {
    let url = new URL(String(start));
    const headers: Record<string, string> = { ...(init?.headers as Record<string, string>) };
    for (let hop = 0; ; hop++) {
      const response = await fetch(url.href, { ...init, headers: { ...headers } });
      const location = response.status >= 300 && response.headers.get("location");
      if (!location || hop === HOPS) return response;
      response.body?.cancel().catch(() => {});
      const next = httpUrl(location, url.href);
      if (!next) return response;
      if (!base || !isBelow(next, base)) delete headers["authorization"];
      url = next;
    }
  };
}
