import { transfer } from "comlink";
import type { InstallerOptions } from "../../src/api.ts";
import { type Failure, fail, type Outcome } from "../../src/errors.ts";
import type { Extracted, Extractor, Wanted } from "../../src/install/extractor.ts";
import type { Stretch } from "../../src/packs/waypoints.ts";
import type { Range } from "../../src/tarball/gunzip.ts";
import { failureOf } from "../../workers/failure-of.ts";
import type { ExtractOrder } from "../../workers/protocol.ts";
import { Crew } from "../crew.ts";

/** Tarballs in one message: each message costs both threads something. */
const MOST = 16;
/** Bytes in one message, so that workers end about together. */
const MOST_BYTES = 512 * 1024;

interface Letter {
  order: ExtractOrder;
  tell(outcome: Outcome<Extracted>): void;
}

/** Opens tarballs in workers, each where least is being done. */
export class Extractors implements Extractor {
  /** What the workers are at, and what lies ready for the next messages. */
  readonly atOnce: number;
  readonly #crew: Crew;
  readonly #ready: Promise<void>;
  /** Bytes that each worker has to inflate. */
  readonly #loads: number[];
  /** Messages that each worker has before it. */
  readonly #mail: number[];
  #letters: Letter[] = [];

  private constructor(options: InstallerOptions, workers: number) {
    this.atOnce = workers * 2 * MOST;
    this.#loads = Array.from({ length: workers }, () => 0);
    this.#mail = [...this.#loads];
    this.#crew = new Crew("extract", options, workers);
    this.#ready = this.#crew.start();
    // Heard by whoever asks first.
    this.#ready.catch(() => {});
  }

  /** Does not wait until they run: nothing is here for them to do yet. */
  static async start(options: InstallerOptions, workers?: number): Promise<Extractors> {
    const asked = workers ?? options.extractWorkers ?? defaultWorkers();
    return new Extractors(options, Math.max(1, Math.floor(asked) || 1));
  }

  async extract(tarball: Uint8Array, wanted: Wanted): Promise<Outcome<Extracted>> {
    return await new Promise((tell) => {
      this.#letters.push({ order: { tarball, wanted }, tell });
      // What else comes up in this turn goes along.
      if (this.#letters.length === 1) queueMicrotask(() => this.#post());
    });
  }

  async inflate(tarball: Uint8Array, unpacked: number): Promise<Outcome<Uint8Array>> {
    return await this.#open(tarball, (extractor) => extractor.inflate(tarball, unpacked));
  }

  async read(tarball: Uint8Array, unpacked: number, ranges: readonly Range[]): Promise<Outcome<Uint8Array[]>> {
    return await this.#open(tarball, (extractor) => extractor.read(tarball, unpacked, ranges));
  }

  async waypoints(tarball: Uint8Array, unpacked: number): Promise<Outcome<Uint8Array | null>> {
    return await this.#at(tarball.length, (worker) =>
      this.#crew.ask(worker, (remote) => remote.waypoints(tarball, unpacked)),
    );
  }

  async readStretches(stretches: readonly Stretch[]): Promise<Outcome<(Uint8Array[] | null)[]>> {
    const length = stretches.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return await this.#at(length, (worker) => this.#crew.ask(worker, (remote) => remote.readStretches(stretches)));
  }

  /** Where least is being done; on this thread where the workers are gone: what was installed can still be read. */
  async #open<T>(
    { length }: Uint8Array,
    work: (extractor: Pick<Extractor, "inflate" | "read">) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const outcome = await this.#at(length, (worker) => this.#crew.ask(worker, work));
    if (outcome.ok || !this.ended) return outcome;
    const { localExtractor } = await import("../../workers/extract.ts");
    return await work(localExtractor());
  }

  get ended(): boolean {
    return this.#crew.ended;
  }

  /** Keeps every worker busy: one message that it works on, and one that lies ready. */
  #post(): void {
    for (const [worker, mail] of this.#mail.entries()) {
      if (mail < 2 && this.#letters.length > 0) void this.#send(worker, this.#batch());
    }
  }

  #batch(): Letter[] {
    let bytes = 0;
    const end = this.#letters.findIndex(({ order }, i) => {
      bytes += order.tarball.length;
      return i === MOST || (i > 0 && bytes > MOST_BYTES);
    });
    return this.#letters.splice(0, end < 0 ? this.#letters.length : end);
  }

  async #send(worker: number, letters: readonly Letter[]): Promise<void> {
    const orders = letters.map(({ order }) => order);
    this.#mail[worker]!++;
    let outcomes: Outcome<Extracted>[] | undefined;
    let gone: Failure | undefined;
    try {
      await this.#ready;
      const buffers = orders.flatMap(({ tarball }) => wholeBuffer(tarball));
      outcomes = await this.#crew.ask(worker, (remote) => remote.extract(transfer(orders, buffers)));
    } catch (error) {
      gone = failureOf(error);
    }
    this.#mail[worker]!--;
    for (const [i, { tell }] of letters.entries()) tell(outcomes?.[i] ?? fail(gone ?? failureOf(undefined)));
    this.#post();
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
    this.#crew.end();
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
