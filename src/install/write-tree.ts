import type { SinkFile, SinkSession } from "../api/sink.ts";
import { Limit } from "../base/limit.ts";
import type { PackIndex } from "../tarball/pack-index.ts";
import type { Operations } from "./operations.ts";
import { unixLine } from "./pack-files.ts";

/** A package to be written. */
export interface Writable {
  readonly location: string;
  /** `name@version`. */
  readonly label: string;
  /** Resolves once its pack can be read: false where it is left out after all. */
  ready(): Promise<boolean>;
  open(): Promise<{ files: Iterable<SinkFile>; bytes: number }>;
}

export interface WriteOptions {
  session: Pick<SinkSession, "write">;
  operations: Operations;
  /** Packages at once. */
  limit: number;
  signal: AbortSignal;
}

/**
 * Writes packages as they come, each after the one whose folder it stands in: a parent that fails fails its children.
 * `packages` are in the lock's order, so that a parent stands before its children.
 * @throws what the sink or a pack fails with, or the signal's reason
 */
export async function writeTree(packages: readonly Writable[], options: WriteOptions): Promise<void> {
  const limit = new Limit(options.limit);
  const written = new Map<string, Promise<void>>();
  for (const item of packages) {
    let above = parentOf(item.location);
    // One that comes inside another's tarball is written with that.
    while (above !== "" && !written.has(above)) above = parentOf(above);
    const parent = written.get(above);
    const work = writeOne(item, parent, { ...options, run: (job) => limit.run(job, { signal: options.signal }) });
    // Heard together, below.
    work.catch(() => {});
    written.set(item.location, work);
  }
  await Promise.all(written.values());
}

interface Turn extends WriteOptions {
  run(job: () => Promise<void>): Promise<void>;
}

async function writeOne(item: Writable, blockedByParent: Promise<void> | undefined, turn: Turn): Promise<void> {
  const { location, label } = item;
  const record = turn.operations.add("write", location, label);
  try {
    await blockedByParent;
    if (!(await item.ready())) return record.end("dropped");
    await turn.run(async () => {
      const opened = await item.open();
      turn.signal.throwIfAborted();
      record.start(opened.bytes);
      await turn.session.write(location, opened.files);
      record.end("done");
    });
  } catch (error) {
    record.end("failed");
    throw error;
  }
}

/** `node_modules/a/node_modules/b` stands in `node_modules/a`. */
function parentOf(location: string): string {
  return location.slice(0, Math.max(0, location.lastIndexOf("/node_modules/")));
}

/** The files of an open pack. Those of `overlay` (by path in the project) stand in for the archive's. */
export function* filesOf(
  pack: { location: string; index: PackIndex; archive: Uint8Array; executables: ReadonlySet<string> },
  overlay: ReadonlyMap<string, Uint8Array>,
): Generator<SinkFile> {
  const { location, index, archive, executables } = pack;
  const { paths, starts, sizes, modes } = index;
  for (const [i, path] of paths.entries()) {
    const start = starts[i] ?? 0;
    const bytes = overlay.get(`${location}/${path}`)?.slice() ?? archive.slice(start, start + (sizes[i] ?? 0));
    const mode = ((modes[i] ?? 0o644) & 0o777) | (executables.has(path) ? 0o111 : 0);
    yield { path, bytes: executables.has(path) ? unixLine(bytes) : bytes, mode };
  }
}
