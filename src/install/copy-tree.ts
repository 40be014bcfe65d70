import type { WayOut } from "../api/failure.ts";
import type { FileSink, SinkState } from "../api/sink.ts";
import type { InstallError } from "../errors/failure.ts";
import { notLoaded } from "../errors/files.ts";
import type { IndexedPack } from "./file-index.ts";
import { Operations } from "./operations.ts";
import type { PackReader } from "./pack-reader.ts";
import { filesOf, writeTree } from "./write-tree.ts";

export interface CopyParts {
  packs: readonly IndexedPack[];
  reader: PackReader;
  overlay: ReadonlyMap<string, Uint8Array>;
  state: SinkState;
  /** Packages at once. */
  limit: number;
}

const NONE: ReadonlySet<string> = new Set();

/** Writes a tree whose packs are all there into a sink: what that does not hold yet. @throws InstallError, or the signal's reason */
export async function copyTree(parts: CopyParts, sink: FileSink, signal?: AbortSignal): Promise<void> {
  const { packs, reader, overlay, state, limit } = parts;
  signal?.throwIfAborted();
  const session = await sink.open();
  try {
    const kept = new Set(
      [...state.packages].filter(([at, sri]) => session.held.get(at) === sri && !sri.includes("?")).map(([at]) => at),
    );
    await session.begin(kept);
    const wanted = packs
      .filter(({ location }) => !kept.has(location))
      .map((pack) => ({
        location: pack.location,
        label: pack.location,
        ready: async () => true,
        open: async () => {
          const archive = await reader.archive(pack.index);
          const open = { ...pack, archive, executables: pack.executables ?? NONE };
          return { files: filesOf(open, overlay), bytes: pack.index.unpacked };
        },
      }));
    const operations = new Operations(() => 0);
    await writeTree(wanted, { session, operations, limit, signal: signal ?? new AbortController().signal });
    signal?.throwIfAborted();
    await session.commit(state);
  } catch (error) {
    await session.abort();
    throw error;
  }
}

export function notFetched(): InstallError {
  const wayOut: WayOut[] = [{ kind: "option", text: "Install without `trustSink`.", option: "trustSink" }];
  return notLoaded("Cannot write the packages that the first sink had already: they were not fetched.", wayOut);
}
