import type { Failure } from "../../src/api/failure.ts";
import type { InstallProgress } from "../../src/api/install.ts";
import { progressFailed } from "../../src/errors/failure-of.ts";
import type { ProgressListener } from "../../src/install/install-ports.ts";
import { Throttle } from "../../workers/host/throttle.ts";

/** Passes progress to `onProgress`: at most 20 times a second, always the last state, and nothing after a cancel. */
export class ProgressReporter implements ProgressListener {
  readonly #onProgress: (progress: InstallProgress) => void;
  readonly #signal: AbortSignal;
  readonly #onError: (failure: Failure) => void;
  readonly #throttle = new Throttle(() => void this.#send());
  #latest: InstallProgress | undefined;
  #ended = false;

  /** @param onError is called once, if `onProgress` throws. Nothing is reported after that */
  constructor(
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
    onError: (failure: Failure) => void,
  ) {
    this.#onProgress = onProgress;
    this.#signal = signal;
    this.#onError = onError;
  }

  report(progress: InstallProgress): void {
    this.#latest = progress;
    if (progress.phase === "done") this.#throttle.flush();
    else this.#throttle.request();
  }

  /** Reports nothing from here on. */
  end(): void {
    this.#ended = true;
    this.#throttle.stop();
  }

  async #send(): Promise<void> {
    if (this.#ended || !this.#latest || this.#signal.aborted) return;
    try {
      await this.#onProgress(this.#latest);
    } catch (error) {
      this.#ended = true;
      this.#onError(progressFailed(error));
    }
  }
}
