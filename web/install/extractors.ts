import { transfer } from "comlink";
import type { InstallerOptions } from "../../src/api.ts";
import { fail, type Outcome } from "../../src/errors.ts";
import type { Extracted, Extractor, Wanted } from "../../src/install/extractor.ts";
import { failureOf } from "../../workers/failure-of.ts";
import { Crew } from "../crew.ts";

/** Opens tarballs in workers, each where least is being done. */
export class Extractors implements Extractor {
  readonly workers: number;
  readonly #crew: Crew;
  readonly #ready: Promise<void>;
  /** Bytes that each worker has before it. */
  readonly #loads: number[];

  private constructor(options: InstallerOptions, workers: number) {
    this.workers = workers;
    this.#loads = Array.from({ length: workers }, () => 0);
    this.#crew = new Crew("extract", options, workers);
    this.#ready = this.#crew.start();
    // Heard by whoever asks first.
    this.#ready.catch(() => {});
  }

  /** Does not wait until they run: nothing is here for them to do yet. */
  static async start(options: InstallerOptions, workers?: number): Promise<Extractors> {
    return new Extractors(options, workers ?? options.extractWorkers ?? defaultWorkers());
  }

  extract(tarball: Uint8Array, wanted: Wanted): Promise<Outcome<Extracted>> {
    return this.#at(tarball.length, (worker) =>
      this.#crew.ask(worker, (remote) => remote.extract(sent(tarball), wanted)),
    );
  }

  async inflate(tarball: Uint8Array, unpacked: number, end: number): Promise<Outcome<Uint8Array>> {
    const outcome = await this.#at(tarball.length, (worker) =>
      this.#crew.ask(worker, (remote) => remote.inflate(tarball, unpacked, end)),
    );
    if (outcome.ok || !this.ended) return outcome;
    // What was installed can be read when its workers have gone, too.
    const { localExtractor } = await import("../../workers/extract.ts");
    return await localExtractor().inflate(tarball, unpacked, end);
  }

  get ended(): boolean {
    return this.#crew.ended;
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
function sent(tarball: Uint8Array): Uint8Array {
  const whole = tarball.byteLength === tarball.buffer.byteLength;
  return whole ? transfer(tarball, [tarball.buffer as ArrayBuffer]) : tarball;
}

/** The page has one processor to itself. */
function defaultWorkers(): number {
  return Math.min(4, Math.max(1, (globalThis.navigator?.hardwareConcurrency ?? 2) - 1));
}
