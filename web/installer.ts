import type { InstalledProject, InstallInput, InstallOptions } from "../src/api/install.ts";
import type {
  Installer,
  InstallerOptions,
  Mode,
  PackumentSummary,
  Progress,
  ProjectInput,
  Resolution,
  ResolveOptions,
  Warning,
} from "../src/api/resolve.ts";
import { orAbort } from "../src/base/on-abort.ts";
import { failure, InstallError } from "../src/errors/failure.ts";
import { failureOf, progressFailed } from "../src/errors/failure-of.ts";
import { invalidOption } from "../src/errors/invalid-option.ts";
import { disposed } from "../src/errors/work.ts";
import { registryConfig } from "../src/registry/registry-config.ts";
import { type Backend, settingsOf } from "./backends/backend.ts";
import type { Installs } from "./install/installs.ts";
import { plainInput, plainOptions } from "./options/plain-input.ts";

type RealMode = Exclude<Mode, "auto">;

/**
 * Makes an installer, in the first mode that this environment lets start: `threads` (the page is cross-origin isolated),
 * `worker`, `inline`. A mode asked for by name starts or fails.
 * @throws InstallError EINVALIDREGISTRY, EINVALIDOPTION, EMODE
 */
export async function createInstaller(options: InstallerOptions = {}): Promise<Installer> {
  registryConfig(options);
  const { mode: asked = "auto", fetch, io } = options;
  if (fetch && io === "worker") {
    throw invalidOption('options.fetch cannot be used with io: "worker": a function stays on the page.');
  }
  const given = { ...options, ...plainOptions(() => settingsOf(options)) };
  const ways = (asked === "auto" ? MODES : [asked]).map((mode) => ({ mode, options: given, name: mode as string }));
  // Where no worker starts the page has to fetch.
  if (asked === "auto" && io === "worker") ways.push({ mode: "inline", options: { ...given, io: "page" }, name: "" });
  const obstacles: string[] = [];
  for (const { mode, options } of ways) {
    const backend = obstacleTo(mode) ?? (await start(mode, options));
    if (typeof backend !== "string") {
      const modeReason = asked === "auto" ? obstacles.join("; ") || "the first choice" : "asked for";
      return new WebInstaller(options, backend, { mode, modeReason });
    }
    obstacles.push(`not ${mode}${mode === "inline" ? ' with io "worker"' : ""}: ${backend}`);
  }
  const wayOut = [{ kind: "option", text: 'Leave `mode` at "auto".', option: "mode" } as const];
  throw new InstallError(failure("EMODE", `The mode "${asked}" cannot start: ${obstacles.join("; ")}`, { wayOut }));
}

const MODES = ["threads", "worker", "inline"] as const;

/** What is known without trying. */
function obstacleTo(mode: RealMode): string | undefined {
  if (!MODES.includes(mode)) {
    throw invalidOption(`options.mode must be "auto", "threads", "worker" or "inline", not "${mode}".`);
  }
  if (mode === "inline") return undefined;
  // Node's own threads are something else.
  if (!globalThis.Worker || !globalThis.location) return "there are no web workers here";
  return mode === "threads" && !globalThis.crossOriginIsolated ? "the page is not cross-origin isolated" : undefined;
}

/** The backend, or why there is none. */
async function start(mode: RealMode, options: InstallerOptions): Promise<Backend | string> {
  try {
    if (mode === "inline") return await (await import("./backends/inline-backend.ts")).Inline.start(options);
    return await (await import("./backends/worker-pools.ts")).WorkerPools.start(mode, options);
  } catch (error) {
    return failureOf(error).message;
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

  #installs: Promise<Installs> | undefined;

  readonly store: Installer["store"] = {
    usage: () =>
      this.#run(undefined, async () => {
        const installs = await this.#loadInstalls();
        return { ...(await this.#backend.store.usage()), ...(await installs.usage()) };
      }),
    clear: () =>
      this.#run(undefined, async () => {
        const installs = await this.#loadInstalls();
        await Promise.all([this.#backend.store.clear(), installs.clear()]);
      }),
  };

  install(input: InstallInput, given?: InstallOptions): Promise<InstalledProject> {
    const options = given ?? {};
    return this.#run(options.signal, async (signal) => {
      // What opens tarballs starts while the rest is loaded.
      const installs = await this.#loadInstalls(true);
      return await installs.install(input, options, signal);
    });
  }

  resolve(project: ProjectInput, options: ResolveOptions = {}): Promise<Resolution> {
    return this.#run(options.signal, async (signal) => {
      const input = plainInput(project);
      const { signal: _, ...plain } = plainOptions(() => ({ ...options, signal: undefined }));
      const { tell, told } = this.#listener(signal);
      const resolution = await this.#backend.resolve(input, { ...plain, signal, tell });
      (resolution.warnings as Warning[]).push(...told);
      return resolution;
    });
  }

  packument(name: string, options: { signal?: AbortSignal } = {}): Promise<PackumentSummary> {
    return this.#run(options.signal, async (signal) => {
      const { summarise } = await import("./packument-summary.ts");
      return await summarise(name, this.#options, signal);
    });
  }

  dispose(): void {
    this.#ending.abort(new InstallError(disposed("installer")));
    this.#backend.dispose();
    void this.#installs?.then(
      (installs) => installs.dispose(),
      () => {},
    );
  }

  async #loadInstalls(soon = false): Promise<Installs> {
    const start = async (): Promise<Installs> => {
      const extractor = soon ? this.#backend.extractor() : undefined;
      // Heard by whoever comes to need it.
      extractor?.catch(() => {});
      const { Installs } = await import("./install/installs.ts");
      return new Installs(this.#options, this.#backend, extractor);
    };
    this.#installs ??= start();
    try {
      return await this.#installs;
    } catch (error) {
      // What could not be loaded may be there the next time.
      this.#installs = undefined;
      throw error;
    }
  }

  /** Work that ends when it is cancelled, and at once, whether it heeds that or not. A fault is told as a failure, in every mode. */
  async #run<T>(own: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = eitherOf(own, this.#ending.signal);
    signal.throwIfAborted();
    try {
      return await orAbort(work(signal), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof InstallError ? error : new InstallError(failureOf(error));
    }
  }

  /** The embedder's, who hears nothing once the run is cancelled, or once it has failed to listen: then there is a warning. */
  #listener(signal: AbortSignal): { tell: ((progress: Progress) => void) | undefined; told: Warning[] } {
    const { onProgress } = this.#options;
    const told: Warning[] = [];
    const listen = async (progress: Progress): Promise<void> => onProgress?.(progress);
    const failed = (error: unknown): void => {
      if (told.length === 0) told.push(progressFailed(error));
    };
    const tell = (progress: Progress): void => {
      if (told.length === 0 && !signal.aborted) listen(progress).catch(failed);
    };
    return { tell: onProgress && tell, told };
  }
}

function eitherOf(own: AbortSignal | undefined, ending: AbortSignal): AbortSignal {
  try {
    return own ? AbortSignal.any([own, ending]) : ending;
  } catch {
    throw invalidOption("options.signal must be an AbortSignal.");
  }
}
