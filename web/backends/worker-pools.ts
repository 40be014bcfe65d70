// Loaded on demand: when an installer starts in mode `threads` or `worker`.

import { type Remote, transfer } from "comlink";
import { resolutionOf } from "../../src/answer/resolution.ts";
import { decodeTree } from "../../src/answer/tree-bytes.ts";
import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions, Progress, ProjectInput, Resolution } from "../../src/api/resolve.ts";
import { onAbort, orAbort } from "../../src/base/on-abort.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { cancelled, disposed } from "../../src/errors/work.ts";
import { REPORT_INTERVAL } from "../../workers/host/throttle.ts";
import { nextTurn } from "../../workers/host/yield.ts";
import { type OpenNet, openNets } from "../../workers/net/net.ts";
import { type RunGets, SharedGets } from "../../workers/net/shared-gets.ts";
import { closeMap } from "../../workers/shared/close-map.ts";
import { createSharedMemory, recycleMemory, type SharedMemory } from "../../workers/shared/shared-memory.ts";
import type { ResolveAnswer, ResolveOrder, WorkerService } from "../../workers/threads/protocol.ts";
import { readProgress } from "../../workers/threads/shared-counts.ts";
import {
  type Backend,
  hasPrivateStore,
  type InstallNets,
  type PooledExtractor,
  type RunOptions,
  settingsOf,
  withFallback,
} from "./backend.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Milliseconds that a pool has to end a cancelled run, or to write metadata, before its workers are terminated. */
const GRACE = 100;
/** A pool that has made more runs than this is replaced once it is idle for {@link IDLE} milliseconds. */
const RUNS = 10;
const IDLE = 2_000;
/** Shared memory that is kept. The last run's may still be in use when the next one starts. */
const MOST_USED = 2;
const DISPOSED: Failure = disposed("installer");

/** Runs resolutions in workers. Concurrent resolutions get a pool each; one pool is kept for the next resolution. */
export class WorkerPools implements Backend {
  readonly #mode: "threads" | "worker";
  readonly #options: InstallerOptions;
  /** One for all pools, so that runs at the same time share requests. */
  readonly #openNet: OpenNet;
  readonly #sharedGets = new SharedGets();
  /** The pools that have not ended. */
  readonly #pools = new Set<WorkerPool>();
  /** The shared memory of the last runs that ended well, for the next ones. */
  #usedMemory: SharedMemory[] = [];
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  private constructor(mode: "threads" | "worker", options: InstallerOptions) {
    this.#mode = mode;
    this.#options = options;
    this.#openNet = openNets(options, this.#sharedGets);
  }

  /** @throws InstallError EWORKER or EMEMORY if the mode cannot start */
  static async start(mode: "threads" | "worker", options: InstallerOptions): Promise<WorkerPools> {
    const pools = new WorkerPools(mode, options);
    // Fails now, rather than in the first resolution, if the browser refuses the memory.
    if (mode === "threads") createSharedMemory();
    pools.#release(await pools.#take());
    return pools;
  }

  async resolve(input: ProjectInput, options: RunOptions): Promise<Resolution> {
    return answerOf(await withFallback(this.#options, () => this.#run(input, options)));
  }

  async #run(input: ProjectInput, options: RunOptions): Promise<Omit<ResolveAnswer, "progress">> {
    const gets = this.#sharedGets.join();
    try {
      return await this.#runInPool(gets, input, options);
    } finally {
      gets.leave();
    }
  }

  async #runInPool(
    gets: RunGets,
    input: ProjectInput,
    { signal, onProgress, onPlaced, ...options }: RunOptions,
  ): Promise<Omit<ResolveAnswer, "progress">> {
    const memory = this.#mode === "threads" ? this.#takeMemory() : undefined;
    const pool = await this.#take();
    pool.gets = gets;
    if (signal.aborted) this.#release(pool);
    signal.throwIfAborted();
    const { progressPort, stop } = startReports(onProgress, memory);
    const placedPort = onPlaced && portTo(onPlaced);
    const settings = settingsOf(this.#options);
    const order: ResolveOrder = { settings, input, options, memory, progressPort, placedPort };
    const ports = [progressPort, placedPort].filter((port) => port !== undefined);
    const reply = pool.ask("engine", (engine) => engine.resolve(transfer(order, ports)));
    const forget = memory && onAbort(pool.life, () => closeMemory(memory, pool.life.reason));
    try {
      const outcome = await orAbort(reply, signal);
      if (!outcome.ok) throw new InstallError(outcome.failure);
      const { progress, ...answer } = outcome.value;
      const last = memory ? readProgress(memory) : progress;
      if (last) onProgress?.(last);
      if (memory) this.#usedMemory = [memory, ...this.#usedMemory].slice(0, MOST_USED);
      return answer;
    } finally {
      forget?.();
      stop();
      if (signal.aborted) this.#cancel(pool, memory, reply);
      else this.#release(pool);
    }
  }

  readonly store: Backend["store"] = {
    usage: () => this.#withCache((worker) => worker.usage()),
    clear: async () => {
      await this.#withCache((worker) => worker.clear());
      // In memory, each pool has a cache of its own.
      const busy = hasPrivateStore(this.#options) ? [...this.#pools].filter(({ state }) => state === "busy") : [];
      await Promise.allSettled(busy.map((pool) => pool.askCacheWorker((worker) => worker.clear())));
    },
  };

  async extractor(): Promise<PooledExtractor> {
    const { Extractors } = await import("./extractors.ts");
    return new Extractors(this.#options, this.#mode === "threads" ? undefined : 1);
  }

  async nets(concurrency?: number): Promise<InstallNets> {
    const options = { ...this.#options, ...(concurrency && { concurrency }) };
    return await (await import("./install-nets.ts")).openInstallNets(options);
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#renewal);
    this.#usedMemory = [];
    for (const pool of this.#pools) {
      if (pool.state === "idle" || pool.state === "retiring") void this.#retire(pool, GRACE);
      else pool.end(DISPOSED);
    }
  }

  #takeMemory(): SharedMemory {
    const unused = this.#usedMemory.find(recycleMemory);
    this.#usedMemory = this.#usedMemory.filter((memory) => memory !== unused);
    return unused ?? createSharedMemory();
  }

  /** Returns a pool for one run: the idle one or a new one. The caller releases it. */
  async #take(): Promise<WorkerPool> {
    clearTimeout(this.#renewal);
    const pool = this.#find("idle") ?? (await this.#startPool());
    pool.state = "busy";
    return pool;
  }

  async #startPool(): Promise<WorkerPool> {
    if (this.#disposed) throw new InstallError(DISPOSED);
    const pool = new WorkerPool(this.#mode, this.#options, { openNet: this.#openNet });
    this.#pools.add(pool);
    onAbort(pool.life, () => this.#pools.delete(pool));
    await pool.start();
    return pool;
  }

  /** Metadata that stays in memory would end with its worker. */
  get #isRenewable(): boolean {
    return !hasPrivateStore(this.#options) && "indexedDB" in globalThis;
  }

  #find(...states: WorkerPool["state"][]): WorkerPool | undefined {
    return [...this.#pools].find(({ state }) => states.includes(state));
  }

  /** Keeps the pool for the next run, or retires it if another one is idle already. */
  #release(pool: WorkerPool): void {
    const other = this.#find("idle");
    pool.state = "idle";
    if (other) void this.#retire(pool);
    else if (++pool.runs > RUNS && this.#isRenewable)
      this.#renewal = setTimeout(() => this.#renew(pool).catch(() => {}), IDLE);
  }

  /** Replaces an idle pool by a new one. A heap that has grown in many runs does not shrink; a new worker's is small. */
  async #renew(pool: WorkerPool): Promise<void> {
    const fresh = await this.#startPool();
    // If it runs again, its release retires it.
    if (pool.state === "idle") void this.#retire(pool);
    this.#release(fresh);
  }

  /** Ends a pool once it has written the metadata of its runs, or after `grace` milliseconds. */
  async #retire(pool: WorkerPool, grace?: number): Promise<void> {
    pool.state = "retiring";
    const timer = grace && setTimeout(() => pool.end(), grace);
    await pool.askCacheWorker((worker) => worker.flush()).catch(() => {});
    clearTimeout(timer);
    pool.end();
  }

  /** Calls a worker that has the metadata cache, after every idle or retiring pool has written its metadata. */
  async #withCache<T>(call: (worker: Remote<WorkerService>) => Promise<T>): Promise<T> {
    const unused = [...this.#pools].filter(({ state }) => state === "idle" || state === "retiring");
    await Promise.allSettled(unused.map((pool) => pool.askCacheWorker((worker) => worker.flush())));
    let pool = this.#find("idle", "busy");
    if (!pool) {
      pool = await this.#take();
      this.#release(pool);
    }
    return await pool.askCacheWorker(call);
  }

  /** Cancels the engine's run. Ends the pool if the engine has not ended the run after {@link GRACE}. */
  #cancel(pool: WorkerPool, memory: SharedMemory | undefined, reply: Promise<unknown>): void {
    // Closing the memory reaches an engine that sleeps; the call reaches one that is awake.
    if (memory) closeMemory(memory, new InstallError(cancelled()));
    pool.ask("engine", (engine) => engine.cancel()).catch(() => {});
    const timer = setTimeout(() => pool.end(), GRACE);
    const done = (): void => {
      clearTimeout(timer);
      if (!pool.ended) this.#release(pool);
    };
    reply.then(done, done);
  }
}

/** Apart from the run: `tree` would keep all its variables, and with them its shared memory, as long as the resolution. */
function answerOf({ tree, ...parts }: Omit<ResolveAnswer, "progress">): Resolution {
  return resolutionOf({ ...parts, tree: () => decodeTree(tree) }, nextTurn);
}

/** Returns a port whose messages go to `receive`, until the other end is closed. */
function portTo<T>(receive: (message: T) => void): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<T>) => receive(data);
  return port2;
}

interface Reports {
  /** In `worker` mode: the port to which the engine reports. */
  progressPort?: MessagePort;
  stop(): void;
}

/** Starts to report progress: from shared memory if there is any, otherwise from the engine's messages. */
function startReports(onProgress: RunOptions["onProgress"], memory: SharedMemory | undefined): Reports {
  if (!onProgress) return { stop() {} };
  if (memory) {
    const timer = setInterval(() => onProgress(readProgress(memory)), REPORT_INTERVAL);
    return { stop: () => clearInterval(timer) };
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<Progress>) => onProgress(data);
  return { progressPort: port2, stop: () => port1.close() };
}

/** Ends every wait on shared memory, now and later, with the failure of `reason`. */
function closeMemory(memory: SharedMemory, { failure }: InstallError): void {
  closeMap(memory, failure);
}
