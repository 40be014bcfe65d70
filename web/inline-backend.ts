import { resolutionOf } from "../src/answer/resolution.ts";
import type { InstallerOptions, ProjectInput, Resolution } from "../src/api/resolve.ts";
import { openNets } from "../workers/net/net.ts";
import { localSupply } from "../workers/run/local-supply.ts";
import { Run } from "../workers/run/run.ts";
import type { Pantry } from "../workers/storage/thread-metadata-cache.ts";
import { type Backend, type RunOptions, settingsOf } from "./backend.ts";
import type { Courier } from "./fetch-channel.ts";

/** Everything on the calling thread, in slices; with `io: 'worker'` all but the fetching. */
export class Inline implements Backend {
  readonly #options: InstallerOptions;
  #pantry: Promise<Pantry> | undefined;
  #courier: Courier | undefined;

  private constructor(options: InstallerOptions) {
    this.#options = options;
  }

  /** @throws InstallError EWORKER when another thread is to fetch and there is none */
  static async start(options: InstallerOptions): Promise<Inline> {
    const inline = new Inline(options);
    if (options.io === "worker") inline.#courier = await (await import("./fetch-channel.ts")).Courier.start(options);
    return inline;
  }

  async resolve(input: ProjectInput, { signal, tell, placed, ...options }: RunOptions): Promise<Resolution> {
    const courier = await this.#courier?.open();
    const open = courier?.open ?? openNets(this.#options);
    const run = new Run({
      placed: placed && new (await import("../workers/run/placed-packages.ts")).Announcer(placed),
      settings: settingsOf(this.#options),
      input,
      options,
      signal: courier ? AbortSignal.any([signal, courier.life]) : signal,
      connect: async (errand) => {
        const pantry = await this.#openPantry();
        return localSupply(errand, open({ registry: errand.config.registry }, errand.warn), pantry);
      },
      meter: tell && (async (counts) => new (await import("../workers/run/progress.ts")).ProgressMeter(tell, counts)),
    });
    return resolutionOf(await run.resolve());
  }

  readonly store: Backend["store"] = {
    usage: async () => (await this.#openPantry())?.usage() ?? { bytes: 0, packuments: 0 },
    clear: async () => (await this.#openPantry())?.clear(),
  };

  async extractor(): ReturnType<Backend["extractor"]> {
    return { ...(await import("../workers/host/local-extractor.ts")).localExtractor(), atOnce: 2 };
  }

  async nets(concurrency?: number): ReturnType<Backend["nets"]> {
    return (
      (await this.#courier?.open()) ?? { open: openNets({ ...this.#options, ...(concurrency && { concurrency }) }) }
    );
  }

  dispose(): void {
    this.#courier?.dispose();
  }

  /** Undefined where nothing is to be stored. */
  async #openPantry(): Promise<Pantry | undefined> {
    if (this.#options.cache === "none") return undefined;
    this.#pantry ??= import("../workers/storage/thread-metadata-cache.ts").then(({ Pantry }) => new Pantry());
    return await this.#pantry;
  }
}
