import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { backoff, retryAfter } from "../../src/base/backoff.ts";
import { Limit } from "../../src/base/limit.ts";
import { onAbort, orAbort } from "../../src/base/on-abort.ts";
import { fail, failure, type Outcome, ok } from "../../src/errors/failure.ts";
import { cancelled } from "../../src/errors/work.ts";
import { NoResponse } from "../../src/registry/no-response.ts";
import { httpUrl, registryBase } from "../../src/registry/registry-config.ts";
import type { RequestFacts } from "../../src/registry/request-failure.ts";
import type { RegistryRequest, RegistryResponse, Transport } from "../../src/registry/transport.ts";
import type { ByHand } from "./by-hand.ts";
import { type Answer, type Call, exchange, type Reply } from "./exchange.ts";
import { Pace } from "./pace.ts";
import { Reach } from "./reach.ts";
import type { LastRead, SecondLook } from "./second-look.ts";
import type { TokenOptions, Tokens } from "./tokens.ts";
import { Watch, type WatchOptions } from "./watch.ts";

export interface FetchTransportOptions
  extends WatchOptions,
    TokenOptions,
    Pick<InstallerOptions, "fetch" | "concurrency" | "retries" | "proxy" | "packumentLimit"> {
  /** Base URL of the default registry, which `proxy` can replace. */
  registry: string;
  /** Called once, when `proxy` replaces the registry. */
  onWarning?: (warning: Failure) => void;
  /** The cache of `token`'s answers, if it is shared with others. */
  tokens?: OpenTokens;
  /** Returns a number in [0, 1), which spreads the waits before retries. */
  random?: () => number;
}

/** The credentials of a run; undefined if there is neither a `token` callback nor one of the project. Null if their code cannot be loaded: then no request is sent. */
type OpenTokens = Promise<Tokens | null> | undefined;

export function openTokens(options: TokenOptions): OpenTokens {
  if (!options.token && !options.credentials) return undefined;
  return import("./tokens.ts").then(
    ({ Tokens }) => new Tokens(options),
    () => null,
  );
}

/** Both values are CORS-safelisted, so that no request needs a preflight. */
const ACCEPT = {
  full: "application/json",
  abbreviated: "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*",
};
/** Milliseconds. A request fails if the registry asks for a longer wait (`Retry-After`). */
const LONGEST_WAIT = 60_000;
/** Bytes of a body at most: a packument or manifest, and a tarball. The second is also the default of install's `limits.tarball`. */
const LIMITS = { document: 1 << 27, tarball: 1 << 28 };

/** Whether this is a page or a worker. There the browser's cache revalidates, and redirects cannot be followed by hand. */
const IN_BROWSER = "document" in globalThis || "importScripts" in globalThis;

/** One `get` in progress, and the results of its attempts so far. */
interface RequestState {
  request: RegistryRequest;
  url: URL;
  signal: AbortSignal;
  tried: number;
  /** The number of network errors while the registry answered other requests. */
  suspicions: number;
  /** Whether a new token was requested after a 401. */
  renewed: boolean;
  /** The `Authorization` value last sent. */
  token?: string | undefined;
  /** What the embedder's own `fetch` threw last. */
  thrown?: FailureFacts["thrown"];
}

/** The facts of a failure, without the request's name and URL. */
type FailureFacts = Omit<RequestFacts, "name" | "url">;
type Verdict =
  | { response: RegistryResponse }
  /** A failure. Without `wait` (milliseconds), a retry would not help. `silent`: there was no answer of any kind. */
  | { facts: () => FailureFacts | Promise<FailureFacts>; wait?: number; silent?: true }
  | "again";

interface Origin {
  readonly reach: Reach;
  /** Why the first request without an answer failed. Others that are not sent fail for the same reason. */
  facts?: () => FailureFacts | Promise<FailureFacts>;
}

class FetchTransport implements Transport {
  readonly #options: FetchTransportOptions;
  readonly #registry: string;
  readonly #relay: string | undefined;
  /** The parts of a call that all requests share. */
  readonly #shared: Pick<Call, "fetch" | "watch">;
  readonly #retries: number;
  readonly #limit: Limit;
  /** Only on a page, which must stay responsive. */
  readonly #pace = "document" in globalThis ? new Pace() : undefined;
  readonly #tokens: OpenTokens;
  readonly #read: LastRead = new Map();
  #secondLookCode: Promise<SecondLook | undefined> | undefined;
  readonly #life = new AbortController();
  readonly #origins = new Map<string, Origin>();
  /** Created by the first request outside of browsers. */
  #byHand: ByHand | undefined;
  #relaying = false;
  /** The retries left for all requests, so that a dead registry is not asked 4 × 2,600 times. A success returns its retries. */
  #budget: number;

  constructor(options: FetchTransportOptions) {
    const { concurrency = IN_BROWSER ? 256 : 16, retries = 3 } = options;
    this.#options = options;
    this.#registry = registryBase(options.registry) ?? options.registry;
    this.#relay = options.proxy && registryBase(options.proxy, globalThis.location?.href);
    // Wrapped, because a browser's `fetch` throws "Illegal invocation" when called as a method.
    const own = options.fetch;
    const fetch: typeof globalThis.fetch = own
      ? async (input, init) => readable(await own(input, init))
      : (input, init) => globalThis.fetch(input, init);
    this.#shared = { fetch, watch: new Watch(options) };
    this.#retries = retries;
    this.#budget = concurrency * retries;
    this.#limit = new Limit(concurrency);
    this.#tokens = options.tokens ?? openTokens(options);
  }

  async get(request: RegistryRequest): Promise<Outcome<RegistryResponse>> {
    const url = httpUrl(request.url);
    if (!url) return fail(await wordFailure(request.name, url, { code: "EINVALIDURL" }));
    if (request.signal?.aborted || this.#life.signal.aborted) return aborted(request);
    const { signal, forget } = this.#either(request.signal);
    try {
      const state: RequestState = { request, url, signal, tried: 0, suspicions: 0, renewed: false };
      const work = async (): Promise<Outcome<RegistryResponse>> => {
        await this.#pace?.turn();
        return await this.#run(state);
      };
      return await this.#limit.run(work, { signal, key: request.url, rank: request.rank });
    } catch (error) {
      if (signal.aborted) return aborted(request);
      throw error;
    } finally {
      forget?.();
    }
  }

  /** Returns a signal that aborts with the transport or with `signal`. Creates nothing if there is no `signal`, as is usual. */
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
    for (const { reach } of this.#origins.values()) reach.dispose();
    this.#byHand = undefined;
  }

  /** Makes attempts until one settles the request. @throws the signal's reason */
  async #run(state: RequestState): Promise<Outcome<RegistryResponse>> {
    for (;;) {
      const verdict = await this.#attempt(state);
      if (verdict === "again") continue;
      if ("response" in verdict) {
        this.#budget += state.tried;
        return ok(verdict.response);
      }
      const { facts, wait } = verdict;
      if (wait === undefined || wait > LONGEST_WAIT || state.tried >= this.#retries || this.#budget <= 0) {
        const known = { thrown: state.thrown, ...(await orAbort(Promise.resolve(facts()), state.signal)) };
        return fail(await wordFailure(state.request.name, state.url, known));
      }
      state.tried++;
      this.#budget--;
      await sleep(wait, state.signal);
    }
  }

  /** Makes one attempt, once it is clear whether the origin answers at all. */
  async #attempt(state: RequestState): Promise<Verdict> {
    const url = (this.#relaying && this.#relayUrl(state.url)) || state.url;
    const origin = this.#originOf(url);
    const { reach } = origin;
    if (reach.answered) return await this.#send(state, url);
    if (!(await reach.enter(state.signal))) return { facts: () => origin.facts!() };
    let end: Parameters<Reach["leave"]>[0] = "cancel";
    try {
      const verdict = await this.#send(state, url);
      if (typeof verdict === "string" || !("silent" in verdict)) return verdict;
      origin.facts ??= once(verdict.facts);
      end = verdict.wait === undefined ? "final" : "failure";
      return end === "final" || reach.answered ? verdict : "again";
    } finally {
      reach.leave(end);
    }
  }

  #originOf({ origin }: URL): Origin {
    let known = this.#origins.get(origin);
    if (!known) {
      const { random = Math.random } = this.#options;
      known = { reach: new Reach(this.#retries, (round) => backoff(round, random())) };
      this.#origins.set(origin, known);
    }
    return known;
  }

  async #send(state: RequestState, url: URL): Promise<Verdict> {
    const since = performance.now();
    const { reach } = this.#originOf(url);
    const reply = await this.#ask(state, url);
    if (!reply) return finalFailure({ code: "ENEEDAUTH" });
    if (reply.kind === "answer" || reply.kind === "large" || (reply.kind === "network" && reply.begun)) reach.answer();
    switch (reply.kind) {
      case "answer":
        return this.#judge(state, url, reply);
      case "network":
        if (this.#options.fetch) state.thrown = { error: reply.error, token: state.token };
        if (reply.error instanceof NoResponse) return finalFailure({ code: "EUNREACHABLE", reason: "network" });
        // A system code, or headers that had arrived, prove a network error. A bare error may also be an answer that CORS hides;
        // not from the page's own origin, though, where a relay is.
        if (!reply.found && !reply.begun && url === state.url && url.origin !== globalThis.location?.origin) {
          return this.#secondLook(state, since);
        }
        return silent(this.#later(state, () => ({ code: "EUNREACHABLE", reason: "network", found: reply.found })));
      case "timeout":
        return silent(this.#later(state, () => ({ code: "ETIMEDOUT", late: reply.late, times: this.#shared.watch })));
      case "large":
        return finalFailure({ code: "ELIMIT", kind: state.request.kind, limit: this.#limitOf(state.request) });
      case "aborted":
        throw state.signal.reason;
      default:
        return reply satisfies never;
    }
  }

  #later(state: RequestState, facts: () => FailureFacts | Promise<FailureFacts>, wait?: number): Verdict {
    return { facts, wait: wait ?? backoff(state.tried, (this.#options.random ?? Math.random)()) };
  }

  /** Sends one request. Returns undefined if the token callback failed. */
  async #ask(state: RequestState, url: URL): Promise<Reply | undefined> {
    const { kind, metadata, etag, kept } = state.request;
    const tokens = this.#tokens && (await this.#tokens);
    const token = tokens && (await orAbort(tokens.of(url), state.signal));
    if (token === null) return undefined;
    const headers: Record<string, string> = { accept: kind === "tarball" ? "*/*" : ACCEPT[metadata] };
    // In a browser the header would need a preflight for each request, and the browser's cache revalidates by itself.
    if (etag && !IN_BROWSER) headers["if-none-match"] = etag;
    if (token) headers["authorization"] = token;
    state.token = token;
    const init: RequestInit = { cache: kept ? "no-store" : kind === "tarball" ? "default" : "no-cache" };
    const isFirst = state.tried === 0;
    const call: Call = {
      ...this.#shared,
      url,
      init,
      headers,
      limit: this.#limitOf(state.request),
      // Reading chunk by chunk takes 6 % more of the page's thread for each packument. A retry does it, to notice a stall.
      whole: isFirst && IN_BROWSER,
      patient: isFirst && kind !== "tarball",
      known: etag,
      signal: state.signal,
    };
    if (IN_BROWSER) return exchange(call);
    const { ByHand } = await import("./by-hand.ts");
    this.#byHand ??= new ByHand();
    return this.#byHand.exchange(call, keyOf(state, url), tokens?.baseOf(url));
  }

  #limitOf({ kind, limit }: RegistryRequest): number {
    return limit ?? (kind === "tarball" ? LIMITS.tarball : (this.#options.packumentLimit ?? LIMITS.document));
  }

  async #judge(state: RequestState, url: URL, reply: Answer): Promise<Verdict> {
    const { request } = state;
    const { status, headers, bytes } = reply;
    if (status === 304 && request.etag) {
      this.#note(url);
      return { response: { bytes: new Uint8Array(), transferred: 0, notModified: true } };
    }
    if (status >= 200 && status < 300) {
      if (request.kind !== "tarball" && isCut(bytes)) return this.#later(state, () => ({ code: "EINVALIDPACKUMENT" }));
      this.#note(url);
      const response = this.#accept(state, url, reply);
      if (!(await this.#isOfNamespace(state))) response.unstorable = true;
      return { response };
    }
    if (status === 401 && state.token && !state.renewed) {
      state.renewed = true;
      const tokens = this.#tokens && (await this.#tokens);
      if (tokens && (await orAbort(tokens.renew(url, state.token), state.signal))) return "again";
    }
    const wait = retryAfter(headers.get("retry-after"), Date.now());
    const facts: FailureFacts = { code: `E${status}`, milliseconds: wait, authorized: !!state.token };
    return status === 408 || status === 429 || status >= 500
      ? this.#later(state, () => facts, wait)
      : finalFailure(facts);
  }

  /** Checks whether a packument was requested with the credentials of its registry, which name the part of the store for it. */
  async #isOfNamespace({ request, url, token, signal }: RequestState): Promise<boolean> {
    const tokens = request.kind === "packument" && this.#tokens && (await this.#tokens);
    return !tokens || (await orAbort(tokens.of(new URL(".", url)), signal)) === token;
  }

  /** Records a readable answer. The second look uses it as proof that the registry can be reached. */
  #note(url: URL): void {
    this.#read.set(url.origin, { url, at: performance.now() });
  }

  #accept(state: RequestState, url: URL, { headers, bytes, transferred }: Answer): RegistryResponse {
    const etag = headers.get("etag");
    if (state.request.kind !== "tarball") this.#byHand?.keep(keyOf(state, url), bytes, etag);
    const length = transferred ?? (Number(headers.get("content-length")) || bytes.length);
    return { bytes, transferred: length, ...(etag ? { etag } : {}) };
  }

  /** Finds the cause of a bare network error. In a page it may be an answer that CORS hides, such as a 404. */
  async #secondLook(state: RequestState, since: number): Promise<Verdict> {
    const { request, url, signal } = state;
    // `false` is reliable; `true` is not.
    if (globalThis.navigator?.onLine === false)
      return silent(finalFailure({ code: "EUNREACHABLE", reason: "offline" }));
    const relayUrl = this.#relayUrl(url);
    if (relayUrl && this.#relaying) return "again"; // Another request has switched to the relay meanwhile.
    this.#secondLookCode ??= this.#loadSecondLook();
    const look = await orAbort(this.#secondLookCode, signal);
    if (!look) return silent(this.#later(state, () => ({ code: "EUNREACHABLE" })));
    const askRelay = relayUrl && (() => this.#ask(state, relayUrl));
    const finding = await orAbort(look.at({ kind: request.kind, url, since, askRelay }), signal);
    if (finding.kind === "unreachable") {
      const facts = async (): Promise<FailureFacts> => ({ code: "EUNREACHABLE", reason: await finding.why() });
      return silent(this.#later(state, facts));
    }
    if (finding.kind === "mixed") return silent(finalFailure({ code: "EUNREACHABLE", reason: "mixed" }));
    this.#originOf(url).reach.answer();
    if (finding.kind === "missing") {
      const facts: FailureFacts = {
        code: "E404",
        found: "two attempts got no readable answer, although the registry answered other requests",
      };
      // One lost answer proves nothing. A wrong E404 would be stored.
      return state.suspicions++
        ? finalFailure(facts)
        : this.#later(state, () => ({ code: "EUNREACHABLE", reason: "network" }));
    }
    if (finding.warning && !this.#relaying) {
      this.#relaying = true;
      this.#options.onWarning?.(finding.warning);
    }
    return this.#judge(state, relayUrl!, finding.reply);
  }

  /** Returns undefined if the code cannot be loaded, because then this page's server cannot be reached either. */
  async #loadSecondLook(): Promise<SecondLook | undefined> {
    try {
      const { SecondLook } = await import("./second-look.ts");
      const call = { ...this.#shared, headers: {}, signal: this.#life.signal };
      const send = (url: URL, init: RequestInit): Promise<Reply> => exchange({ ...call, url, init });
      return new SecondLook({ send, registry: this.#registry, relay: this.#relay, read: this.#read });
    } catch {
      this.#secondLookCode = undefined;
      return undefined;
    }
  }

  #relayUrl(url: URL): URL | undefined {
    const registry = this.#registry;
    if (!this.#relay || !url.href.startsWith(registry)) return undefined;
    return new URL(this.#relay + url.href.slice(registry.length));
  }
}

/** Returns what the embedder's `fetch` returned, if it is a response that can be read. @throws NoResponse */
function readable(given: Response): Response {
  const { status, headers, bodyUsed, body }: Partial<Response> = Object(given);
  if (typeof status === "number" && typeof headers?.get === "function" && !bodyUsed && !body?.locked) return given;
  throw new NoResponse(given);
}

/** A failure that a retry would not help. */
const finalFailure = (facts: FailureFacts): Verdict => ({ facts: () => facts });

/** Returns a function that calls `make` once. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Marks the failure of a request that had no answer of any kind. */
const silent = (verdict: Verdict): Verdict => (typeof verdict === "string" ? verdict : { ...verdict, silent: true });

/** Returns the failure with its message, or with its code alone if the code for messages cannot be loaded. */
async function wordFailure(name: string, url: URL | undefined, facts: FailureFacts): Promise<Failure> {
  try {
    const { requestFailure } = await import("../../src/registry/request-failure.ts");
    return requestFailure({ ...facts, name, url });
  } catch {
    return failure(facts.code, `Cannot fetch ${name}: ${facts.code}.`, { package: name });
  }
}

/** The outcome of an aborted request. The caller throws its signal's reason instead. */
const aborted = ({ name }: RegistryRequest): Outcome<never> => fail(cancelled(name));

const keyOf = ({ request }: RequestState, url: URL): string => `${request.metadata} ${url.href}`;

/** Checks whether a JSON document was cut off: it begins with `{` and does not end with `}`. Its reader checks everything else. */
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

/**
 * Creates a transport over `fetch`, with a limit on concurrent requests, timeouts and retries. Failures are outcomes with a code.
 * Credentials appear in no message.
 */
export function createFetchTransport(options: FetchTransportOptions): Transport {
  return new FetchTransport(options);
}
