import type { FileSink, SinkState } from "../api/sink.ts";
import type { InstallError } from "../errors/failure.ts";
import { notLoaded } from "../errors/files.ts";
import type { IndexedPack } from "./file-index.ts";
import { Operations } from "./operations.ts";
import { filesOf } from "./pack-files.ts";
import type { PackReader } from "./pack-reader.ts";
import { writeTree } from "./write-tree.ts";

export interface InstalledTree {
  packs: readonly IndexedPack[];
  reader: PackReader;
  /** Files that replace those of packs, by path in the project. */
  overlay: ReadonlyMap<string, Uint8Array>;
  state: SinkState;
  /** Packages written at the same time. */
  limit: number;
}

/** Writes an installed tree into another sink, without the packages that the sink has already. @throws InstallError, or the signal's reason */
export async function copyTree(tree: InstalledTree, sink: FileSink, signal?: AbortSignal): Promise<void> {
  const { packs, reader, overlay, state, limit } = tree;
  signal?.throwIfAborted();
  const session = await sink.open();
  try {
    const kept = new Set(
      [...state.packages].filter(([at, sri]) => session.held.get(at) === sri && !sri.includes("?")).map(([at]) => at),
    );
    await session.begin(kept, [...state.packages.keys(), ...state.links.map(({ path }) => path)]);
    const wanted = packs
      .filter(({ location }) => !kept.has(location))
      .map(({ location, index, executables }) => ({
        location,
        label: location,
        ready: async () => true,
        open: async () => {
          const opened = { location, index, archive: await reader.archive(index) };
          return { files: filesOf(opened, executables, overlay), bytes: index.unpacked };
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

/** Says why a tree cannot be copied: with `trustSink`, packages that the first sink had were not fetched. */
export function notFetched(): InstallError {
  const message =
    "The tree cannot be written to another sink: with options.trustSink, packages that the first sink had were not fetched.";
  return notLoaded(message, [{ kind: "option", text: "Install without `trustSink`.", option: "trustSink" }]);
}
