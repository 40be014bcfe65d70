import { type Remote, transfer, wrap } from "comlink";
import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { orAbort } from "../../src/base/on-abort.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import { workerFailed } from "../../src/errors/threads.ts";
import { openNets } from "../../workers/net/net.ts";
import { servePort } from "../../workers/net/serve-port.ts";
import type { EngineService, Role, Setup } from "../../workers/threads/protocol.ts";
import { spawnWorker } from "./spawn-worker.ts";

/** A worker that says nothing for so long after it was started is taken to be blocked. Milliseconds. */
const PATIENCE = 10_000;

/** What its workers are for: a resolution in that mode, where `inline` has only one that fetches; or opening tarballs. */
type PoolMode = "threads" | "worker" | "inline" | "extract";

/**
 * The workers of one resolution at a time: an engine; with shared memory a scout; with `io: 'worker'` one that fetches. Or those
 * that open tarballs: as many as are asked for.
 */
export class WorkerPool {
  /** For whoever has several. */
  state: "starting" | "busy" | "idle" | "leaving" = "starting";
  readonly #mode: PoolMode;
  /** By role; of those that open tarballs the first has number 0. */
  readonly #remotes = new Map<string, Remote<EngineService>>();
  readonly #life = new AbortController();
  readonly #ends: (() => void)[] = [];
  readonly #options: InstallerOptions;
  readonly #extractors: number;

  constructor(mode: PoolMode, options: InstallerOptions, extractors = 0) {
    this.#mode = mode;
    this.#options = options;
    this.#extractors = extractors;
  }

  /** @throws InstallError EWORKER when a worker cannot start, or what the crew was ended with meanwhile */
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

  /** Aborts when a worker has died or the crew was ended, with an InstallError. */
  get life(): AbortSignal {
    return this.#life.signal;
  }

  /** A call into a worker; rejects when the crew ends, where a call to a dead worker would stay pending for ever. */
  async ask<C extends Promise<unknown>>(
    role: Role | number,
    call: (remote: Remote<EngineService>) => C,
  ): Promise<Awaited<C>> {
    this.life.throwIfAborted();
    return await orAbort<Awaited<C>>(call(this.#remotes.get(`${role}`)!) as Promise<Awaited<C>>, this.life);
  }

  /** The same, of the worker that has the store: a sleeping engine leaves it to the scout. */
  async askKeeper<C extends Promise<unknown>>(call: (remote: Remote<EngineService>) => C): Promise<Awaited<C>> {
    return await this.ask(this.#mode === "threads" ? "fetch" : "engine", call);
  }

  /** A way to the worker that fetches, for one resolution at a time. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    void this.ask("io", (io) => io.serve(transfer(port2, [port2]))).catch(() => {});
    return port1;
  }

  /** Terminates every worker. Those who wait hear `reason`. */
  end(reason: Failure = workerFailed("The workers were ended")): void {
    if (this.ended) return;
    // Those who are told may have to tell a thread that sleeps: only then is it terminated.
    this.#life.abort(new InstallError(reason));
    for (const end of this.#ends) end();
  }

  async #start(): Promise<void> {
    // A browser lets a worker that sleeps live on for seconds after its page.
    const left = workerFailed("The page was left");
    addEventListener("pagehide", () => this.end(left), { signal: this.life });
    const nets: MessagePort[] = [];
    const net = (): MessagePort => {
      const { port1, port2 } = new MessageChannel();
      nets.push(port1);
      return port2;
    };
    const enginePort = new MessageChannel();
    const starting: Promise<void>[] = [];
    if (this.#mode === "threads") {
      starting.push(this.#enlist({ role: "engine", net: [net()], enginePort: enginePort.port1 }));
      starting.push(this.#enlist({ role: "fetch", net: [net()], enginePort: enginePort.port2 }));
    } else if (this.#mode === "worker") starting.push(this.#enlist({ role: "engine", net: [net()] }));
    for (let i = 0; i < this.#extractors; i++) starting.push(this.#enlist({ role: "extract", net: [] }, `${i}`));
    if (this.#mode === "extract") await Promise.all(starting);
    else if (this.#options.io === "worker") starting.push(this.#enlist(this.#fetcher(nets)));
    else {
      // What a run asks for through two ports shares its credentials.
      const open = openNets(this.#options);
      for (const port of nets) this.#ends.push(servePort(port, open));
    }
    await Promise.all(starting);
  }

  #fetcher(nets: MessagePort[]): Setup {
    const { concurrency, timeout, retries, proxy, token } = this.#options;
    // A worker's own address may be anywhere.
    const relay = proxy && new URL(proxy, location.href).href;
    const given = Object.entries({ concurrency, timeout, retries, proxy: relay }).filter(
      ([, value]) => value !== undefined,
    );
    const setup: Setup = { role: "io", net: nets, fetching: Object.fromEntries(given) };
    if (token) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = async ({ data: { id, origin } }: MessageEvent<{ id: number; origin: string }>) => {
        try {
          port1.postMessage({ id, token: await token(origin) });
        } catch {
          // What the callback throws is the embedder's own, and may quote the token; what it gives may be no text.
          port1.postMessage({ id, failed: true });
        }
      };
      this.#ends.push(() => port1.close());
      setup.tokens = port2;
    }
    return setup;
  }

  async #enlist(setup: Setup, name: string = setup.role): Promise<void> {
    const timer = setTimeout(() => this.end(silent(setup.role)), PATIENCE);
    try {
      await this.#begin(setup, name, await spawnWorker(this.#options.workerUrl, this.life));
    } catch (error) {
      this.life.throwIfAborted();
      const { code, message } = failureOf(error);
      throw code === "EWORKER" ? error : new InstallError(workerFailed(`The ${setup.role} worker: ${message}`));
    } finally {
      clearTimeout(timer);
    }
  }

  async #begin(setup: Setup, name: string, worker: Worker): Promise<void> {
    const { role } = setup;
    if (this.ended) worker.terminate();
    this.#ends.push(() => worker.terminate());
    const remote = wrap<EngineService>(worker);
    this.#remotes.set(name, remote);
    const died = (event: Event): void => {
      event.preventDefault();
      const { message = "" } = event as Partial<ErrorEvent>;
      this.end(workerFailed(`The ${role} worker failed${message && `: ${message}`}`));
    };
    worker.addEventListener("error", died);
    worker.addEventListener("messageerror", died);
    const ports = [...setup.net, setup.enginePort, setup.tokens].filter((port) => port !== undefined);
    const lifeline = navigator.locks && `webhoist ${crypto.randomUUID()}`;
    await orAbort(remote.begin(transfer({ ...setup, lifeline }, ports)), this.life);
    if (lifeline) this.#watch(role, lifeline);
  }

  /** A worker that is terminated or out of memory fires no event everywhere, but the lock that it held is free again. */
  #watch(role: Role, lifeline: string): void {
    navigator.locks
      .request(lifeline, { signal: this.life }, () => this.end(workerFailed(`The ${role} worker was terminated`)))
      .catch(() => {});
  }
}

function silent(role: Role): Failure {
  return workerFailed(`The ${role} worker does not answer`);
}
