import { type Remote, transfer, wrap } from "comlink";
import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { orAbort } from "../../src/base/on-abort.ts";
import { endSentence, InstallError } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import { workerFailed } from "../../src/errors/threads.ts";
import { type OpenNet, openNets } from "../../workers/net/net.ts";
import { servePort } from "../../workers/net/serve-port.ts";
import type { RunGets } from "../../workers/net/shared-gets.ts";
import type { Role, TokenQuery, WorkerService, WorkerSetup } from "../../workers/threads/protocol.ts";
import { hasPrivateStore } from "./backend.ts";
import { spawnWorker } from "./spawn-worker.ts";

/** Milliseconds after which a worker that has not answered since its start is taken to be blocked. */
const START_TIMEOUT = 10_000;

/** The task of a pool: a resolution in that mode (in `inline`, only a worker that makes requests), or opening tarballs. */
type PoolMode = "threads" | "worker" | "inline" | "extract";

export interface PoolParts {
  /** The number of workers that open tarballs. */
  readonly extractors?: number;
  /** Opens the page's network, if the page makes the requests. Pools that have the same one share requests. */
  readonly openNet?: OpenNet;
}

/**
 * The workers of one resolution at a time: an engine worker; in `threads` mode a fetch worker; with `io: "worker"` a worker that
 * makes requests. Or, in mode `extract`, any number of workers that open tarballs.
 */
export class WorkerPool {
  /** Set by the owner of several pools. */
  state: "starting" | "busy" | "idle" | "retiring" = "starting";
  /** The number of times that it became idle. */
  runs = 0;
  readonly #mode: PoolMode;
  /** By role; extract workers by number, from 0. */
  readonly #remotes = new Map<string, Remote<WorkerService>>();
  readonly #life = new AbortController();
  /** Called when the pool ends. */
  readonly #cleanups: (() => void)[] = [];
  readonly #options: InstallerOptions;
  readonly #extractors: number;
  readonly #openNet: OpenNet | undefined;
  /** The access of the pool's run to shared requests. Set by the owner of several pools. */
  gets: RunGets | undefined;

  constructor(mode: PoolMode, options: InstallerOptions, { extractors = 0, openNet }: PoolParts = {}) {
    this.#mode = mode;
    this.#options = options;
    this.#extractors = extractors;
    this.#openNet = openNet;
  }

  /** Starts the workers. @throws InstallError EWORKER if a worker cannot start, or the reason with which the pool was ended meanwhile */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      this.end();
      throw error;
    }
  }

  get ended(): boolean {
    return this.#life.signal.aborted;
  }

  /** Aborts with an InstallError when a worker has died or the pool was ended. */
  get life(): AbortSignal {
    return this.#life.signal;
  }

  /** Calls a worker. Rejects when the pool ends; a plain call to a dead worker would never settle. */
  async ask<C extends Promise<unknown>>(
    role: Role | number,
    call: (remote: Remote<WorkerService>) => C,
  ): Promise<Awaited<C>> {
    this.life.throwIfAborted();
    return await orAbort<Awaited<C>>(call(this.#remotes.get(`${role}`)!) as Promise<Awaited<C>>, this.life);
  }

  /** Calls the worker that has the metadata cache: the fetch worker in `threads` mode, otherwise the engine worker. */
  async askCacheWorker<C extends Promise<unknown>>(call: (remote: Remote<WorkerService>) => C): Promise<Awaited<C>> {
    return await this.ask(this.#mode === "threads" ? "fetch" : "engine", call);
  }

  /** Returns a port to the worker that makes requests, for one resolution at a time. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    void this.ask("io", (io) => io.serve(transfer(port2, [port2]))).catch(() => {});
    return port1;
  }

  /** Terminates every worker. Pending calls reject with `reason`. */
  end(reason: Failure = workerFailed("The workers were ended.")): void {
    if (this.ended) return;
    // First the abort, because a listener may have to wake an engine that sleeps; then the termination.
    this.#life.abort(new InstallError(reason));
    for (const cleanUp of this.#cleanups) cleanUp();
  }

  async #start(): Promise<void> {
    // A browser lets a sleeping worker live on for seconds after its page.
    const left = workerFailed("The page was left.");
    addEventListener("pagehide", () => this.end(left), { signal: this.life });
    const pagePorts: MessagePort[] = [];
    const net = (): MessagePort => {
      const { port1, port2 } = new MessageChannel();
      pagePorts.push(port1);
      return port2;
    };
    const { port1, port2 } = new MessageChannel();
    const starting: Promise<void>[] = [];
    if (this.#mode === "threads") {
      starting.push(this.#startWorker({ role: "engine", net: [net()], workerPort: port1 }));
      starting.push(this.#startWorker({ role: "fetch", net: [net()], workerPort: port2 }));
    } else if (this.#mode === "worker") starting.push(this.#startWorker({ role: "engine", net: [net()] }));
    for (let i = 0; i < this.#extractors; i++) starting.push(this.#startWorker({ role: "extract", net: [] }, `${i}`));
    if (this.#mode === "extract") await Promise.all(starting);
    else if (this.#options.io === "worker") starting.push(this.#startWorker(this.#ioSetup(pagePorts)));
    else {
      const open = this.#openNet ?? openNets(this.#options);
      const openForRun: OpenNet = (session, warn) => open(session, warn, this.gets);
      for (const port of pagePorts) this.#cleanups.push(servePort(port, openForRun));
    }
    await Promise.all(starting);
  }

  /** Returns the setup of the worker that makes requests through `ports`. */
  #ioSetup(ports: MessagePort[]): WorkerSetup {
    const { concurrency, timeout, deadline, minRate, packumentLimit, retries, proxy, token } = this.#options;
    const { registry, scopes, storeName } = this.#options;
    const tokenUrls = this.#options.tokenUrls && [...this.#options.tokenUrls];
    // Resolved here: a relative address in the worker would be relative to the worker's file.
    const relay = proxy && new URL(proxy, location.href).href;
    const limits = { concurrency, timeout, deadline, minRate, packumentLimit, retries };
    const fetching = { ...limits, proxy: relay, registry, scopes, tokenUrls, storeName };
    const given = Object.entries(fetching).filter(([, value]) => value !== undefined);
    const setup: WorkerSetup = { role: "io", net: ports, fetching: Object.fromEntries(given) };
    if (token) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = async ({ data: { id, url, context } }: MessageEvent<TokenQuery>) => {
        try {
          port1.postMessage({ id, token: await token(url, context) });
        } catch {
          // The error stays here: it may quote the token. The token may also be a value that cannot be sent.
          port1.postMessage({ id, failed: true });
        }
      };
      this.#cleanups.push(() => port1.close());
      setup.tokens = port2;
    }
    return setup;
  }

  async #startWorker(setup: WorkerSetup, name: string = setup.role): Promise<void> {
    const { role } = setup;
    const timedOut = workerFailed(`The ${role} worker did not answer within ${START_TIMEOUT / 1000} seconds.`);
    const timer = setTimeout(() => this.end(timedOut), START_TIMEOUT);
    try {
      await this.#setUp(setup, name, await spawnWorker(this.#options.workerUrl, this.life));
    } catch (error) {
      this.life.throwIfAborted();
      const { code, message } = failureOf(error);
      throw code === "EWORKER"
        ? error
        : new InstallError(workerFailed(endSentence(`The ${role} worker failed: ${message}`)));
    } finally {
      clearTimeout(timer);
    }
  }

  async #setUp(setup: WorkerSetup, name: string, worker: Worker): Promise<void> {
    const { role } = setup;
    const privateStore = hasPrivateStore(this.#options);
    if (this.ended) worker.terminate();
    this.#cleanups.push(() => worker.terminate());
    const remote = wrap<WorkerService>(worker);
    this.#remotes.set(name, remote);
    const died = (event: Event): void => {
      event.preventDefault();
      const { message = "" } = event as Partial<ErrorEvent>;
      this.end(workerFailed(endSentence(`The ${role} worker failed${message && `: ${message}`}`)));
    };
    worker.addEventListener("error", died);
    worker.addEventListener("messageerror", died);
    const ports = [...setup.net, setup.workerPort, setup.tokens].filter((port) => port !== undefined);
    const lifeline = navigator.locks && `webhoist ${crypto.randomUUID()}`;
    await orAbort(remote.setUp(transfer({ ...setup, lifeline, privateStore }, ports)), this.life);
    if (lifeline) this.#watch(role, lifeline);
  }

  /** Ends the pool when the worker's lock is free. A worker that is terminated or out of memory does not always fire an event. */
  #watch(role: Role, lifeline: string): void {
    const terminated = workerFailed(`The ${role} worker was terminated.`);
    navigator.locks.request(lifeline, { signal: this.life }, () => this.end(terminated)).catch(() => {});
  }
}
