import { type Remote, transfer } from "comlink";
import { resolutionOf } from "../../src/answer/resolution.ts";
import { decodeTree } from "../../src/answer/tree-bytes.ts";
import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions, Progress, ProjectInput, Resolution } from "../../src/api/resolve.ts";
import { onAbort, orAbort } from "../../src/base/on-abort.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { cancelled, disposed } from "../../src/errors/work.ts";
import { REPORT_INTERVAL } from "../../workers/host/throttle.ts";
import { createSharedMemory, type SharedMemory } from "../../workers/shared/shared-memory.ts";
import { SharedOnceMap } from "../../workers/shared/shared-once-map.ts";
import type { EngineService, Order } from "../../workers/threads/protocol.ts";
import { readProgress } from "../../workers/threads/shared-counts.ts";
import { type Backend, type RunOptions, settingsOf } from "./backend.ts";
import { WorkerPool } from "./worker-pool.ts";

/** How long a crew may take to give up a cancelled run, or to write what is left, before its workers are ended. Milliseconds. */
const GRACE = 100;
const DISPOSED: Failure = disposed("installer");

/** Resolutions in workers: a crew for each at once, one of them kept for the next. */
export class WorkerPools implements Backend {
  readonly #mode: "threads" | "worker";
  readonly #options: InstallerOptions;
  /** Those that have not ended. */
  readonly #all = new Set<WorkerPool>();
  #disposed = false;

  private constructor(mode: "threads" | "worker", options: InstallerOptions) {
    this.#mode = mode;
    this.#options = options;
  }

  /** @throws InstallError EWORKER, EMEMORY when the mode cannot start */
  static async start(mode: "threads" | "worker", options: InstallerOptions): Promise<WorkerPools> {
    const pools = new WorkerPools(mode, options);
    // Refused memory shows now, not in the middle.
    if (mode === "threads") createSharedMemory();
    pools.#release(await pools.#take());
    return pools;
  }

  async resolve(input: ProjectInput, { signal, tell, placed, ...options }: RunOptions): Promise<Resolution> {
    const memory = this.#mode === "threads" ? createSharedMemory() : undefined;
    const pool = await this.#take();
    if (signal.aborted) this.#release(pool);
    signal.throwIfAborted();
    const { progress, stop } = report(tell, memory);
    const announce = placed && hearing(placed);
    const order: Order = { settings: settingsOf(this.#options), input, options, memory, progress, announce };
    const ports = [progress, announce].filter((port) => port !== undefined);
    const reply = pool.ask("engine", (engine) => engine.resolve(transfer(order, ports)));
    const forget = memory && onAbort(pool.life, () => fold(memory, pool.life.reason));
    try {
      const outcome = await orAbort(reply, signal);
      if (!outcome.ok) throw new InstallError(outcome.failure);
      const { tree, progress: told, ...parts } = outcome.value;
      // Where it sleeps the engine has not told.
      const last = memory ? readProgress(memory) : told;
      if (last) tell?.(last);
      return resolutionOf({ ...parts, tree: () => decodeTree(tree) });
    } finally {
      forget?.();
      stop();
      if (signal.aborted) this.#giveUp(pool, memory, reply);
      else this.#release(pool);
    }
  }

  readonly store: Backend["store"] = {
    usage: () => this.#withKeeper((keeper) => keeper.usage()),
    clear: () => this.#withKeeper((keeper) => keeper.clear()),
  };

  async extractor(): ReturnType<Backend["extractor"]> {
    const { Extractors } = await import("./extractors.ts");
    return await Extractors.start(this.#options, this.#mode === "threads" ? undefined : 1);
  }

  async nets(concurrency?: number): ReturnType<Backend["nets"]> {
    const options = { ...this.#options, ...(concurrency && { concurrency }) };
    return await (await import("./install-nets.ts")).openInstallNets(options);
  }

  dispose(): void {
    this.#disposed = true;
    for (const pool of this.#all) {
      if (pool.state === "idle" || pool.state === "leaving") void this.#retire(pool, GRACE);
      else pool.end(DISPOSED);
    }
  }

  /** A crew for one run, who gives it back. */
  async #take(): Promise<WorkerPool> {
    const pool = this.#find("idle") ?? (await this.#enlist());
    pool.state = "busy";
    return pool;
  }

  async #enlist(): Promise<WorkerPool> {
    if (this.#disposed) throw new InstallError(DISPOSED);
    const pool = new WorkerPool(this.#mode, this.#options);
    this.#all.add(pool);
    onAbort(pool.life, () => this.#all.delete(pool));
    await pool.start();
    return pool;
  }

  #find(...states: WorkerPool["state"][]): WorkerPool | undefined {
    return [...this.#all].find(({ state }) => states.includes(state));
  }

  /** One crew waits for the next run; further ones go. */
  #release(pool: WorkerPool): void {
    const spare = this.#find("idle");
    pool.state = "idle";
    if (spare) void this.#retire(pool);
  }

  /** Ends a crew once it has written what its runs have left, or after `grace` milliseconds. */
  async #retire(pool: WorkerPool, grace?: number): Promise<void> {
    pool.state = "leaving";
    const timer = grace && setTimeout(() => pool.end(), grace);
    await pool.askKeeper((keeper) => keeper.rest()).catch(() => {});
    clearTimeout(timer);
    pool.end();
  }

  async #withKeeper<T>(call: (keeper: Remote<EngineService>) => Promise<T>): Promise<T> {
    const resting = [...this.#all].filter(({ state }) => state === "idle" || state === "leaving");
    await Promise.allSettled(resting.map((pool) => pool.askKeeper((keeper) => keeper.rest())));
    let pool = this.#find("idle", "busy");
    if (!pool) {
      pool = await this.#take();
      this.#release(pool);
    }
    return await pool.askKeeper(call);
  }

  /** Has a cancelled run ended by its engine, or else ends the crew. */
  #giveUp(pool: WorkerPool, memory: SharedMemory | undefined, reply: Promise<unknown>): void {
    // One of these is heard, by an engine that sleeps or by one that is awake.
    if (memory) fold(memory, new InstallError(cancelled()));
    pool.ask("engine", (engine) => engine.cancel()).catch(() => {});
    const timer = setTimeout(() => pool.end(), GRACE);
    const done = (): void => {
      clearTimeout(timer);
      if (!pool.ended) this.#release(pool);
    };
    reply.then(done, done);
  }
}

/** A port whose other end is heard until that is closed. */
function hearing<T>(tell: (word: T) => void): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<T>) => tell(data);
  return port2;
}

interface Reports {
  /** For an engine that is awake: it reports there. */
  progress?: MessagePort;
  stop(): void;
}

/** Progress, where somebody wants to hear of it. */
function report(tell: RunOptions["tell"], memory: SharedMemory | undefined): Reports {
  if (!tell) return { stop() {} };
  if (memory) {
    const timer = setInterval(() => tell(readProgress(memory)), REPORT_INTERVAL);
    return { stop: () => clearInterval(timer) };
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<Progress>) => tell(data);
  return { progress: port2, stop: () => port1.close() };
}

/** Ends every wait on shared memory with `reason`. */
function fold(memory: SharedMemory, { failure }: InstallError): void {
  new SharedOnceMap(memory).failAll(failure);
}
