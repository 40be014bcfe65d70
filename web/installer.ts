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
import { shown } from "../src/errors/shown.ts";
import { withoutSecrets } from "../src/errors/without-secrets.ts";
import { disposed } from "../src/errors/work.ts";
import { registryConfig } from "../src/registry/registry-config.ts";
import { nextTurn } from "../workers/host/yield.ts";
import { type Backend, settingsOf } from "./backends/backend.ts";
import type { Installs } from "./install/installs.ts";
import { ownOptions, plainInput, plainOptions } from "./options/plain-input.ts";

type RealMode = Exclude<Mode, "auto">;

/**
 * Creates an installer in the first mode that can start: `threads` (needs a cross-origin isolated page), `worker` or `inline`. If
 * `options.mode` names a mode, only that mode is tried.
 * @throws InstallError EINVALIDREGISTRY, EINVALIDOPTION; EMODE if no mode can start
 */
export async function createInstaller(given: InstallerOptions = {}): Promise<Installer> {
  const options = ownOptions(given);
  const { registry = "", mode: asked = "auto", ...others } = options;
  const { io } = others;
  if (typeof registry !== "string" || !ASKED.includes(asked) || Object.keys(others).length > 0) {
    await (await import("./options/check-options.ts")).checkInstallerOptions(options);
  }
  const plain = { ...options, ...plainOptions(() => settingsOf(options)) };
  registryConfig(plain);
  const attempts = (asked === "auto" ? MODES : [asked]).map((mode) => ({ mode, options: plain }));
  // If no worker starts, the page makes the requests.
  if (asked === "auto" && io === "worker") attempts.push({ mode: "inline", options: { ...plain, io: "page" } });
  const obstacles: string[] = [];
  for (const { mode, options } of attempts) {
    const backend = obstacleTo(mode) ?? (await start(mode, options));
    if (typeof backend !== "string") {
      const modeReason = asked === "auto" ? obstacles.join("; ") || "the first choice" : "set by options.mode";
      return new WebInstaller(options, backend, { mode, modeReason });
    }
    const name = `${mode}${mode === "inline" ? ' with io "worker"' : ""}`;
    obstacles.push(`not ${name}: ${withoutSecrets(backend)}`);
  }
  const wayOut = [{ kind: "option", text: 'Leave `mode` at "auto".', option: "mode" } as const];
  throw new InstallError(failure("EMODE", `Mode "${asked}" cannot start: ${obstacles.join("; ")}.`, { wayOut }));
}

const MODES = ["threads", "worker", "inline"] as const;
const ASKED: readonly Mode[] = ["auto", ...MODES];

/** Returns the reason why a mode cannot start, if it is known before an attempt. */
function obstacleTo(mode: RealMode): string | undefined {
  if (mode === "inline") return undefined;
  // Node's worker threads do not count.
  if (!globalThis.Worker || !globalThis.location) return "there are no web workers";
  return mode === "threads" && !globalThis.crossOriginIsolated ? "the page is not cross-origin isolated" : undefined;
}

/** Returns the backend, or the reason why it cannot start. */
async function start(mode: RealMode, options: InstallerOptions): Promise<Backend | string> {
  try {
    if (mode === "inline") return await (await import("./backends/inline-backend.ts")).InlineBackend.start(options);
    return await (await import("./backends/worker-pools.ts")).WorkerPools.start(mode, options);
  } catch (error) {
    // `modeReason` joins several obstacles, so each is without its period.
    return failureOf(error).message.replace(/\.$/, "");
  }
}

/**
 * Copies and checks the input, passes it to the backend of the mode, and ends everything on `dispose`. docs/architecture.md follows
 * a resolution and a tarball through the files.
 */
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

  async install(input: InstallInput, given?: InstallOptions): Promise<InstalledProject> {
    const options = ownOptions(given ?? {});
    return await this.#run(options.signal, async (signal) => {
      // Starts the extractor while the code for installs is loaded.
      const installs = await this.#loadInstalls(true);
      return await installs.install(input, options, signal);
    });
  }

  async resolve(project: ProjectInput, given?: ResolveOptions): Promise<Resolution> {
    const options = ownOptions(given ?? {});
    return await this.#run(options.signal, async (signal) => {
      const input = plainInput(project);
      const { signal: _, ...plain } = plainOptions(() => ({ ...options, signal: undefined }));
      if (Object.keys(plain).length > 0) await (await import("./options/check-options.ts")).checkResolveOptions(plain);
      const { onProgress, warnings } = this.#progressListener(signal);
      const resolution = await this.#backend.resolve(input, { ...plain, signal, onProgress });
      (resolution.warnings as Warning[]).push(...warnings);
      return resolution;
    });
  }

  packument(name: string, options?: { signal?: AbortSignal }): Promise<PackumentSummary> {
    return this.#run(options?.signal, async (signal) => {
      if (options !== undefined) await (await import("./options/check-options.ts")).checkCallOptions(options);
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

  /** Loads the code for installs. `startsExtractor`: an install follows at once. */
  async #loadInstalls(startsExtractor = false): Promise<Installs> {
    const start = async (): Promise<Installs> => {
      const extractor = startsExtractor ? this.#backend.extractor() : undefined;
      // Prevents an unhandled rejection; the caller that awaits this promise sees the error.
      extractor?.catch(() => {});
      const { Installs } = await import("./install/installs.ts");
      return new Installs(this.#options, this.#backend, extractor);
    };
    this.#installs ??= start();
    try {
      return await this.#installs;
    } catch (error) {
      // Lets the next call load it again.
      this.#installs = undefined;
      throw error;
    }
  }

  /**
   * Runs work that a signal or `dispose` can end. Rejects at once then, even if the work goes on. Turns every error into an
   * InstallError that shows no secrets of URLs.
   */
  async #run<T>(own: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = eitherOf(own, this.#ending.signal);
    signal.throwIfAborted();
    try {
      return await orAbort(work(signal), signal);
    } catch (error) {
      signal.throwIfAborted();
      const failure = shown(error instanceof InstallError ? error.failure : failureOf(error));
      if (failure.code !== "ENOSOLUTION") throw new InstallError(failure, (error as InstallError | null)?.cause);
      const { withProofSentence } = await import("../src/explain/proof-sentence.ts");
      throw new InstallError(await orAbort(withProofSentence(failure, nextTurn), signal));
    }
  }

  /**
   * Wraps the `onProgress` of the options. It is not called any more after a cancel, nor after it has thrown or rejected: that
   * becomes a warning.
   */
  #progressListener(signal: AbortSignal): {
    onProgress: ((progress: Progress) => void) | undefined;
    warnings: readonly Warning[];
  } {
    const { onProgress } = this.#options;
    const warnings: Warning[] = [];
    const call = async (progress: Progress): Promise<void> => onProgress?.(progress);
    const failed = (error: unknown): void => {
      if (warnings.length === 0) warnings.push(progressFailed(error));
    };
    const report = (progress: Progress): void => {
      if (warnings.length === 0 && !signal.aborted) call(progress).catch(failed);
    };
    return { onProgress: onProgress && report, warnings };
  }
}

function eitherOf(own: AbortSignal | undefined, ending: AbortSignal): AbortSignal {
  try {
    return own ? AbortSignal.any([own, ending]) : ending;
  } catch {
    throw invalidOption("options.signal must be an AbortSignal.");
  }
}
