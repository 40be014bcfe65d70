// Loaded on demand: when an installer starts in mode `inline`.

import { resolutionOf } from "../../src/answer/resolution.ts";
import type { InstallerOptions, ProjectInput, Resolution } from "../../src/api/resolve.ts";
import { nextTurn } from "../../workers/host/yield.ts";
import { type OpenNet, openNets } from "../../workers/net/net.ts";
import { type RunGets, SharedGets } from "../../workers/net/shared-gets.ts";
import { localSupply, type RunRecords, sharedRecords } from "../../workers/run/local-supply.ts";
import { prepareRun } from "../../workers/run/prepare-run.ts";
import { progressCounters } from "../../workers/run/progress-counters.ts";
import { resolveRun, runError } from "../../workers/run/resolve-run.ts";
import type { ThreadMetadataCache } from "../../workers/storage/thread-metadata-cache.ts";
import {
  type Backend,
  hasPrivateStore,
  type InstallNets,
  type PooledExtractor,
  type RunOptions,
  settingsOf,
  withFallback,
} from "./backend.ts";
import type { FetchChannel } from "./fetch-channel.ts";

/** Runs resolutions on the calling thread, in short slices. With `io: "worker"`, a worker makes the requests. */
export class InlineBackend implements Backend {
  readonly #options: InstallerOptions;
  #threadCache: Promise<ThreadMetadataCache> | undefined;
  #fetchChannel: FetchChannel | undefined;
  /** One for all runs, so that runs at the same time share requests. */
  readonly #openNet: OpenNet;
  readonly #sharedGets = new SharedGets();
  readonly #sharedRecords = sharedRecords();
  #disposed = false;

  private constructor(options: InstallerOptions) {
    this.#options = options;
    this.#openNet = openNets(options, this.#sharedGets);
  }

  /** @throws InstallError EWORKER if `io` is "worker" and no worker starts */
  static async start(options: InstallerOptions): Promise<InlineBackend> {
    const backend = new InlineBackend(options);
    if (options.io === "worker") {
      backend.#fetchChannel = await (await import("./fetch-channel.ts")).FetchChannel.start(options);
    }
    return backend;
  }

  resolve(input: ProjectInput, options: RunOptions): Promise<Resolution> {
    return withFallback(this.#options, () => this.#run(input, options));
  }

  async #run(input: ProjectInput, options: RunOptions): Promise<Resolution> {
    const shared = { gets: this.#sharedGets.join(), records: this.#sharedRecords.join() };
    try {
      return await this.#runSharing(shared, input, options);
    } finally {
      shared.gets.leave();
      shared.records.leave();
    }
  }

  async #runSharing(
    { gets, records }: { gets: RunGets; records: RunRecords },
    input: ProjectInput,
    { signal: own, onProgress, onPlaced, ...options }: RunOptions,
  ): Promise<Resolution> {
    const fetchChannel = await this.#fetchChannel?.open();
    const open = fetchChannel?.open ?? this.#openNet;
    const placed = onPlaced && new (await import("../../workers/run/placed-packages.ts")).PlacedReporter(onPlaced);
    const ProgressMeter = onProgress && (await import("../../workers/run/progress-meter.ts")).ProgressMeter;
    const signal = fetchChannel ? AbortSignal.any([own, fetchChannel.life]) : own;
    try {
      const run = await prepareRun({ settings: settingsOf(this.#options), input, options, signal });
      const threadCache = await this.#openThreadCache();
      // Other projects must not get documents that were fetched with a project's own credentials.
      const shared = run.config.credentials ? undefined : records;
      const supply = localSupply(run, open(run.config, run.warn, gets), threadCache, shared);
      const meter = ProgressMeter && new ProgressMeter(onProgress, progressCounters(run, supply));
      return resolutionOf(await resolveRun(run, supply, { meter, placed }), nextTurn);
    } catch (error) {
      throw await runError(error, signal);
    } finally {
      // The run may have opened its cache again.
      if (this.#disposed) this.dispose();
    }
  }

  readonly store: Backend["store"] = {
    usage: async () => (await this.#openThreadCache())?.usage() ?? { bytes: 0, packuments: 0 },
    clear: async () => (await this.#openThreadCache())?.clear(),
  };

  async extractor(): Promise<PooledExtractor> {
    return { ...(await import("../../workers/host/local-extractor.ts")).localExtractor(), atOnce: 2 };
  }

  async nets(concurrency?: number): Promise<InstallNets> {
    const channel = await this.#fetchChannel?.open();
    return channel ?? { open: openNets({ ...this.#options, ...(concurrency && { concurrency }) }) };
  }

  dispose(): void {
    this.#fetchChannel?.dispose();
    this.#disposed = true;
    void this.#threadCache?.then((cache) => cache.close()).catch(() => {});
  }

  /** Returns undefined if `cache` is "none". */
  async #openThreadCache(): Promise<ThreadMetadataCache | undefined> {
    if (this.#options.cache === "none") return undefined;
    this.#threadCache ??= import("../../workers/storage/thread-metadata-cache.ts").then(
      ({ ThreadMetadataCache }) => new ThreadMetadataCache(hasPrivateStore(this.#options)),
    );
    return await this.#threadCache;
  }
}
