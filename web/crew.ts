import { type Remote, transfer, wrap } from "comlink";
import type { InstallerOptions } from "../src/api.ts";
import { onAbort } from "../src/base/on-abort.ts";
import { type Failure, failure, InstallError } from "../src/errors.ts";
import type { OpenNet } from "../workers/net/net.ts";
import { servePort } from "../workers/net/serve-port.ts";
import type { EngineService, Role, Setup } from "../workers/protocol.ts";
import { spawnWorker } from "./spawn.ts";

/** A worker that says nothing for so long after it was started is taken to be blocked. Milliseconds. */
const PATIENCE = 10_000;

interface Member {
  worker: Worker;
  remote: Remote<EngineService>;
}

/** The workers of one resolution at a time: an engine; with shared memory a scout; with `io: 'worker'` one that fetches. */
export class Crew {
  readonly #members = new Map<Role, Member>();
  readonly #life = new AbortController();
  readonly #ends: (() => void)[] = [];
  readonly #options: InstallerOptions;
  readonly #openNet: OpenNet;

  private constructor(options: InstallerOptions, openNet: OpenNet) {
    this.#options = options;
    this.#openNet = openNet;
  }

  /** @throws InstallError EWORKER when a worker cannot start */
  static async start(threads: boolean, options: InstallerOptions, openNet: OpenNet): Promise<Crew> {
    const crew = new Crew(options, openNet);
    try {
      await crew.#start(threads);
      return crew;
    } catch (error) {
      crew.end();
      throw error;
    }
  }

  get engine(): Remote<EngineService> {
    return this.#members.get("engine")!.remote;
  }

  /** The worker that has the store: a sleeping engine leaves it to the scout. */
  get keeper(): Remote<EngineService> {
    return (this.#members.get("scout") ?? this.#members.get("engine")!).remote;
  }

  get ended(): boolean {
    return this.#life.signal.aborted;
  }

  /** Aborts when a worker has died or the crew was ended, with an InstallError. */
  get life(): AbortSignal {
    return this.#life.signal;
  }

  /** A call into a worker; rejects when the crew ends, where a call to a dead worker would stay pending for ever. */
  async ask<C extends Promise<unknown>>(call: C): Promise<Awaited<C>> {
    const { signal } = this.#life;
    signal.throwIfAborted();
    let forget: (() => void) | undefined;
    const end = new Promise<never>((_, reject) => {
      forget = onAbort(signal, () => reject(signal.reason));
    });
    call.catch(() => {});
    try {
      return (await Promise.race([call, end])) as Awaited<C>;
    } finally {
      forget?.();
    }
  }

  /** Terminates every worker. Those who wait hear `reason`. */
  end(reason: Failure = failure("EWORKER", "The workers were ended")): void {
    if (this.ended) return;
    this.#life.abort(new InstallError(reason));
    for (const { worker } of this.#members.values()) worker.terminate();
    for (const end of this.#ends) end();
    this.#members.clear();
  }

  async #start(threads: boolean): Promise<void> {
    const bell = threads ? new MessageChannel() : undefined;
    const nets: MessagePort[] = [];
    const net = (): MessagePort => {
      const { port1, port2 } = new MessageChannel();
      nets.push(port1);
      return port2;
    };
    const starting = [this.#enlist({ role: "engine", net: [net()], bell: bell?.port1 })];
    if (bell) starting.push(this.#enlist({ role: "scout", net: [net()], bell: bell.port2 }));
    if (this.#options.io === "worker") starting.push(this.#enlist(this.#fetcher(nets)));
    else for (const port of nets) this.#ends.push(servePort(port, this.#openNet));
    await Promise.all(starting);
  }

  #fetcher(nets: MessagePort[]): Setup {
    const { concurrency, timeout, retries, proxy, token } = this.#options;
    const given = Object.entries({ concurrency, timeout, retries, proxy }).filter(([, value]) => value !== undefined);
    const setup: Setup = { role: "io", net: nets, fetching: Object.fromEntries(given) };
    if (token) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = async ({ data: { id, origin } }: MessageEvent<{ id: number; origin: string }>) => {
        // What the callback throws is the embedder's own, and may quote the token.
        const answer = await Promise.resolve(origin)
          .then(token)
          .then((value) => ({ id, token: value }))
          .catch(() => ({ id, failed: true }));
        port1.postMessage(answer);
      };
      this.#ends.push(() => port1.close());
      setup.tokens = port2;
    }
    return setup;
  }

  async #enlist(setup: Setup): Promise<void> {
    const timer = setTimeout(() => this.end(silent(setup.role)), PATIENCE);
    try {
      await this.#begin(setup, await spawnWorker(this.#options.workerUrl, this.life));
    } finally {
      clearTimeout(timer);
    }
  }

  async #begin(setup: Setup, worker: Worker): Promise<void> {
    const remote = wrap<EngineService>(worker);
    this.#members.set(setup.role, { worker, remote });
    const died = (event: Event): void => {
      event.preventDefault();
      const { message = "" } = event as Partial<ErrorEvent>;
      this.end(failure("EWORKER", `The ${setup.role} worker failed${message && `: ${message}`}`));
    };
    worker.addEventListener("error", died);
    worker.addEventListener("messageerror", died);
    const ports = [...setup.net, setup.bell, setup.tokens].filter((port) => port !== undefined);
    const lifeline = navigator.locks && `webhoist ${crypto.randomUUID()}`;
    if (this.ended) worker.terminate();
    await this.ask(remote.begin(transfer({ ...setup, lifeline }, ports)));
    if (lifeline) this.#watch(setup.role, lifeline);
  }

  /** A worker that is terminated or out of memory fires no event everywhere, but the lock that it held is free again. */
  #watch(role: Role, lifeline: string): void {
    const { signal } = this.#life;
    navigator.locks
      .request(lifeline, { signal }, () => this.end(failure("EWORKER", `The ${role} worker was terminated`)))
      .catch(() => {});
  }
}

function silent(role: Role): Failure {
  return failure("EWORKER", `The ${role} worker does not answer`);
}
