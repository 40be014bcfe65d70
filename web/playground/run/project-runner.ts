import type { Failure } from "../../../src/api/failure.ts";
import type { InstalledProject, InstallInput, InstallProgress } from "../../../src/api/install.ts";
import type { Installer, Progress, ProjectInput, Resolution } from "../../../src/api/resolve.ts";
import { failure } from "../../../src/errors/failure.ts";
import { failureOf } from "../../../src/errors/failure-of.ts";
import { type PageSettings, resolveOptionsOf } from "../settings/page-settings.ts";
import { sourceOptions } from "../settings/registry-source.ts";

export type RunAction = "resolve" | "install";

export type RunResult<T> =
  | { kind: "done"; value: T; where: InstallerMode; milliseconds: number }
  | { kind: "failed"; failure: Failure; milliseconds: number }
  | { kind: "cancelled" };

/** In which mode it was done, and why. */
export type InstallerMode = Pick<Installer, "mode" | "modeReason">;

/** Does one thing at a time, and keeps the installer for the editor's completions. */
export class ProjectRunner {
  readonly #onProgress: (progress: Progress) => void;
  #installer: Installer | undefined;
  #for = "";
  #running: AbortController | undefined;

  constructor(onProgress: (progress: Progress) => void) {
    this.#onProgress = onProgress;
  }

  cancel(): void {
    this.#running?.abort();
  }

  resolve(project: ProjectInput, settings: PageSettings): Promise<RunResult<Resolution>> {
    return this.#run(settings, (installer, signal) =>
      installer.resolve(project, { ...resolveOptionsOf(settings), signal }),
    );
  }

  /** `input`: a resolution of `project`, or the project itself. */
  async install(
    { input, project }: { input: InstallInput; project: ProjectInput },
    settings: PageSettings,
    onProgress: (progress: InstallProgress) => void,
  ): Promise<RunResult<InstalledProject>> {
    if (settings.source === "snapshot") return { kind: "failed", failure: noTarballs(), milliseconds: 0 };
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

  /** The installer for the chosen source; the one before it is disposed of when the choice has changed. */
  async installer(settings: PageSettings): Promise<Installer> {
    const key = JSON.stringify([settings.source, settings.registry, settings.metadata, settings.mode]);
    if (this.#installer && this.#for === key) return this.#installer;
    const [{ createInstaller }, source] = await Promise.all([import("../../index.ts"), sourceOptions(settings)]);
    const { metadata, mode } = settings;
    const installer = await createInstaller({ ...source, metadata, mode, onProgress: (p) => this.#onProgress(p) });
    this.#installer?.dispose();
    this.#installer = installer;
    this.#for = key;
    return installer;
  }
}

/** The snapshot inside the page knows every package and holds the bytes of none. */
function noTarballs(): Failure {
  const message =
    "The snapshot inside this page has what a resolution needs, and no tarballs: those are 10 to 100 times as large. Resolving" +
    " works without a network, installing needs one.";
  const wayOut = [
    {
      kind: "option",
      option: "source:registry",
      text: "Install from the live registry what was resolved here.",
    } as const,
  ];
  return failure("ENOTARBALLS", message, { wayOut });
}

/** Whatever was thrown, as data. */
export function toFailure(error: unknown): Failure {
  return failureOf(error);
}
