import type { FileSink, SinkFile } from "../api/sink.ts";
import { sinkFailed } from "../errors/sink.ts";
import { ArchiveStream } from "./archive-stream.ts";
import { checkedSink, type UncheckedSession } from "./checked-sink.ts";
import { linkText } from "./sink-paths.ts";

/** A sink that writes one install into a stream of bytes. */
export interface StreamSink extends FileSink {
  /**
   * The archive, while it is written. It must be read, because the install waits for the reader. It fails if the install fails,
   * and ends when the archive is complete.
   */
  readonly stream: ReadableStream<Uint8Array>;
}

/** The writer of an archive format. */
export interface ArchiveFormat {
  file(path: string, bytes: Uint8Array, mode: number): Promise<void>;
  link(path: string, target: string): Promise<void>;
  end(): Promise<void>;
}

/** The entries that are written between two pauses. */
const ENTRIES_AT_ONCE = 200;

/** The time of every file in an archive, in seconds since 1970: the one that npm gives to packed files, 1985-10-26 08:15 UTC. */
export const NPM_TIME = 499_162_500;

/** Makes a sink for an archive format. The same files in the same order give the same bytes. */
export function createArchiveSink(formatFor: (archive: ArchiveStream) => ArchiveFormat): StreamSink {
  const archive = new ArchiveStream();
  const format = formatFor(archive);
  let used = false;
  let entries = 0;
  const pause = async (): Promise<void> => {
    if (++entries % ENTRIES_AT_ONCE === 0) await archive.nextTurn();
  };
  // Entries are written one after the other.
  let last: Promise<void> = Promise.resolve();
  const inOrder = (work: () => Promise<void>): Promise<void> => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
  const writeAll = async (location: string, files: Iterable<SinkFile>): Promise<void> => {
    for (const { path, bytes, mode } of files) {
      await format.file(`${location}/${path}`, bytes, mode);
      await pause();
    }
  };
  const session: UncheckedSession = {
    held: new Map(),
    async begin() {},
    write: (location, files) => inOrder(() => writeAll(location, files)),
    async commit({ links }) {
      for (const link of links) {
        await format.link(link.path, linkText(link));
        await pause();
      }
      await format.end();
      await archive.close();
    },
    cancel: () => archive.fail(),
    async abort() {},
  };
  const { open } = checkedSink(archive, async (host) => {
    archive.nextTurn = () => host.nextTurn();
    if (used) throw sinkFailed("An archive takes one install. Make another sink.");
    used = true;
    return session;
  });
  return { open, stream: archive.readable, waitsForReader: true };
}
