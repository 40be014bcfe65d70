import type {
  Installer,
  InstallerOptions,
  Mode,
  PackumentSummary,
  ProjectInput,
  Resolution,
  ResolveOptions,
} from "../src/api.ts";
import { failure, InstallError } from "../src/errors.ts";
import { registryConfig } from "../src/registry/registry-config.ts";
import type { Backend } from "./backend.ts";

type RealMode = Exclude<Mode, "auto">;

/**
 * Makes an installer, in the first mode that this environment lets start: `threads` (the page is cross-origin isolated),
 * `worker`, `inline`. A mode asked for by name starts or fails.
 * @throws InstallError EINVALIDREGISTRY, EINVALIDOPTION, EMODE
 */
export async function createInstaller(options: InstallerOptions = {}): Promise<Installer> {
  registryConfig(options);
  const { mode: asked = "auto" } = options;
  const obstacles: string[] = [];
  for (const mode of asked === "auto" ? MODES : [asked]) {
    const obstacle = obstacleTo(mode) ?? (await start(mode, options));
    if (typeof obstacle !== "string") {
      const modeReason = asked === "auto" ? obstacles.join("; ") || "the first choice" : "asked for";
      return new WebInstaller(options, obstacle, { mode, modeReason });
    }
    obstacles.push(`not ${mode}: ${obstacle}`);
  }
  const wayOut = [{ kind: "option", text: 'Leave `mode` at "auto".', option: "mode" } as const];
  throw new InstallError(failure("EMODE", `The mode "${asked}" cannot start: ${obstacles.join()}`, { wayOut }));
}

const MODES = ["threads", "worker", "inline"] as const;

/** What is known without trying. */
function obstacleTo(mode: RealMode): string | undefined {
  if (!MODES.includes(mode)) {
    throw new InstallError(failure("EINVALIDOPTION", `mode "${mode}": "auto", "threads", "worker" or "inline"`));
  }
  if (mode === "inline") return undefined;
  // Node's own threads are something else.
  if (!globalThis.Worker || !globalThis.location) return "there are no web workers here";
  return mode === "threads" && !globalThis.crossOriginIsolated ? "the page is not cross-origin isolated" : undefined;
}

/** The backend, or why there is none. */
async function start(mode: RealMode, options: InstallerOptions): Promise<Backend | string> {
  if (mode === "inline") return new (await import("./inline.ts")).Inline(options);
  try {
    return await (await import("./crews.ts")).Crews.start(mode === "threads", options);
  } catch (error) {
    if (error instanceof InstallError) return error.message;
    throw error;
  }
}

class WebInstaller implements Installer {
  declare readonly mode: RealMode;
  declare readonly modeReason: string;
  readonly #options: InstallerOptions;
  readonly #backend: Backend;
  readonly #ending = new AbortController();

  constructor(options: InstallerOptions, backend: Backend, why: { mode: RealMode; modeReason: string }) {
    this.#options = options;
    this.#backend = backend;
    this.mode = why.mode;
    this.modeReason = why.modeReason;
  }

  get store(): Installer["store"] {
    return this.#backend.store;
  }

  async resolve(project: ProjectInput, options: ResolveOptions = {}): Promise<Resolution> {
    const signal = this.#signal(options.signal);
    signal.throwIfAborted();
    return await this.#backend.resolve(project, { ...options, signal });
  }

  async packument(name: string, options: { signal?: AbortSignal } = {}): Promise<PackumentSummary> {
    const { summarise } = await import("./summarise.ts");
    return await summarise(name, this.#options, this.#signal(options.signal));
  }

  dispose(): void {
    this.#ending.abort(new InstallError(failure("EDISPOSED", "The installer was disposed of")));
    this.#backend.dispose();
  }

  #signal(own: AbortSignal | undefined): AbortSignal {
    return own ? AbortSignal.any([own, this.#ending.signal]) : this.#ending.signal;
  }
}
