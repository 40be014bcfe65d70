import type { InstallerOptions } from "../src/api.ts";
import { backoff, retryAfter } from "../src/base/backoff.ts";
import { Limit } from "../src/base/limit.ts";
import { onAbort, orAbort } from "../src/base/on-abort.ts";
import { type Failure, fail, type Outcome, ok } from "../src/errors.ts";
import type { RegistryRequest, RegistryResponse, Transport } from "../src/ports.ts";
import { httpUrl, registryBase } from "../src/registry/registry-config.ts";
import * as failures from "../src/registry/request-failure.ts";
import { type Call, exchange, type Reply } from "./exchange.ts";
import { isOffline, SecondLook } from "./second-look.ts";
import { Tokens } from "./tokens.ts";

export interface FetchTransportOptions
  extends Pick<InstallerOptions, "fetch" | "token" | "concurrency" | "timeout" | "retries" | "proxy"> {
  /** Base URL of the default registry: the one that `proxy` stands in for. */
  registry: string;
  /** Told once, when `proxy` takes over. */
  onWarning?: (warning: Failure) => void;
  /** In [0, 1): spreads the waits. */
  random?: () => number;
}

/** Neither value has a byte that CORS calls unsafe, so that no request needs a preflight. */
const ACCEPT = {
  full: "application/json",
  abbreviated: "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*",
};
/** A registry that asks for more patience than this is told of instead. Milliseconds. */
const LONGEST_WAIT = 60_000;
/** Where `fetch` has no cache: documents are kept for revalidation up to this many bytes, then no more. */
const KEEP = 1 << 28;

/** A page or a worker: the browser's cache revalidates, and its redirects cannot be followed by hand. */
const IN_BROWSER = "document" in globalThis || "importScripts" in globalThis;

type Answer = Extract<Reply, { kind: "answer" }>;
type Kept = Pick<RegistryResponse, "bytes" | "etag">;

/** One `get` on its way: what its attempts have shown so far. */
interface Job {
  request: RegistryRequest;
  url: URL;
  signal: AbortSignal;
  tried: number;
  /** Network errors while the registry answered others. */
  suspicions: number;
  renewed: boolean;
  /** The `Authorization` value last sent. */
  token?: string;
}

type Verdict =
  | { outcome: Outcome<RegistryResponse> }
  | { wait: number; otherwise: () => Failure | Promise<Failure> }
  | "again";

class FetchTransport implements Transport {
  readonly #options: FetchTransportOptions;
  readonly #registry: string;
  readonly #relay: string | undefined;
  /** What every request of this transport has in common. */
  readonly #shared: Pick<Call, "fetch" | "timeout" | "pulse">;
  readonly #retries: number;
  readonly #limit: Limit;
  readonly #tokens: Tokens;
  readonly #look: SecondLook;
  readonly #life = new AbortController();
  readonly #kept = new Map<string, Kept>();
  #keptBytes = 0;
  #relaying = false;
  /** Retries left in all: a dead registry is not asked 4 × 2,600 times. A success gives back what it cost. */
  #budget: number;

  constructor(options: FetchTransportOptions) {
    const { concurrency = 256, timeout = 30_000, retries = 3 } = options;
    this.#options = options;
    this.#registry = registryBase(options.registry) ?? options.registry;
    this.#relay = options.proxy && registryBase(options.proxy, globalThis.location?.href);
    // Unbound, a browser's own fetch throws "Illegal invocation".
    const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#shared = { fetch, timeout, pulse: { at: 0 } };
    this.#retries = retries;
    this.#budget = concurrency * retries;
    this.#limit = new Limit(concurrency);
    this.#tokens = new Tokens(options.token);
    this.#look = new SecondLook({ ...this.#shared, signal: this.#life.signal });
  }

  async get(request: RegistryRequest): Promise<Outcome<RegistryResponse>> {
    const url = httpUrl(request.url);
    if (!url) return fail(failures.badRequest(request));
    if (request.signal?.aborted || this.#life.signal.aborted) return fail(failures.aborted(request));
    const stop = new AbortController();
    const { signal } = stop;
    const forget = [request.signal, this.#life.signal].map((each) => each && onAbort(each, () => stop.abort()));
    try {
      const job: Job = { request, url, signal, tried: 0, suspicions: 0, renewed: false };
      return await this.#limit.run(() => this.#run(job), signal);
    } catch (error) {
      if (signal.aborted) return fail(failures.aborted(request));
      throw error;
    } finally {
      for (const each of forget) each?.();
    }
  }

  dispose(): void {
    this.#life.abort();
    this.#kept.clear();
  }

  /** Attempts until one settles it. @throws when the job's signal aborts */
  async #run(job: Job): Promise<Outcome<RegistryResponse>> {
    for (;;) {
      const verdict = await this.#attempt(job);
      if (verdict === "again") continue;
      if ("outcome" in verdict) {
        if (verdict.outcome.ok) this.#budget += job.tried;
        return verdict.outcome;
      }
      const { wait, otherwise } = verdict;
      if (job.tried >= this.#retries || this.#budget <= 0 || wait > LONGEST_WAIT) {
        return fail(await otherwise());
      }
      job.tried++;
      this.#budget--;
      await sleep(wait, job.signal);
    }
  }

  async #attempt(job: Job): Promise<Verdict> {
    const since = performance.now();
    const url = (this.#relaying && this.#relayUrl(job.url)) || job.url;
    const reply = await this.#ask(job, url);
    if (!reply) return refuse(failures.noToken(job.request));
    switch (reply.kind) {
      case "answer":
        return this.#judge(job, url, reply);
      case "network":
        // A system code, or headers, say that it was the network. A bare error may also be an answer that is hidden,
        // but not from the page's own origin, where a relay is.
        if (!reply.found && !reply.begun && url === job.url && url.origin !== globalThis.location?.origin) {
          return this.#secondLook(job, since);
        }
        return this.#later(job, () => failures.unreachable(job.request, "network", reply.found));
      case "timeout":
        return this.#later(job, () => failures.timedOut(job.request, this.#shared.timeout));
      case "aborted":
        return refuse(failures.aborted(job.request));
      default:
        return reply satisfies never;
    }
  }

  #later(job: Job, otherwise: () => Failure | Promise<Failure>, wait?: number): Verdict {
    return { wait: wait ?? backoff(job.tried, (this.#options.random ?? Math.random)()), otherwise };
  }

  /** One request. Undefined where there should be a token and is none. */
  async #ask(job: Job, url: URL): Promise<Reply | undefined> {
    const { kind, metadata } = job.request;
    const token = await orAbort(this.#tokens.of(url.origin), job.signal);
    if (token === null) return undefined;
    const headers: Record<string, string> = { accept: kind === "tarball" ? "*/*" : ACCEPT[metadata] };
    if (token) headers["authorization"] = job.token = token;
    const etag = this.#keptFor(job, url)?.etag;
    if (etag) headers["if-none-match"] = etag;
    const init: RequestInit = IN_BROWSER
      ? { cache: kind === "tarball" ? "default" : "no-cache" }
      : { redirect: "manual" };
    // A chunk at a time costs a page 6 % more of its thread for each packument. One that failed is worth that.
    const whole = kind !== "tarball" && job.tried === 0;
    return exchange({ ...this.#shared, url, init, headers, whole, signal: job.signal });
  }

  async #judge(job: Job, url: URL, reply: Answer): Promise<Verdict> {
    const { request } = job;
    const { status, headers, bytes } = reply;
    const kept = this.#keptFor(job, url);
    if (status === 304 && kept) {
      this.#look.note(url);
      return { outcome: ok({ ...kept, transferred: 0 }) };
    }
    if (status >= 200 && status < 300) {
      if (request.kind !== "tarball" && isCut(bytes)) return this.#later(job, () => failures.cutShort(request));
      this.#look.note(url);
      return { outcome: ok(this.#accept(job, url, reply)) };
    }
    if (status === 401 && job.token && !job.renewed) {
      job.renewed = true;
      if (await orAbort(this.#tokens.renew(url.origin, job.token), job.signal)) return "again";
    }
    const wait = retryAfter(headers.get("retry-after"), Date.now());
    const otherwise = (): Failure => failures.badStatus(request, status, wait);
    return status === 408 || status === 429 || status >= 500 ? this.#later(job, otherwise, wait) : refuse(otherwise());
  }

  #accept(job: Job, url: URL, { headers, bytes }: Answer): RegistryResponse {
    const etag = headers.get("etag");
    const length = Number(headers.get("content-length")) || bytes.length;
    const response = { bytes, transferred: length, ...(etag ? { etag } : {}) };
    if (etag && !IN_BROWSER && job.request.kind !== "tarball" && this.#keptBytes + bytes.length <= KEEP) {
      const key = keyOf(job, url);
      this.#keptBytes += bytes.length - (this.#kept.get(key)?.bytes.length ?? 0);
      this.#kept.set(key, { bytes, etag });
    }
    return response;
  }

  /** Bytes that were transferred to another thread are gone. */
  #keptFor(job: Job, url: URL): Kept | undefined {
    const kept = this.#kept.get(keyOf(job, url));
    return kept?.bytes.length ? kept : undefined;
  }

  /**
   * After a bare network error. A relay, where one is given, knows the answer. Else it is E404 when this request fails
   * twice while the same registry answers others, and EUNREACHABLE when it answers none.
   */
  async #secondLook(job: Job, since: number): Promise<Verdict> {
    const { request, url, signal } = job;
    const registry = this.#registry;
    if (isOffline()) return refuse(failures.unreachable(request, "offline"));
    const relayUrl = this.#relayUrl(url);
    if (relayUrl && this.#relaying) return "again"; // Another has decided in the meantime.
    const reply = relayUrl && (await this.#ask(job, relayUrl));
    const base = url.href.startsWith(registry) ? registry : url.href.slice(0, url.href.lastIndexOf("/") + 1);
    const reachable = await orAbort(this.#look.reachable(url, base, since), signal);
    if (reply?.kind === "answer" && isRelayed(reply, request.kind)) {
      if (!reachable && !this.#relaying) {
        this.#relaying = true;
        this.#options.onWarning?.(failures.relayed(registry, this.#relay!));
      }
      return this.#judge(job, relayUrl!, reply);
    }
    if (!reachable) {
      return this.#later(job, async () => failures.unreachable(request, await orAbort(this.#look.reason(url), signal)));
    }
    const missing = failures.notFound(request, "twice no readable answer, while the registry answered others");
    return job.suspicions++ ? refuse(missing) : this.#later(job, () => missing);
  }

  #relayUrl(url: URL): URL | undefined {
    const registry = this.#registry;
    if (!this.#relay || !url.href.startsWith(registry)) return undefined;
    return new URL(this.#relay + url.href.slice(registry.length));
  }
}

const refuse = (reason: Failure): Verdict => ({ outcome: fail(reason) });

const keyOf = ({ request }: Job, url: URL): string => `${request.metadata} ${url.href}`;

/** A document that opens and never closes. What is no document at all is for its reader to refuse. */
function isCut(bytes: Uint8Array): boolean {
  let end = bytes.length - 1;
  while (end > 0 && bytes[end]! <= 32) end--;
  return bytes[0] === 123 && bytes[end] !== 125;
}

/** A site without a relay answers too, with its own page for everything. */
function isRelayed({ status, headers }: Answer, kind: RegistryRequest["kind"]): boolean {
  const type = headers.get("content-type") ?? "";
  return type.includes("json") || (kind === "tarball" && status === 200 && !type.includes("html"));
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slept = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  return orAbort(slept, signal).finally(() => clearTimeout(timer));
}

/** A registry over `fetch`: bounded, patient, and silent about credentials. Every failure is an outcome with a code. */
export function createFetchTransport(options: FetchTransportOptions): Transport {
  return new FetchTransport(options);
}
