// Loaded on demand: when a request has failed without a reason, which most runs never see. It imports only types, because a module
// shared with the transport would become a file of its own that every page loads.

import type { Failure } from "../../src/api/failure.ts";
import type { Unreached } from "../../src/registry/request-failure.ts";
import type { RequestKind } from "../../src/registry/transport.ts";
import type { Answer, Reply } from "./exchange.ts";

/** Requested if nothing has been read from the registry yet: packages that any registry has, then its root. */
const WELL_KNOWN = ["react", "npm", ""];

/** By origin: the URL that was last read there, and the time. */
export type LastRead = Map<string, { url: URL; at: number }>;

export interface LookOptions {
  /** Sends a request without credentials, for as long as the transport lives. */
  send: (url: URL, init: RequestInit) => Promise<Reply>;
  registry: string;
  relay: string | undefined;
  read: LastRead;
}

/** A request that failed with a bare network error. */
export interface SuspectRequest {
  kind: RequestKind;
  url: URL;
  /** The time at which the request was sent. */
  since: number;
  /** Sends the same request through the relay, if there is one for it. */
  askRelay?: (() => Promise<Reply | undefined>) | undefined;
}

export type Finding =
  /** The relay's answer. With a `warning`, the relay replaces the registry from now on. */
  | { kind: "relayed"; reply: Answer; warning?: Failure }
  /** The registry answers other requests. If this happens twice, the failure is E404. */
  | { kind: "missing" }
  /** The page is secure and the URL is not, so the browser sends no request. */
  | { kind: "mixed" }
  | { kind: "unreachable"; why: () => Promise<Unreached> };

/**
 * Tells "does not exist" from "cannot be reached". Public registries send no CORS header with a 404, so that a page sees the same
 * bare network error for both. If there is a relay, it knows the answer. Otherwise the second look requests something from the
 * same registry that must exist.
 */
export class SecondLook {
  readonly #options: LookOptions;
  readonly #looking = new Map<string, Promise<boolean>>();
  /** By origin: the last look, and the time at which it began. */
  readonly #last = new Map<string, { at: number; found: Promise<boolean> }>();

  constructor(options: LookOptions) {
    this.#options = options;
  }

  async at({ kind, url, since, askRelay }: SuspectRequest): Promise<Finding> {
    const { registry, relay } = this.#options;
    const reply = await askRelay?.();
    const isMixed = isMixedContent(url);
    const base = url.href.startsWith(registry) ? registry : url.href.slice(0, url.href.lastIndexOf("/") + 1);
    const reachable = !isMixed && (await this.#reachable(url, base, since));
    if (reply?.kind === "answer" && isRelayed(reply, kind)) {
      return { kind: "relayed", reply, ...(reachable ? {} : { warning: relayed(registry, relay ?? "") }) };
    }
    if (isMixed) return { kind: "mixed" };
    return reachable ? { kind: "missing" } : { kind: "unreachable", why: () => this.#reason(url) };
  }

  /**
   * Checks whether answers of `url`'s registry can be read now. An answer read since `since`, when the request was sent, proves it.
   * Otherwise all callers share one look. `base` is the registry's URL.
   */
  async #reachable({ origin }: URL, base: string, since: number): Promise<boolean> {
    const { read } = this.#options;
    const isProven = (): boolean => (read.get(origin)?.at ?? -1) >= since;
    if (isProven()) return true;
    // A look that began after the request was sent says the same of it.
    const last = this.#last.get(origin);
    if (last && last.at >= since) return (await last.found) || isProven();
    const found = this.#once(origin, async () => {
      const seen = read.get(origin);
      const targets = seen ? [seen.url] : WELL_KNOWN.map((name) => new URL(base + name));
      const answers = await Promise.all(targets.map((target) => this.#answers(target, "cors")));
      return answers.includes(true);
    });
    this.#last.set(origin, { at: performance.now(), found });
    return (await found) || isProven();
  }

  /** Returns why nothing could be read, as far as a page can know. */
  async #reason(url: URL): Promise<Unreached> {
    // An opaque answer cannot be read, but it proves that CORS is the cause. Its absence proves nothing: COEP blocks it too.
    return (await this.#once(`no-cors ${url.origin}`, () => this.#answers(url, "no-cors"))) ? "cors" : "network";
  }

  #once(key: string, work: () => Promise<boolean>): Promise<boolean> {
    let look = this.#looking.get(key);
    if (!look) {
      look = work().finally(() => this.#looking.delete(key));
      this.#looking.set(key, look);
    }
    return look;
  }

  /** Checks whether there is an answer of any kind. */
  async #answers(url: URL, mode: RequestMode): Promise<boolean> {
    // Bypasses every cache, because a stored answer would prove nothing.
    const reply = await this.#options.send(url, { method: "HEAD", mode, cache: "no-store" });
    // After 429 or 5xx, the first answer may have been the same.
    return reply.kind === "answer" && reply.status < 429;
  }
}

/** Hosts that a browser takes for secure, whatever the protocol. */
const OWN_HOST = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Checks whether a browser blocks a URL as mixed content. A worker's address may be `blob:https:…`. */
function isMixedContent({ protocol, hostname }: URL): boolean {
  const page = globalThis.location?.href ?? "";
  return protocol === "http:" && /^(?:blob:)?https:/.test(page) && !OWN_HOST.test(hostname);
}

/** Checks whether an answer is a relay's. A site without a relay answers too, with its own page for every path. */
function isRelayed({ status, headers }: Answer, kind: RequestKind): boolean {
  const type = headers.get("content-type") ?? "";
  return type.includes("json") || (kind === "tarball" && status === 200 && !type.includes("html"));
}

/** EPROXIED: `proxy` replaces the registry from now on. Base URLs contain no secrets. */
function relayed(url: string, proxy: string): Failure {
  const message = `This page cannot reach ${url}, so all requests go through ${proxy}.`;
  return { code: "EPROXIED", message, requiredBy: [], wayOut: [], details: { url, proxy } };
}
