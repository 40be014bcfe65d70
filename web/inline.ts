import type { Installer, InstallerOptions, ProjectInput, Resolution, ResolveOptions } from "../src/api.ts";
import { localSupply } from "../workers/local-supply.ts";
import type { Pantry } from "../workers/pantry.ts";
import { resolutionOf } from "../workers/resolution.ts";
import { Run } from "../workers/run.ts";
import { type Backend, openNet, settingsOf } from "./backend.ts";

/** Everything on the calling thread, in slices. */
export class Inline implements Backend {
  readonly #options: InstallerOptions;
  #pantry: Promise<Pantry> | undefined;

  constructor(options: InstallerOptions) {
    this.#options = options;
  }

  async resolve(input: ProjectInput, options: ResolveOptions & { signal: AbortSignal }): Promise<Resolution> {
    const { onProgress } = this.#options;
    const open = openNet(this.#options);
    const parts = await new Run({
      settings: settingsOf(this.#options),
      input,
      options,
      signal: options.signal,
      connect: async (errand) => {
        const pantry = await this.#openPantry();
        return localSupply(errand, open({ registry: errand.config.registry }, errand.warn), pantry);
      },
      meter:
        onProgress &&
        (async (counts) => new (await import("../workers/progress.ts")).ProgressMeter(onProgress, counts)),
    }).resolve();
    return resolutionOf(parts);
  }

  readonly store: Installer["store"] = {
    usage: async () => (await this.#openPantry())?.usage() ?? { bytes: 0, packuments: 0 },
    clear: async () => (await this.#openPantry())?.clear(),
  };

  dispose(): void {}

  /** Undefined where nothing is to be stored. */
  async #openPantry(): Promise<Pantry | undefined> {
    if (this.#options.cache === "none") return undefined;
    this.#pantry ??= import("../workers/pantry.ts").then(({ Pantry }) => new Pantry());
    return await this.#pantry;
  }
}
