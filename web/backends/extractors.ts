// Loaded on demand: at the first install in mode `threads` or `worker`.

import { transfer } from "comlink";
import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import type { Extracted, Extractor, ReadOrder, TarballRequest } from "../../src/install/extractor.ts";
import type { ExtractOrder } from "../../workers/threads/protocol.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Orders in one message. Each message costs time on both threads. */
const BATCH = 16;
/** Bytes in one message. Smaller messages let all workers finish at about the same time. */
const BATCH_BYTES = 512 * 1024;

/** An order that waits for a worker. */
interface Pending<Order, Result> {
  order: Order;
  /** Bytes to be inflated. */
  bytes: number;
  resolve(outcome: Outcome<Result>): void;
}

type PendingExtract = Pending<ExtractOrder, Extracted>;
type PendingRead = Pending<ReadOrder, Uint8Array[]>;

/** Opens tarballs and reads packs in workers. Gives each message to the worker with the least work. */
export class Extractors implements Extractor {
  /** The number of tarballs that the workers have in progress or in their next messages. */
  readonly atOnce: number;
  readonly #pool: WorkerPool;
  readonly #ready: Promise<void>;
  /** By worker: bytes still to be inflated. */
  readonly #loads: number[];
  /** By worker: messages not yet answered. */
  readonly #messages: number[];
  #extracts: PendingExtract[] = [];
  #reads: PendingRead[] = [];

  /** Starts the workers, without waiting until they run. `workers` overrides `extractWorkers`. */
  constructor(options: InstallerOptions, workers: number = options.extractWorkers ?? defaultWorkers()) {
    const count = Math.max(1, Math.floor(workers) || 1);
    this.atOnce = count * 2 * BATCH;
    this.#loads = Array.from({ length: count }, () => 0);
    this.#messages = [...this.#loads];
    this.#pool = new WorkerPool("extract", options, { extractors: count });
    this.#ready = this.#pool.start();
    // Prevents an unhandled rejection; the caller that awaits this promise sees the error.
    this.#ready.catch(() => {});
  }

  async extract(tarball: Uint8Array, wanted: TarballRequest): Promise<Outcome<Extracted>> {
    return await new Promise((resolve) => {
      this.#extracts.push({ order: { tarball, wanted }, bytes: tarball.length, resolve });
      // Waits for further orders of this turn, to send them in the same message.
      if (this.#extracts.length === 1) queueMicrotask(() => this.#sendExtracts());
    });
  }

  async read(order: ReadOrder): Promise<Outcome<Uint8Array[]>> {
    const outcome = await new Promise<Outcome<Uint8Array[]>>((resolve) => {
      this.#reads.push({ order, bytes: bytesOf(order), resolve });
      if (this.#reads.length === 1) queueMicrotask(() => this.#sendReads());
    });
    if (outcome.ok || !this.ended) return outcome;
    // The workers are gone, but an installed project can still be read on this thread.
    const { localExtractor } = await import("../../workers/host/local-extractor.ts");
    return await localExtractor().read(order);
  }

  async seekPoints(tarball: Uint8Array, unpacked: number): Promise<Outcome<Uint8Array | null>> {
    return await this.#onLeastLoaded(tarball.length, (worker) =>
      this.#pool.ask(worker, (remote) => remote.seekPoints(tarball, unpacked)),
    );
  }

  get ended(): boolean {
    return this.#pool.ended;
  }

  /** Gives every worker up to two messages: one to work on, and one to continue with. */
  #sendExtracts(): void {
    for (const [worker, messages] of this.#messages.entries()) {
      if (messages < 2 && this.#extracts.length > 0) void this.#sendTo(worker, takeBatch(this.#extracts));
    }
  }

  async #sendTo(worker: number, batch: readonly PendingExtract[]): Promise<void> {
    const orders = batch.map(({ order }) => order);
    this.#messages[worker]!++;
    let outcomes: Outcome<Extracted>[] | undefined;
    let failure: Failure | undefined;
    try {
      await this.#ready;
      const buffers = orders.flatMap(({ tarball }) => wholeBuffer(tarball));
      outcomes = await this.#pool.ask(worker, (remote) => remote.extract(transfer(orders, buffers)));
    } catch (error) {
      failure = failureOf(error);
    }
    this.#messages[worker]!--;
    for (const [i, { resolve }] of batch.entries()) resolve(outcomes?.[i] ?? fail(failure ?? failureOf(undefined)));
    this.#sendExtracts();
  }

  /** Sends all reads of a turn, in a few messages. */
  #sendReads(): void {
    const reads = this.#reads;
    this.#reads = [];
    while (reads.length > 0) {
      const batch = takeBatch(reads);
      const bytes = batch.reduce((sum, read) => sum + read.bytes, 0);
      const orders = batch.map(({ order }) => order);
      const answers = this.#onLeastLoaded(bytes, async (worker) =>
        ok(await this.#pool.ask(worker, (remote) => remote.read(orders))),
      );
      void answers.then((outcomes) => {
        for (const [i, { resolve }] of batch.entries())
          resolve(outcomes.ok ? (outcomes.value[i] ?? fail(failureOf(undefined))) : outcomes);
      });
    }
  }

  /** Does work on the worker that has the fewest bytes to inflate. Returns a failure if the workers are gone. */
  async #onLeastLoaded<T>(bytes: number, work: (worker: number) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const worker = this.#loads.indexOf(Math.min(...this.#loads));
    this.#loads[worker]! += bytes;
    try {
      await this.#ready;
      return await work(worker);
    } catch (error) {
      return fail(failureOf(error));
    } finally {
      this.#loads[worker]! -= bytes;
    }
  }

  dispose(): void {
    this.#pool.end();
  }
}

/** Returns the buffer to transfer. A tarball that is only a part of its buffer is copied instead. */
function wholeBuffer(tarball: Uint8Array): ArrayBuffer[] {
  return tarball.byteLength === tarball.buffer.byteLength ? [tarball.buffer as ArrayBuffer] : [];
}

/** Returns one worker fewer than there are processors, so that the page has one to itself: at least 1, at most 4. */
function defaultWorkers(): number {
  return Math.min(4, Math.max(1, (globalThis.navigator?.hardwareConcurrency ?? 2) - 1));
}

/** Removes the orders of the next message from `pending` and returns them. */
function takeBatch<T extends { bytes: number }>(pending: T[]): T[] {
  let sum = 0;
  const end = pending.findIndex(({ bytes }, i) => {
    sum += bytes;
    return i === BATCH || (i > 0 && sum > BATCH_BYTES);
  });
  return pending.splice(0, end < 0 ? pending.length : end);
}

function bytesOf(order: ReadOrder): number {
  if ("tarball" in order) return order.tarball.length;
  return order.rangeReads.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
