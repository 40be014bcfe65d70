import type { SinkFile, SinkSession } from "../api/sink.ts";
import { Limit } from "../base/limit.ts";
import type { Operations } from "./operations.ts";

/** A package to write. */
export interface WritablePackage {
  readonly location: string;
  /** `name@version`. */
  readonly label: string;
  /** Resolves once the pack can be read: with false if the package is left out after all. */
  ready(): Promise<boolean>;
  open(): Promise<{ files: Iterable<SinkFile>; bytes: number }>;
}

export interface WriteOptions {
  session: Pick<SinkSession, "write">;
  operations: Operations;
  /** Packages written at the same time. */
  limit: number;
  signal: AbortSignal;
}

/**
 * Writes packages into a sink as their packs arrive, each after the package in whose folder it stands. If a parent fails, its
 * children fail too.
 * @param packages in the order of the lock, so that a parent comes before its children
 * @throws what the sink or a pack fails with, or the signal's reason
 */
export async function writeTree(packages: readonly WritablePackage[], options: WriteOptions): Promise<void> {
  const limit = new Limit(options.limit);
  const written = new Map<string, Promise<void>>();
  for (const item of packages) {
    let above = folderAbove(item.location);
    // Folders between two packages: a bundled package, or a folder inside a package that a link leads to.
    while (above !== "" && !written.has(above)) above = folderAbove(above);
    const parent = written.get(above);
    const work = writeOne(item, parent, { ...options, run: (job) => limit.run(job, { signal: options.signal }) });
    // Prevents an unhandled rejection; `Promise.all` below reports the first one.
    work.catch(() => {});
    written.set(item.location, work);
  }
  await Promise.all(written.values());
}

interface WriteContext extends WriteOptions {
  run(job: () => Promise<void>): Promise<void>;
}

async function writeOne(
  item: WritablePackage,
  parent: Promise<void> | undefined,
  context: WriteContext,
): Promise<void> {
  const { location, label } = item;
  const record = context.operations.add("write", location, label);
  try {
    await parent;
    if (!(await item.ready())) return record.end("dropped");
    await context.run(async () => {
      const opened = await item.open();
      context.signal.throwIfAborted();
      record.start(opened.bytes);
      await context.session.write(location, opened.files);
      record.end("done");
    });
  } catch (error) {
    record.end("failed");
    throw error;
  }
}

function folderAbove(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
