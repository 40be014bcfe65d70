import type { AfterExtract, InstallOptions } from "../api/install.ts";
import { endSentence, failure, InstallError } from "../errors/failure.ts";
import { failureOf } from "../errors/failure-of.ts";
import type { InstallPorts } from "./install-ports.ts";
import { type OpenedPack, rangeOf } from "./pack-files.ts";

/** Milliseconds for one file, if the embedder gives none. */
const DEFAULT_LIMIT = 10_000;

/** Milliseconds: no timer takes more, about 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Files to pass to the embedder before other work gets the thread. */
const FILES_IN_A_TURN = 16;

/** Runs the embedder's `afterExtract` over every file of a package, and keeps the files that it returns. */
export class AfterExtractStep {
  /** Files that the embedder changed, by path in the project. */
  readonly overlay: Map<string, Uint8Array> = new Map();
  readonly #step: AfterExtract | undefined;
  /** Milliseconds for one file. */
  readonly #limit: number;
  readonly #ports: Pick<InstallPorts, "startTimer" | "nextTurn">;

  constructor(options: InstallOptions, ports: Pick<InstallPorts, "startTimer" | "nextTurn">) {
    this.#step = options.afterExtract;
    this.#limit = options.afterExtractTimeout ?? DEFAULT_LIMIT;
    this.#ports = ports;
  }

  get isSet(): boolean {
    return this.#step !== undefined;
  }

  /** @throws InstallError EAFTEREXTRACT if the step fails or takes too long, or the reason of `signal` */
  async run({ location, index, archive }: OpenedPack, signal: AbortSignal): Promise<void> {
    const step = this.#step;
    if (!step) return;
    for (const [at, name] of index.paths.entries()) {
      signal.throwIfAborted();
      const path = `${location}/${name}`;
      // A copy: the embedder may change it.
      const bytes = this.overlay.get(path)?.slice() ?? archive.slice(...rangeOf(index, at));
      const changed = await this.#inTime(path, async () => step(path, bytes));
      if (changed !== undefined && !(changed instanceof Uint8Array))
        throw stepFailure(path, "it returned neither a Uint8Array nor undefined");
      if (changed) this.overlay.set(path, changed);
      if (at % FILES_IN_A_TURN === FILES_IN_A_TURN - 1) await this.#ports.nextTurn();
    }
  }

  #inTime<T>(path: string, work: () => Promise<T>): Promise<T> {
    const limit = this.#limit;
    return new Promise((resolve, reject) => {
      const late = (): void =>
        reject(stepFailure(path, `it took more than ${limit} ms. Raise options.afterExtractTimeout`));
      const cancel = this.#ports.startTimer(Math.min(limit, LONGEST_TIMER), late);
      work()
        .then(resolve, (error: unknown) => reject(stepFailure(path, failureOf(error).message, error)))
        .finally(cancel);
    });
  }
}

function stepFailure(path: string, why: string, cause?: unknown): InstallError {
  const message = endSentence(`options.afterExtract failed for ${path}: ${why}`);
  return new InstallError(failure("EAFTEREXTRACT", message, { details: { path } }), cause);
}
