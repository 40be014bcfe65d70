import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { backoff, retryAfter } from "../../src/base/backoff.ts";
import { Limit } from "../../src/base/limit.ts";
import { onAbort, orAbort } from "../../src/base/on-abort.ts";
import { fail, failure, type Outcome, ok } from "../../src/errors/failure.ts";
import { cancelled } from "../../src/errors/work.ts";
import { httpUrl, registryBase } from "../../src/registry/registry-config.ts";
import type { RequestFacts } from "../../src/registry/request-failure.ts";
import type { RegistryRequest, RegistryResponse, Transport } from "../../src/registry/transport.ts";
import type { ByHand } from "./by-hand.ts";
import { type Call, exchange, type Reply } from "./exchange.ts";
import { Pace } from "./pace.ts";
import type { LastRead, SecondLook } from "./second-look.ts";
import { Tokens } from "./tokens.ts";
import { Watch } from "./watch.ts";

export interface FetchTransportOptions
  extends Pick<InstallerOptions, "fetch" | "token" | "concurrency" | "timeout" | "retries" | "proxy"> {
  /** Base URL of the default registry: the one that `proxy` stands in for. */
  registry: string;
  /** Told once, when `proxy` takes over. */
  onWarning?: (warning: Failure) => void;
  /** Those of `token`, where others look at them too. */
  tokens?: Tokens;
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

/** A page or a worker: the browser's cache revalidates, and its redirects cannot be followed by hand. */
const IN_BROWSER = "document" in globalThis || "importScripts" in globalThis;

type Answer = Extract<Reply, { kind: "answer" }>;

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

/** What a failure says beside the request's own name and URL. */
type Told = Omit<RequestFacts, "name" | "url">;
type Verdict =
  | { response: RegistryResponse }
  /** Without `wait` it cannot be mended by asking again. */
  | { told: () => Told | Promise<Told>; wait?: number }
  | "again";

class FetchTransport implements Transport {
  readonly #options: FetchTransportOptions;
  readonly #registry: string;
  readonly #relay: string | undefined;
  /** What every request of this transport has in common. */
  readonly #shared: Pick<Call, "fetch" | "watch">;
  readonly #retries: number;
  readonly #limit: Limit;
  /** Only a page is to stay free. */
  readonly #pace = "document" in globalThis ? new Pace() : undefined;
  readonly #tokens: Tokens;
  readonly #read: LastRead = new Map();
  #look: Promise<SecondLook | undefined> | undefined;
  readonly #life = new AbortController();
  /** Once asked, outside of browsers. */
  #byHand: ByHand | undefined;
  #relaying = false;
  /** Retries left in all: a dead registry is not asked 4 × 2,600 times. A success gives back what it cost. */
  #budget: number;

  constructor(options: FetchTransportOptions) {
    const { concurrency = IN_BROWSER ? 256 : 16, timeout = 30_000, retries = 3 } = options;
    this.#options = options;
    this.#registry = registryBase(options.registry) ?? options.registry;
    this.#relay = options.proxy && registryBase(options.proxy, globalThis.location?.href);
    // Unbound, a browser's own fetch throws "Illegal invocation".
    const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#shared = { fetch, watch: new Watch(timeout) };
    this.#retries = retries;
    this.#budget = concurrency * retries;
    this.#limit = new Limit(concurrency);
    this.#tokens = options.tokens ?? new Tokens(options.token);
  }

  async get(request: RegistryRequest): Promise<Outcome<RegistryResponse>> {
    const url = httpUrl(request.url);
    if (!url) return fail(await tell(request.name, url, { code: "EINVALIDURL" }));
    if (request.signal?.aborted || this.#life.signal.aborted) return aborted(request);
    const { signal, forget } = this.#either(request.signal);
    try {
      const job: Job = { request, url, signal, tried: 0, suspicions: 0, renewed: false };
      const work = async (): Promise<Outcome<RegistryResponse>> => {
        await this.#pace?.turn();
        return await this.#run(job);
      };
      return await this.#limit.run(work, { signal, key: request.url, rank: request.rank });
    } catch (error) {
      if (signal.aborted) return aborted(request);
      throw error;
    } finally {
      forget?.();
    }
  }

  /** Aborts with the transport's life, and with `signal` where there is one: most often there is none, and nothing to be made. */
  #either(signal: AbortSignal | undefined): { signal: AbortSignal; forget?: () => void } {
    const life = this.#life.signal;
    if (!signal) return { signal: life };
    const stop = new AbortController();
    const forget = [signal, life].map((each) => onAbort(each, () => stop.abort()));
    const forgetBoth = (): void => {
      for (const each of forget) each();
    };
    return { signal: stop.signal, forget: forgetBoth };
  }

  hurry(url: string, rank: number): void {
    this.#limit.hurry(url, rank);
  }

  dispose(): void {
    this.#life.abort();
    this.#byHand = undefined;
  }

  /** Attempts until one settles it. @throws when the job's signal aborts */
  async #run(job: Job): Promise<Outcome<RegistryResponse>> {
    for (;;) {
      const verdict = await this.#attempt(job);
      if (verdict === "again") continue;
      if ("response" in verdict) {
        this.#budget += job.tried;
        return ok(verdict.response);
      }
      const { told, wait } = verdict;
      if (wait === undefined || wait > LONGEST_WAIT || job.tried >= this.#retries || this.#budget <= 0) {
        return fail(await tell(job.request.name, job.url, await told()));
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
    if (!reply) return refuse({ code: "ENEEDAUTH" });
    switch (reply.kind) {
      case "answer":
        return this.#judge(job, url, reply);
      case "network":
        // A system code, or headers, say that it was the network. A bare error may also be an answer that is hidden,
        // but not from the page's own origin, where a relay is.
        if (!reply.found && !reply.begun && url === job.url && url.origin !== globalThis.location?.origin) {
          return this.#secondLook(job, since);
        }
        return this.#later(job, () => ({ code: "EUNREACHABLE", reason: "network", found: reply.found }));
      case "timeout":
        return this.#later(job, () => ({ code: "ETIMEDOUT", milliseconds: this.#shared.watch.timeout }));
      case "aborted":
        throw job.signal.reason;
      default:
        return reply satisfies never;
    }
  }

  #later(job: Job, told: () => Told | Promise<Told>, wait?: number): Verdict {
    return { told, wait: wait ?? backoff(job.tried, (this.#options.random ?? Math.random)()) };
  }

  /** One request. Undefined where there should be a token and is none. */
  async #ask(job: Job, url: URL): Promise<Reply | undefined> {
    const { kind, metadata, etag, kept } = job.request;
    const token = this.#tokens.none ? undefined : await orAbort(this.#tokens.of(url.origin), job.signal);
    if (token === null) return undefined;
    const headers: Record<string, string> = { accept: kind === "tarball" ? "*/*" : ACCEPT[metadata] };
    // A page's own would need leave from the registry (a preflight for each), and its browser asks with one anyway.
    if (etag && !IN_BROWSER) headers["if-none-match"] = etag;
    if (token) headers["authorization"] = job.token = token;
    const init: RequestInit = { cache: kept ? "no-store" : kind === "tarball" ? "default" : "no-cache" };
    // A chunk at a time costs a page 6 % more of its thread for each packument. One that failed is worth that.
    const whole = job.tried === 0 && (kind !== "tarball" || "small");
    const call: Call = { ...this.#shared, url, init, headers, whole, known: etag, signal: job.signal };
    if (IN_BROWSER) return exchange(call);
    const { ByHand } = await import("./by-hand.ts");
    this.#byHand ??= new ByHand();
    return this.#byHand.exchange(call, keyOf(job, url));
  }

  async #judge(job: Job, url: URL, reply: Answer): Promise<Verdict> {
    const { request } = job;
    const { status, headers, bytes } = reply;
    if (status === 304 && request.etag) {
      this.#note(url);
      return { response: { bytes: new Uint8Array(), transferred: 0, notModified: true } };
    }
    if (status >= 200 && status < 300) {
      if (request.kind !== "tarball" && isCut(bytes)) return this.#later(job, () => ({ code: "EINVALIDPACKUMENT" }));
      this.#note(url);
      return { response: this.#accept(job, url, reply) };
    }
    if (status === 401 && job.token && !job.renewed) {
      job.renewed = true;
      if (await orAbort(this.#tokens.renew(url.origin, job.token), job.signal)) return "again";
    }
    const wait = retryAfter(headers.get("retry-after"), Date.now());
    const told: Told = { code: `E${status}`, milliseconds: wait };
    return status === 408 || status === 429 || status >= 500 ? this.#later(job, () => told, wait) : refuse(told);
  }

  /** The proof that a second look goes by. */
  #note(url: URL): void {
    this.#read.set(url.origin, { url, at: performance.now() });
  }

  #accept(job: Job, url: URL, { headers, bytes, transferred }: Answer): RegistryResponse {
    const etag = headers.get("etag");
    if (job.request.kind !== "tarball") this.#byHand?.keep(keyOf(job, url), bytes, etag);
    const length = transferred ?? (Number(headers.get("content-length")) || bytes.length);
    return { bytes, transferred: length, ...(etag ? { etag } : {}) };
  }

  /** After a bare network error, which in a page may be an answer that is hidden: a 404 without CORS. */
  async #secondLook(job: Job, since: number): Promise<Verdict> {
    const { request, url, signal } = job;
    // False is certain; true says nothing.
    if (globalThis.navigator?.onLine === false) return refuse({ code: "EUNREACHABLE", reason: "offline" });
    const relayUrl = this.#relayUrl(url);
    if (relayUrl && this.#relaying) return "again"; // Another has decided in the meantime.
    this.#look ??= this.#startLook();
    const look = await orAbort(this.#look, signal);
    if (!look) return this.#later(job, () => ({ code: "EUNREACHABLE" }));
    const askRelay = relayUrl && (() => this.#ask(job, relayUrl));
    const finding = await orAbort(look.at({ kind: request.kind, url, since, askRelay }), signal);
    if (finding.kind === "unreachable") {
      return this.#later(job, async () => ({ code: "EUNREACHABLE", reason: await orAbort(finding.why(), signal) }));
    }
    if (finding.kind === "missing") {
      const told: Told = { code: "E404", found: "twice no readable answer, while the registry answered others" };
      return job.suspicions++ ? refuse(told) : this.#later(job, () => told);
    }
    if (finding.warning && !this.#relaying) {
      this.#relaying = true;
      this.#options.onWarning?.(finding.warning);
    }
    return this.#judge(job, relayUrl!, finding.reply);
  }

  /** Undefined where it cannot be loaded: then nothing here can be reached. */
  async #startLook(): Promise<SecondLook | undefined> {
    try {
      const { SecondLook } = await import("./second-look.ts");
      const call = { ...this.#shared, headers: {}, signal: this.#life.signal };
      const send = (url: URL, init: RequestInit): Promise<Reply> => exchange({ ...call, url, init });
      return new SecondLook({ send, registry: this.#registry, relay: this.#relay, read: this.#read });
    } catch {
      this.#look = undefined;
      return undefined;
    }
  }

  #relayUrl(url: URL): URL | undefined {
    const registry = this.#registry;
    if (!this.#relay || !url.href.startsWith(registry)) return undefined;
    return new URL(this.#relay + url.href.slice(registry.length));
  }
}

const refuse = (told: Told): Verdict => ({ told: () => told });

/** The words are loaded when they are needed; the code is right even where they cannot be. */
async function tell(name: string, url: URL | undefined, told: Told): Promise<Failure> {
  try {
    const { requestFailure } = await import("../../src/registry/request-failure.ts");
    return requestFailure({ ...told, name, url });
  } catch {
    return failure(told.code, `${name}: ${told.code}`, { package: name });
  }
}

/** The caller rethrows its signal's reason. */
const aborted = ({ name }: RegistryRequest): Outcome<never> => fail(cancelled(name));

const keyOf = ({ request }: Job, url: URL): string => `${request.metadata} ${url.href}`;

/** A document that opens and never closes. What is no document at all is for its reader to refuse. */
function isCut(bytes: Uint8Array): boolean {
  let end = bytes.length - 1;
  while (end > 0 && bytes[end]! <= 32) end--;
  return bytes[0] === 123 && bytes[end] !== 125;
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
