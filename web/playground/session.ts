import type { Installer, Progress, ProjectInput, Resolution } from "../../src/api.ts";
import { type Failure, InstallError } from "../../src/errors.ts";
import { resolveOptions, type Settings } from "./settings.ts";
import { sourceOptions } from "./source.ts";

export type RunResult =
  | { kind: "done"; resolution: Resolution; where: Where }
  | { kind: "failed"; failure: Failure; milliseconds: number }
  | { kind: "cancelled" };

/** In which mode it was resolved, and why. */
export type Where = Pick<Installer, "mode" | "modeReason">;

/** Runs one resolution at a time, and keeps the installer for the editor's completions. */
export class Session {
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

  async run(project: ProjectInput, settings: Settings): Promise<RunResult> {
    this.cancel();
    const controller = new AbortController();
    const { signal } = controller;
    this.#running = controller;
    const started = performance.now();
    try {
      const installer = await this.installer(settings);
      signal.throwIfAborted();
      const resolution = await installer.resolve(project, { ...resolveOptions(settings), signal });
      if (signal.aborted) return { kind: "cancelled" };
      const { mode, modeReason } = installer;
      return { kind: "done", resolution, where: { mode, modeReason } };
    } catch (error) {
      if (signal.aborted) return { kind: "cancelled" };
      return { kind: "failed", failure: toFailure(error), milliseconds: performance.now() - started };
    } finally {
      if (this.#running === controller) this.#running = undefined;
    }
  }

  /** The installer for the chosen source; the one before it is disposed of when the choice has changed. */
  async installer(settings: Settings): Promise<Installer> {
    const key = JSON.stringify([settings.source, settings.registry, settings.metadata, settings.mode]);
    if (this.#installer && this.#for === key) return this.#installer;
    const [{ createInstaller }, source] = await Promise.all([import("../index.ts"), sourceOptions(settings)]);
    const { metadata, mode } = settings;
    const installer = await createInstaller({ ...source, metadata, mode, onProgress: (p) => this.#onProgress(p) });
    this.#installer?.dispose();
    this.#installer = installer;
    this.#for = key;
    return installer;
  }
}

function toFailure(error: unknown): Failure {
  if (error instanceof InstallError) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  return { code: "EUNKNOWN", message, requiredBy: [], wayOut: [] };
}
