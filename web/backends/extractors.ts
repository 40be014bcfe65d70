import { transfer } from "comlink";
import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import type { Extracted, Extractor, ReadOrder, TarballRequest } from "../../src/install/extractor.ts";
import type { ExtractOrder } from "../../workers/threads/protocol.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Tarballs in one message: each message costs both threads something. */
const MOST = 16;
/** Bytes in one message, so that workers end about together. */
const MOST_BYTES = 512 * 1024;

/** What is asked of a worker, and who waits for it. */
interface Letter<Order, Answer> {
  order: Order;
  /** To be inflated. */
  bytes: number;
  tell(outcome: Outcome<Answer>): void;
}

type Opening = Letter<ExtractOrder, Extracted>;
type Reading = Letter<ReadOrder, Uint8Array[]>;

/** Opens tarballs in workers, each where least is being done. */
export class Extractors implements Extractor {
  /** What the workers are at, and what lies ready for the next messages. */
  readonly atOnce: number;
  readonly #pool: WorkerPool;
  readonly #ready: Promise<void>;
  /** Bytes that each worker has to inflate. */
  readonly #loads: number[];
  /** Messages that each worker has before it. */
  readonly #mail: number[];
  #letters: Opening[] = [];
  #readings: Reading[] = [];

  private constructor(options: InstallerOptions, workers: number) {
    this.atOnce = workers * 2 * MOST;
    this.#loads = Array.from({ length: workers }, () => 0);
    this.#mail = [...this.#loads];
    this.#pool = new WorkerPool("extract", options, workers);
    this.#ready = this.#pool.start();
    // Heard by whoever asks first.
    this.#ready.catch(() => {});
  }

  /** Does not wait until they run: nothing is here for them to do yet. */
  static async start(options: InstallerOptions, workers?: number): Promise<Extractors> {
    const asked = workers ?? options.extractWorkers ?? defaultWorkers();
    return new Extractors(options, Math.max(1, Math.floor(asked) || 1));
  }

  async extract(tarball: Uint8Array, wanted: TarballRequest): Promise<Outcome<Extracted>> {
    return await new Promise((tell) => {
      this.#letters.push({ order: { tarball, wanted }, bytes: tarball.length, tell });
      // What else comes up in this turn goes along.
      if (this.#letters.length === 1) queueMicrotask(() => this.#post());
    });
  }

  async read(order: ReadOrder): Promise<Outcome<Uint8Array[]>> {
    const outcome = await new Promise<Outcome<Uint8Array[]>>((tell) => {
      this.#readings.push({ order, bytes: bytesOf(order), tell });
      if (this.#readings.length === 1) queueMicrotask(() => this.#postReadings());
    });
    if (outcome.ok || !this.ended) return outcome;
    // What was installed can still be read.
    const { localExtractor } = await import("../../workers/host/local-extractor.ts");
    return await localExtractor().read(order);
  }

  async seekPoints(tarball: Uint8Array, unpacked: number): Promise<Outcome<Uint8Array | null>> {
    return await this.#at(tarball.length, (worker) =>
      this.#pool.ask(worker, (remote) => remote.seekPoints(tarball, unpacked)),
    );
  }

  get ended(): boolean {
    return this.#pool.ended;
  }

  /** Keeps every worker busy: one message that it works on, and one that lies ready. */
  #post(): void {
    for (const [worker, mail] of this.#mail.entries()) {
      if (mail < 2 && this.#letters.length > 0) void this.#send(worker, someOf(this.#letters));
    }
  }

  async #send(worker: number, letters: readonly Opening[]): Promise<void> {
    const orders = letters.map(({ order }) => order);
    this.#mail[worker]!++;
    let outcomes: Outcome<Extracted>[] | undefined;
    let gone: Failure | undefined;
    try {
      await this.#ready;
      const buffers = orders.flatMap(({ tarball }) => wholeBuffer(tarball));
      outcomes = await this.#pool.ask(worker, (remote) => remote.extract(transfer(orders, buffers)));
    } catch (error) {
      gone = failureOf(error);
    }
    this.#mail[worker]!--;
    for (const [i, { tell }] of letters.entries()) tell(outcomes?.[i] ?? fail(gone ?? failureOf(undefined)));
    this.#post();
  }

  /** All that was asked in a turn, in a few messages. */
  #postReadings(): void {
    const readings = this.#readings;
    this.#readings = [];
    while (readings.length > 0) {
      const some = someOf(readings);
      const bytes = some.reduce((sum, reading) => sum + reading.bytes, 0);
      const orders = some.map(({ order }) => order);
      const answers = this.#at(bytes, async (worker) =>
        ok(await this.#pool.ask(worker, (remote) => remote.read(orders))),
      );
      void answers.then((outcomes) => {
        for (const [i, { tell }] of some.entries())
          tell(outcomes.ok ? (outcomes.value[i] ?? fail(failureOf(undefined))) : outcomes);
      });
    }
  }

  /** @returns a failure where the workers are gone */
  async #at<T>(bytes: number, work: (worker: number) => Promise<Outcome<T>>): Promise<Outcome<T>> {
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

/** One that fills its buffer goes without being copied. */
function wholeBuffer(tarball: Uint8Array): ArrayBuffer[] {
  return tarball.byteLength === tarball.buffer.byteLength ? [tarball.buffer as ArrayBuffer] : [];
}

/** The page has one processor to itself. */
function defaultWorkers(): number {
  return Math.min(4, Math.max(1, (globalThis.navigator?.hardwareConcurrency ?? 2) - 1));
}

/** Takes out those that go in the next message. */
function someOf<T extends { bytes: number }>(letters: T[]): T[] {
  let sum = 0;
  const end = letters.findIndex(({ bytes }, i) => {
    sum += bytes;
    return i === MOST || (i > 0 && sum > MOST_BYTES);
  });
  return letters.splice(0, end < 0 ? letters.length : end);
}

function bytesOf(order: ReadOrder): number {
  if ("tarball" in order) return order.tarball.length;
  return order.rangeReads.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
