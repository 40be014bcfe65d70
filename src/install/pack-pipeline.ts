import type { Failure } from "../api/failure.ts";
import type { OperationKind, UnpackLimits } from "../api/install.ts";
import { RankQueue } from "../base/rank-queue.ts";
import { type SharedRun, SharedWork } from "../base/shared-work.ts";
import { endSentence, fail, failure, InstallError, type Outcome } from "../errors/failure.ts";
import { workerFailed } from "../errors/threads.ts";
import type { Extracted, Extractor } from "./extractor.ts";
import type { DownloadedTarball, InstallLimits, TarballDownloads } from "./install-ports.ts";
import type { OperationRecord, Operations } from "./operations.ts";
import type { PackSource } from "./pack-source.ts";

export interface PipelineOptions {
  downloads: TarballDownloads;
  extractor: Pick<Extractor, "extract">;
  limits: Pick<InstallLimits, "downloads" | "extractions" | "backlog">;
  unpack: UnpackLimits;
  /** Whether to return inflated archives too. */
  archives: boolean;
  operations: Operations;
  /** This install's access to the packs that the installs of an installer share. */
  shared?: SharedPacks | undefined;
  /** Called after every step. */
  listener?: PipelineListener | undefined;
}

/** The access of one install to {@link sharedPacks}. */
export type SharedPacks = SharedRun<Outcome<Extracted>>;

/** Shares verified tarballs between installs. An install that joins must leave once its packs are stored. */
export function sharedPacks(): SharedWork<Outcome<Extracted>> {
  return new SharedWork({
    // Archives take much memory. A pack can be read without.
    share: (outcome) => (outcome.ok ? { ok: true, value: withoutArchive(outcome.value) } : outcome),
    keep: { kind: "lasting", isAgeless: ({ ok }) => ok },
  });
}

function withoutArchive({ archive: _, ...extracted }: Extracted): Extracted {
  return extracted;
}

export interface PipelineListener {
  changed(): void;
}

/** The work on one pack. */
interface Job {
  readonly source: PackSource;
  readonly result: Promise<Outcome<Extracted>>;
  readonly resolve: (outcome: Outcome<Extracted>) => void;
  state: "queued" | "downloading" | "ready" | "extracting" | "done";
  /** Whether it ended without an outcome of its own. */
  gaveUp?: boolean;
  download: OperationRecord;
  extract?: OperationRecord;
  body?: DownloadedTarball;
  /** Why the first download failed its integrity check. The second download bypasses all caches. */
  refused?: Outcome<Extracted>;
}

/** The rank of a download if the caller gives none: the last one. */
const LAST_RANK = 8;

/**
 * Fetches, verifies and indexes packs. A second request for a pack joins the job that is under way. The steps of a job:
 *
 * 1. queued: waits for one of `limits.downloads` slots, lowest rank first. No download starts while `limits.backlog` bytes wait
 *    for verification.
 * 2. downloading.
 * 3. ready: waits for one of `limits.extractions` slots.
 * 4. extracting: a worker verifies the integrity, inflates the tarball and indexes its files. After a failed integrity check the
 *    tarball is downloaded once more, past all caches, because a cache between here and the registry may have a damaged copy.
 * 5. done: every caller gets the same outcome. The pipeline does not keep it.
 *
 * No method rejects: a failure is an outcome.
 */
export class PackPipeline {
  readonly #options: PipelineOptions;
  /** Jobs that are not done, by key. */
  readonly #jobs = new Map<string, Job>();
  readonly #queue = new RankQueue<Job>();
  readonly #ready: Job[] = [];
  #downloading = 0;
  #extracting = 0;
  /** Bytes downloaded and not verified yet. */
  #backlog = 0;
  #stopped: Failure | undefined;
  /** Packs that were fetched and verified. */
  fetched = 0;
  /** Bytes of their tarballs. */
  bytes = 0;
  /** Bytes on the wire, refused tarballs included. */
  transferred = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Fetches, verifies and indexes a pack. @param rank 0 goes first */
  fetch(source: PackSource, rank: number = LAST_RANK): Promise<Outcome<Extracted>> {
    const known = this.#jobs.get(source.key);
    if (known) {
      this.promote(source.key, rank);
      return known.result;
    }
    const job = this.#newJob(source);
    if (this.#stopped) this.#finish(job, fail(this.#stopped));
    else {
      this.#jobs.set(source.key, job);
      this.#queue.add(job, rank);
    }
    this.#startWork();
    return job.result;
  }

  /** Improves the rank of a pack that is still queued. */
  promote(key: string, rank: number): void {
    const known = this.#jobs.get(key);
    if (known?.state === "queued") this.#queue.promote((job) => job === known, rank);
  }

  /** Whether no pack is being verified or waits for it. */
  get idle(): boolean {
    return this.#extracting + this.#ready.length === 0;
  }

  /**
   * Gives up a pack. Its callers get EDROPPED, and a running download is ignored when it ends. The pack can be fetched again.
   * @returns false if it was not under way
   */
  drop(key: string): boolean {
    const job = this.#jobs.get(key);
    if (!job) return false;
    const { name, version } = job.source;
    const message = `${name}@${version} was dropped: it is no longer part of the tree.`;
    this.#finish(job, fail(failure("EDROPPED", message)), "dropped");
    return true;
  }

  /** Ends all work. Every call of `fetch`, now or later, ends with `reason`. */
  stop(reason: Failure): void {
    if (this.#stopped) return;
    this.#stopped = reason;
    for (const job of [...this.#jobs.values()]) this.#finish(job, fail(reason), "dropped");
  }

  #newJob(source: PackSource): Job {
    let resolve: Job["resolve"] = () => {};
    const result = new Promise<Outcome<Extracted>>((done) => {
      resolve = done;
    });
    return { source, result, resolve, state: "queued", download: this.#operation("download", source) };
  }

  #operation(kind: OperationKind, { key, name, version }: PackSource): OperationRecord {
    return this.#options.operations.add(kind, key, `${name}@${version}`);
  }

  /** Starts as much work as the limits allow. */
  #startWork(): void {
    const { limits, listener } = this.#options;
    while (this.#extracting < limits.extractions) {
      const job = this.#ready.shift();
      if (!job) break;
      void this.#extract(job);
    }
    while (this.#downloading < limits.downloads && this.#backlog < limits.backlog) {
      const job = this.#queue.first();
      if (!job) break;
      this.#queue.delete(job);
      void this.#begin(job);
    }
    listener?.changed();
  }

  /** Waits for another install's tarball, or downloads it. */
  async #begin(job: Job): Promise<void> {
    job.state = "downloading";
    this.#downloading++;
    job.download.start();
    const { shared, unpack } = this.#options;
    if (!shared || job.refused || !isShareable(job.source)) return await this.#download(job);
    let isOwn = false;
    const work = async (): Promise<Outcome<Extracted>> => {
      isOwn = true;
      void this.#download(job);
      const outcome = await job.result;
      if (job.gaveUp) throw new InstallError(failure("EDROPPED", "The pack was given up."));
      return outcome;
    };
    const key = [job.source.key, ...Object.values(unpack)].join(" ");
    const outcome = await shared.run({ key, work }).catch(() => null);
    if (isOwn || !outcome) return;
    this.#downloading--;
    // The state has changed if the job was dropped in the meantime.
    if (job.state === "downloading") this.#take(job, outcome);
    this.#startWork();
  }

  /** Ends a job with the outcome of another install. */
  #take(job: Job, outcome: Outcome<Extracted>): void {
    if (outcome.ok) {
      this.fetched++;
      this.bytes += outcome.value.tarball.length;
      job.download.end("done", outcome.value.tarball.length);
    }
    this.#finish(job, outcome);
  }

  async #download(job: Job): Promise<void> {
    const outcome = await this.#options.downloads.get(job.source, job.refused !== undefined);
    this.#downloading--;
    // The state has changed if the job was dropped in the meantime.
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
      } else this.#finish(job, job.refused ?? outcome);
    }
    this.#startWork();
  }

  async #extract(job: Job): Promise<void> {
    const { bytes, integrity } = job.body!;
    // The extractor transfers the bytes to another thread, which empties this array.
    const { length } = bytes;
    job.state = "extracting";
    job.extract?.start(length);
    this.#extracting++;
    const promised = job.source.integrity ?? integrity ?? null;
    const outcome = await this.#verify({ ...job.source, integrity: promised }, bytes);
    this.#extracting--;
    this.#backlog -= length;
    // The state has changed if the job was dropped in the meantime.
    if (job.state === "extracting") {
      delete job.body;
      if (!outcome.ok && outcome.failure.code === "EINTEGRITY" && !job.refused) this.#retry(job, outcome);
      else {
        if (outcome.ok) {
          this.fetched++;
          this.bytes += outcome.value.tarball.length;
        }
        this.#finish(job, outcome);
      }
    }
    this.#startWork();
  }

  async #verify({ name, url, integrity }: PackSource, bytes: Uint8Array): Promise<Outcome<Extracted>> {
    const { extractor, unpack: limits, archives: archive } = this.#options;
    try {
      return await extractor.extract(bytes, { name, url, integrity, limits, archive });
    } catch (error) {
      // The worker is gone.
      return fail(workerFailure(name, error));
    }
  }

  #retry(job: Job, refused: Outcome<Extracted>): void {
    job.refused = refused;
    job.extract?.end("failed");
    job.state = "queued";
    job.download = this.#operation("download", job.source);
    this.#queue.add(job, 0);
  }

  #finish(job: Job, outcome: Outcome<Extracted>, ended: "failed" | "dropped" = "failed"): void {
    this.#queue.delete(job);
    const ready = this.#ready.indexOf(job);
    if (ready >= 0) {
      this.#ready.splice(ready, 1);
      this.#backlog -= job.body?.bytes.length ?? 0;
    }
    delete job.body;
    job.state = "done";
    job.gaveUp = ended === "dropped";
    this.#jobs.delete(job.source.key);
    const state = outcome.ok ? "done" : ended;
    job.download.end(state);
    job.extract?.end(state);
    job.resolve(outcome);
  }
}

/** Checks whether a hash says what the tarball is. A file of the project is at hand. */
function isShareable({ key, url, integrity }: PackSource): boolean {
  return integrity !== null && !key.startsWith("?") && !url.startsWith("file:");
}

function workerFailure(name: string, error: unknown): Failure {
  const { failure: known, message } = (error ?? {}) as { failure?: Failure; message?: string };
  return (
    known ?? workerFailed(endSentence(`Cannot verify the tarball of ${name}: the worker failed: ${message ?? error}`))
  );
}
