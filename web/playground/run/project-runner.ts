import type { Failure } from "../../../src/api/failure.ts";
import type { InstalledProject, InstallInput, InstallProgress } from "../../../src/api/install.ts";
import type { Installer, Progress, ProjectInput, Resolution } from "../../../src/api/resolve.ts";
import { failure } from "../../../src/errors/failure.ts";
import { failureOf } from "../../../src/errors/failure-of.ts";
import { type PageSettings, resolveOptionsOf } from "../settings/page-settings.ts";
import { sourceOptions, sourceWayOut } from "../settings/registry-source.ts";

export type RunAction = "resolve" | "install";

export type RunResult<T> =
  | { kind: "done"; value: T; where: InstallerMode; milliseconds: number }
  | { kind: "failed"; failure: Failure; milliseconds: number }
  | { kind: "cancelled" };

/** The mode that the installer ran in, and why. */
export type InstallerMode = Pick<Installer, "mode" | "modeReason">;

/** Resolves and installs, one run at a time. Keeps the installer, which also completes versions in the editor. */
export class ProjectRunner {
  readonly #onProgress: (progress: Progress) => void;
  #installer: Installer | undefined;
  /** The settings that the installer was created with. */
  #installerKey = "";
  #running: AbortController | undefined;

  constructor(onProgress: (progress: Progress) => void) {
    this.#onProgress = onProgress;
  }

  /** Cancels the running run, if there is one. */
  cancel(): void {
    this.#running?.abort();
  }

  /** Resolves a project. */
  resolve(project: ProjectInput, settings: PageSettings): Promise<RunResult<Resolution>> {
    return this.#run(settings, (installer, signal) =>
      installer.resolve(project, { ...resolveOptionsOf(settings), signal }),
    );
  }

  /** Installs `input`: a resolution of `project`, or the project itself. */
  async install(
    { input, project }: { input: InstallInput; project: ProjectInput },
    settings: PageSettings,
    onProgress: (progress: InstallProgress) => void,
  ): Promise<RunResult<InstalledProject>> {
    if (settings.source === "snapshot") return { kind: "failed", failure: noTarballsFailure(), milliseconds: 0 };
    const { files } = project;
    const options = { files, resolve: resolveOptionsOf(settings), onProgress };
    return await this.#run(settings, (installer, signal) => installer.install(input, { ...options, signal }));
  }

  async #run<T>(
    settings: PageSettings,
    work: (installer: Installer, signal: AbortSignal) => Promise<T>,
  ): Promise<RunResult<T>> {
    this.cancel();
    const controller = new AbortController();
    const { signal } = controller;
    this.#running = controller;
    const started = performance.now();
    try {
      const installer = await this.installer(settings);
      signal.throwIfAborted();
      const value = await work(installer, signal);
      if (signal.aborted) return { kind: "cancelled" };
      const { mode, modeReason } = installer;
      return { kind: "done", value, where: { mode, modeReason }, milliseconds: performance.now() - started };
    } catch (error) {
      if (signal.aborted) return { kind: "cancelled" };
      return { kind: "failed", failure: toFailure(error), milliseconds: performance.now() - started };
    } finally {
      if (this.#running === controller) this.#running = undefined;
    }
  }

  /** Returns the installer for the settings. Disposes of the previous one if the settings changed. */
  async installer(settings: PageSettings): Promise<Installer> {
    const key = JSON.stringify([settings.source, settings.registry, settings.metadata, settings.mode]);
    if (this.#installer && this.#installerKey === key) return this.#installer;
    const [{ createInstaller }, source] = await Promise.all([import("../../index.ts"), sourceOptions(settings)]);
    const { metadata, mode } = settings;
    const installer = await createInstaller({ ...source, metadata, mode, onProgress: (p) => this.#onProgress(p) });
    this.#installer?.dispose();
    this.#installer = installer;
    this.#installerKey = key;
    return installer;
  }
}

/** Returns the failure of an install from the snapshot, which has metadata but no tarballs. */
function noTarballsFailure(): Failure {
  const message =
    "The offline snapshot has package metadata but no tarballs. You can resolve without a network, but an install has to download" +
    " the packages.";
  const wayOut = [sourceWayOut("registry", "Install from the live registry.")];
  return failure("ENOTARBALLS", message, { wayOut });
}

/** Turns any thrown value into a failure. */
export function toFailure(error: unknown): Failure {
  return failureOf(error);
}
