import type { AfterExtract } from "../api/install.ts";
import { failure, InstallError } from "../errors/failure.ts";
import type { PackIndex } from "../tarball/pack-index.ts";

export interface AfterOptions {
  step: AfterExtract;
  /** Milliseconds for one file. */
  limit: number;
  /** Calls `run` after so many milliseconds, unless taken back. */
  after(milliseconds: number, run: () => void): () => void;
  /** Lets others have the thread. */
  breathe(): Promise<void>;
  signal: AbortSignal;
}

/** One package, open. */
export interface OpenPackage {
  location: string;
  index: PackIndex;
  archive: Uint8Array;
}

/**
 * The embedder's step over every file of a package. What it makes of a file goes into `overlay`, by path in the project.
 * @throws InstallError EAFTEREXTRACT where it fails or takes too long
 */
export async function runAfterExtract(
  { location, index, archive }: OpenPackage,
  overlay: Map<string, Uint8Array>,
  options: AfterOptions,
): Promise<void> {
  const { paths, starts, sizes } = index;
  for (let i = 0; i < paths.length; i++) {
    options.signal.throwIfAborted();
    const path = `${location}/${paths[i]}`;
    const start = starts[i] ?? 0;
    // A copy: what it does to its bytes is nobody else's business.
    const bytes = archive.slice(start, start + (sizes[i] ?? 0));
    const made = await inTime(path, options, async () => options.step(path, bytes));
    if (made !== undefined && !(made instanceof Uint8Array)) throw refused(path, "it gave neither bytes nor undefined");
    if (made) overlay.set(path, made);
    if (i % 16 === 15) await options.breathe();
  }
}

/** Milliseconds: timers take no more, about 24 days. */
const LONGEST = 2 ** 31 - 1;

function inTime<T>(path: string, { limit, after }: AfterOptions, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = after(Math.min(limit, LONGEST), () => reject(refused(path, `it took more than ${limit} ms`)));
    work()
      .then(resolve, (error: unknown) => reject(refused(path, String((error as Error | null)?.message ?? error))))
      .finally(forget);
  });
}

function refused(path: string, why: string): InstallError {
  return new InstallError(failure("EAFTEREXTRACT", `afterExtract failed for ${path}: ${why}`, { details: { path } }));
}
