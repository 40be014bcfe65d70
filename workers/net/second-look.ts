import type { Failure } from "../../src/api/failure.ts";
import type { Unreached } from "../../src/registry/request-failure.ts";
import type { RequestKind } from "../../src/registry/transport.ts";
import type { Reply } from "./exchange.ts";

// Loaded when a request has failed without a reason, which most runs never see. It imports types alone: a module that
// it shared with the transport would become a file of its own, for every page to load.

/** Asked for where nothing has been read yet: packages that a registry of any use has, then its front door. */
const WELL_KNOWN = ["react", "npm", ""];

/** By origin: what was read there last, and when. */
export type LastRead = Map<string, { url: URL; at: number }>;

export interface LookOptions {
  /** Sends a request without credentials, for as long as the transport lives. */
  send: (url: URL, init: RequestInit) => Promise<Reply>;
  registry: string;
  relay: string | undefined;
  read: LastRead;
}

/** A request that got a bare network error. */
export interface Question {
  kind: RequestKind;
  url: URL;
  /** When it was sent. */
  since: number;
  /** The same request, through the relay, where there is one for it. */
  askRelay?: (() => Promise<Reply | undefined>) | undefined;
}

type Answer = Extract<Reply, { kind: "answer" }>;

export type Finding =
  /** What the relay says; with a `warning` it stands in for the registry from here on. */
  | { kind: "relayed"; reply: Answer; warning?: Failure }
  /** The registry answers others: E404 if it happens twice. */
  | { kind: "missing" }
  | { kind: "unreachable"; why: () => Promise<Unreached> };

/**
 * Public registries send no CORS header with a 404, so that a page cannot tell "does not exist" from "could not be
 * reached": both are a bare network error. A relay, where one is given, knows the answer. Else the same registry is
 * asked for something that must succeed.
 */
export class SecondLook {
  readonly #options: LookOptions;
  readonly #looking = new Map<string, Promise<boolean>>();

  constructor(options: LookOptions) {
    this.#options = options;
  }

  async at({ kind, url, since, askRelay }: Question): Promise<Finding> {
    const { registry, relay } = this.#options;
    const reply = await askRelay?.();
    const base = url.href.startsWith(registry) ? registry : url.href.slice(0, url.href.lastIndexOf("/") + 1);
    const reachable = await this.#reachable(url, base, since);
    if (reply?.kind === "answer" && isRelayed(reply, kind)) {
      return { kind: "relayed", reply, ...(reachable ? {} : { warning: relayed(registry, relay ?? "") }) };
    }
    return reachable ? { kind: "missing" } : { kind: "unreachable", why: () => this.#reason(url) };
  }

  /**
   * Whether answers of `url`'s registry can be read now. An answer that has come since the request was sent (`since`)
   * settles it without a request; else everybody who asks meanwhile shares one look. `base` is the registry's URL.
   */
  async #reachable({ origin }: URL, base: string, since: number): Promise<boolean> {
    const { read } = this.#options;
    const isProven = (): boolean => (read.get(origin)?.at ?? -1) >= since;
    if (isProven()) return true;
    const found = await this.#once(origin, async () => {
      const seen = read.get(origin);
      const targets = seen ? [seen.url] : WELL_KNOWN.map((name) => new URL(base + name));
      const answers = await Promise.all(targets.map((target) => this.#answers(target, "cors")));
      return answers.includes(true);
    });
    return found || isProven();
  }

  /** Why nothing could be read: as far as a page can know. */
  async #reason(url: URL): Promise<Unreached> {
    // An opaque answer cannot be read, but it is an answer. (Its absence proves nothing: COEP blocks it too.)
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

  /** What is asked is whether there is an answer, not which. */
  async #answers(url: URL, mode: RequestMode): Promise<boolean> {
    // HEAD past every cache: a stored answer would prove nothing.
    const reply = await this.#options.send(url, { method: "HEAD", mode, cache: "no-store" });
    // 429 and 5xx leave open what the first answer was.
    return reply.kind === "answer" && reply.status < 429;
  }
}

/** A site without a relay answers too, with its own page for everything. */
function isRelayed({ status, headers }: Answer, kind: RequestKind): boolean {
  const type = headers.get("content-type") ?? "";
  return type.includes("json") || (kind === "tarball" && status === 200 && !type.includes("html"));
}

/** A warning: `proxy` stands in for `registry` from here on. Base URLs carry nothing to hide. */
function relayed(url: string, proxy: string): Failure {
  const message = `${url} cannot be reached from this page: everything goes through ${proxy}.`;
  return { code: "EPROXIED", message, requiredBy: [], wayOut: [], details: { url, proxy } };
}
