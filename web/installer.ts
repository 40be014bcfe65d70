import type {
  Installer,
  InstallerOptions,
  PackumentSummary,
  ProjectInput,
  Resolution,
  ResolveOptions,
} from "../src/api.ts";
import { failure, InstallError } from "../src/errors.ts";
import { registryConfig } from "../src/registry/registry-config.ts";
import { Run } from "../workers/run.ts";

/**
 * Makes an installer. `mode` is `inline` for now: everything on the calling thread, in slices.
 * @throws InstallError EINVALIDREGISTRY, EINVALIDOPTION
 */
export async function createInstaller(options: InstallerOptions = {}): Promise<Installer> {
  const { mode = "auto" } = options;
  if (mode !== "auto" && mode !== "inline") {
    throw new InstallError(failure("EINVALIDOPTION", `mode "${mode}": only "inline" exists yet`));
  }
  registryConfig(options);
  return new InlineInstaller(options);
}

class InlineInstaller implements Installer {
  readonly mode = "inline";
  declare readonly modeReason: string;
  readonly #options: InstallerOptions;
  readonly #ending = new AbortController();

  constructor(options: InstallerOptions) {
    this.#options = options;
    this.modeReason = options.mode === "inline" ? "asked for" : "the only one yet";
  }

  async resolve(project: ProjectInput, options: ResolveOptions = {}): Promise<Resolution> {
    const signal = this.#signal(options.signal);
    signal.throwIfAborted();
    return await new Run(this.#options, project, { ...options, signal }).resolve();
  }

  async packument(name: string, options: { signal?: AbortSignal } = {}): Promise<PackumentSummary> {
    const { summarise } = await import("./summarise.ts");
    return await summarise(name, this.#options, this.#signal(options.signal));
  }

  dispose(): void {
    this.#ending.abort(new InstallError(failure("EDISPOSED", "The installer was disposed of")));
  }

  #signal(own: AbortSignal | undefined): AbortSignal {
    return own ? AbortSignal.any([own, this.#ending.signal]) : this.#ending.signal;
  }
}
