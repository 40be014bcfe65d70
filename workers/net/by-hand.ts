import { httpUrl } from "../../src/registry/registry-config.ts";
import { type Call, exchange, type Reply } from "./exchange.ts";

// Loaded outside of browsers, where `fetch` has no cache and shows redirects.

/** Documents are kept for revalidation up to this many bytes, then no more. */
const KEEP = 1 << 28;
const HOPS = 10;

interface Kept {
  bytes: Uint8Array;
  etag: string;
}

/** What a browser does by itself: revalidation by ETag, and redirects that take no credentials to another origin. */
export class ByHand {
  readonly #kept = new Map<string, Kept>();
  #keptBytes = 0;

  /** One request. `key` is the document's; an answer of 304 comes as 200 with the bytes that were kept. */
  async exchange(call: Call, key: string): Promise<Reply> {
    const kept = this.#kept.get(key);
    // Bytes that were transferred to another thread are gone.
    const headers = kept?.bytes.length ? { ...call.headers, "if-none-match": kept.etag } : call.headers;
    const reply = await exchange({ ...call, headers, init: { redirect: "manual" }, fetch: follow(call.fetch) });
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
 * In a page the browser follows redirects, and drops `Authorization` where they leave the origin (Fetch standard, §4.4).
 * Here they are followed by the same rule: once dropped it does not come back.
 */
function follow(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
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
      if (next.origin !== url.origin) delete headers["authorization"];
      url = next;
    }
  };
}
