import { resolutionOf } from "../../src/answer/resolution.ts";
import type { InstallerOptions, ProjectInput, Resolution } from "../../src/api/resolve.ts";
import { openNets } from "../../workers/net/net.ts";
import { localSupply } from "../../workers/run/local-supply.ts";
import { Run } from "../../workers/run/resolve-run.ts";
import type { ThreadMetadataCache } from "../../workers/storage/thread-metadata-cache.ts";
import { type Backend, type RunOptions, settingsOf } from "./backend.ts";
import type { FetchChannel } from "./fetch-channel.ts";

/** Everything on the calling thread, in slices; with `io: 'worker'` all but the fetching. */
export class Inline implements Backend {
  readonly #options: InstallerOptions;
  #threadCache: Promise<ThreadMetadataCache> | undefined;
  #fetchChannel: FetchChannel | undefined;

  private constructor(options: InstallerOptions) {
    this.#options = options;
  }

  /** @throws InstallError EWORKER when another thread is to fetch and there is none */
  static async start(options: InstallerOptions): Promise<Inline> {
    const inline = new Inline(options);
    if (options.io === "worker")
      inline.#fetchChannel = await (await import("./fetch-channel.ts")).FetchChannel.start(options);
    return inline;
  }

  async resolve(input: ProjectInput, { signal, tell, placed, ...options }: RunOptions): Promise<Resolution> {
    const fetchChannel = await this.#fetchChannel?.open();
    const open = fetchChannel?.open ?? openNets(this.#options);
    const run = new Run({
      placed: placed && new (await import("../../workers/run/placed-packages.ts")).Announcer(placed),
      settings: settingsOf(this.#options),
      input,
      options,
      signal: fetchChannel ? AbortSignal.any([signal, fetchChannel.life]) : signal,
      connect: async (supplyRequest) => {
        const threadCache = await this.#openThreadCache();
        return localSupply(
          supplyRequest,
          open({ registry: supplyRequest.config.registry }, supplyRequest.warn),
          threadCache,
        );
      },
      meter:
        tell && (async (counts) => new (await import("../../workers/run/progress.ts")).ProgressMeter(tell, counts)),
    });
    return resolutionOf(await run.resolve());
  }

  readonly store: Backend["store"] = {
    usage: async () => (await this.#openThreadCache())?.usage() ?? { bytes: 0, packuments: 0 },
    clear: async () => (await this.#openThreadCache())?.clear(),
  };

  async extractor(): ReturnType<Backend["extractor"]> {
    return { ...(await import("../../workers/host/local-extractor.ts")).localExtractor(), atOnce: 2 };
  }

  async nets(concurrency?: number): ReturnType<Backend["nets"]> {
    return (
      (await this.#fetchChannel?.open()) ?? {
        open: openNets({ ...this.#options, ...(concurrency && { concurrency }) }),
      }
    );
  }

  dispose(): void {
    this.#fetchChannel?.dispose();
  }

  /** Undefined where nothing is to be stored. */
  async #openThreadCache(): Promise<ThreadMetadataCache | undefined> {
    if (this.#options.cache === "none") return undefined;
    this.#threadCache ??= import("../../workers/storage/thread-metadata-cache.ts").then(
      ({ ThreadMetadataCache }) => new ThreadMetadataCache(),
    );
    return await this.#threadCache;
  }
}
