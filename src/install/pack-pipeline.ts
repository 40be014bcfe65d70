import type { Failure } from "../api/failure.ts";
import type { OperationKind, UnpackLimits } from "../api/install.ts";
import { RankQueue } from "../base/rank-queue.ts";
import { fail, failure, type Outcome, ok } from "../errors/failure.ts";
import { workerFailed } from "../errors/threads.ts";
import { unregistered } from "../errors/work.ts";
import type { Extracted, Extractor } from "./extractor.ts";
import { type OperationRecord, Operations } from "./operations.ts";

/** A tarball that is wanted. */
export interface PackSource {
  /** `packKey`: what it is known by here. */
  key: string;
  name: string;
  version: string;
  /** Absolute. */
  url: string;
  integrity: string | null;
}

/** What is known of a verified pack once its bytes are with their owner. */
export type PackFacts = Pick<Extracted, "index" | "warnings">;

export interface PipelineLimits {
  /** Downloads at once. */
  downloads: number;
  /** Verifications at once: those that run, and the ones that lie ready beside them. */
  extractions: number;
  /** Bytes that may wait to be verified before no further download begins. */
  backlog: number;
}

export interface PipelineOptions {
  /** Never rejects. `past`: not from any cache. */
  download(source: PackSource, past: boolean): Promise<Outcome<{ bytes: Uint8Array; transferred: number }>>;
  extractor: Pick<Extractor, "extract">;
  limits: PipelineLimits;
  unpack: UnpackLimits;
  /** Whether inflated archives are wanted too. */
  archives: boolean;
  /** Takes the bytes of each pack, before anybody else hears of it. */
  keep(source: PackSource, pack: Extracted): void;
  /** Milliseconds since anywhere. */
  now: () => number;
  /** Something went on. */
  changed?: () => void;
}

/** One pack's way: it has one owner, and however many wait for it, it is fetched, verified and indexed once. */
interface Job {
  readonly source: PackSource;
  download: OperationRecord;
  state: "queued" | "downloading" | "ready" | "extracting" | "done";
  extract?: OperationRecord;
  body?: { bytes: Uint8Array; transferred: number };
  /** Its bytes were not the promised ones once: they are fetched past all caches now. */
  refused?: Outcome<PackFacts>;
  outcome?: Outcome<PackFacts>;
  waiters: ((outcome: Outcome<PackFacts>) => void)[];
}

/**
 * Fetches, verifies and indexes packs, each once. Downloads and verifications have a limit each, and downloads are held back while
 * the verifying is behind. Nothing here rejects: what came of a pack is data, and everybody who waits for it hears it.
 */
export class PackPipeline {
  readonly operations: Operations;
  readonly #options: PipelineOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #queue = new RankQueue<Job>();
  readonly #ready: Job[] = [];
  #downloading = 0;
  #extracting = 0;
  /** Bytes downloaded and not verified. */
  #backlog = 0;
  #stopped: Failure | undefined;
  /** Of packs that were fetched. */
  transferred = 0;
  fetched = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.operations = new Operations(options.now);
  }

  /** Begins a pack's way where nobody has. @param rank which downloads go first: 0 before all */
  want(source: PackSource, rank = 8): void {
    const { key } = source;
    const known = this.#jobs.get(key);
    if (known) {
      if (known.state === "queued") this.#queue.promote((job) => job === known, rank);
      return;
    }
    const download = this.#operation("download", source);
    const job: Job = { source, download, state: "queued", waiters: [] };
    this.#jobs.set(key, job);
    if (this.#stopped) this.#settle(job, fail(this.#stopped));
    else this.#queue.add(job, rank);
    this.#pump();
  }

  /** Packs that somebody wants. */
  get known(): number {
    return this.#jobs.size;
  }

  /** Nothing is verified, or waits to be. */
  get idle(): boolean {
    return this.#extracting + this.#ready.length === 0;
  }

  /** What came of it: also of what nobody has begun, as a failure. */
  async wait(key: string): Promise<Outcome<PackFacts>> {
    const job = this.#jobs.get(key);
    if (!job) return fail(unregistered(key));
    return job.outcome ?? new Promise((tell) => job.waiters.push(tell));
  }

  /** Nobody wants it any more. What has not begun never does, what is under way is let go when it comes. */
  drop(key: string): void {
    const job = this.#jobs.get(key);
    if (!job || job.state === "done") return;
    this.#settle(job, fail(failure("EDROPPED", `${job.source.name} is not part of the tree any more`)), "dropped");
    // Whoever comes to want it after all begins anew.
    this.#jobs.delete(key);
  }

  /** The end: everybody who waits, for whichever pack, hears `reason`. */
  stop(reason: Failure): void {
    if (this.#stopped) return;
    this.#stopped = reason;
    for (const job of this.#jobs.values()) if (job.state !== "done") this.#settle(job, fail(reason), "dropped");
  }

  #operation(kind: OperationKind, { key, name, version }: PackSource): OperationRecord {
    return this.operations.add(kind, key, `${name}@${version}`);
  }

  #pump(): void {
    const { limits } = this.#options;
    while (this.#extracting < limits.extractions) {
      const job = this.#ready.shift();
      if (!job) break;
      void this.#extract(job);
    }
    while (this.#downloading < limits.downloads && this.#backlog < limits.backlog) {
      const job = this.#queue.first();
      if (!job) break;
      this.#queue.delete(job);
      void this.#download(job);
    }
    this.#options.changed?.();
  }

  async #download(job: Job): Promise<void> {
    job.state = "downloading";
    this.#downloading++;
    job.download.start();
    const outcome = await this.#options.download(job.source, job.refused !== undefined);
    this.#downloading--;
    // Dropped meanwhile: nobody hears.
    if (job.state === "downloading") {
      if (outcome.ok) {
        const { bytes, transferred } = outcome.value;
        job.download.end("done", bytes.length);
        this.transferred += transferred;
        job.body = outcome.value;
        job.state = "ready";
        job.extract = this.#operation("extract", job.source);
        this.#backlog += bytes.length;
        this.#ready.push(job);
      } else this.#settle(job, job.refused ?? outcome);
    }
    this.#pump();
  }

  async #extract(job: Job): Promise<void> {
    const { length } = job.body!.bytes;
    job.state = "extracting";
    job.extract?.start(length);
    this.#extracting++;
    const outcome = await this.#verify(job).catch((error: unknown) => fail(faultOf(error)));
    this.#extracting--;
    this.#backlog -= length;
    if (job.state === "extracting") {
      delete job.body;
      if (!outcome.ok && outcome.failure.code === "EINTEGRITY" && !job.refused) {
        job.refused = outcome;
        this.#retry(job);
      } else this.#settle(job, outcome);
    }
    this.#pump();
  }

  /** Rejects when the thread that does it is gone. */
  async #verify(job: Job): Promise<Outcome<PackFacts>> {
    const { extractor, unpack: limits, archives: archive } = this.#options;
    const { source } = job;
    const { name, url, integrity } = source;
    const outcome = await extractor.extract(job.body!.bytes, { name, url, integrity, limits, archive });
    // Dropped meanwhile: nobody keeps it.
    if (!outcome.ok || job.state === "done") return outcome;
    this.#options.keep(source, outcome.value);
    this.fetched++;
    const { index, warnings } = outcome.value;
    return ok({ index, warnings });
  }

  /** Once: a cache on the way may hold what is damaged. */
  #retry(job: Job): void {
    job.extract?.end("failed");
    job.state = "queued";
    job.download = this.#operation("download", job.source);
    this.#queue.add(job, 0);
  }

  #settle(job: Job, outcome: Outcome<PackFacts>, ended: "failed" | "dropped" = "failed"): void {
    this.#queue.delete(job);
    const ready = this.#ready.indexOf(job);
    if (ready >= 0) {
      this.#ready.splice(ready, 1);
      this.#backlog -= job.body?.bytes.length ?? 0;
    }
    delete job.body;
    job.state = "done";
    job.outcome = outcome;
    const state = outcome.ok ? "done" : ended;
    job.download.end(state);
    job.extract?.end(state);
    const { waiters } = job;
    job.waiters = [];
    for (const tell of waiters) tell(outcome);
  }
}

function faultOf(error: unknown): Failure {
  const { failure: told, message } = (error ?? {}) as { failure?: Failure; message?: string };
  return told ?? workerFailed(`Verifying failed: ${message ?? error}`);
}
