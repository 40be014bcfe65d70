import type { FileSink, SinkFile } from "../api/sink.ts";
import { sinkFailed } from "../errors/sink.ts";
import { guardSink, type RawSession } from "./checked-sink.ts";
import { Outlet } from "./archive-stream.ts";
import { linkText } from "./sink-paths.ts";

/** A sink whose product is a stream of bytes, for one install. */
export interface StreamSink extends FileSink {
  /**
   * The archive, while it comes into being. Somebody must read it: `write` waits for the reader. Errors when the install is
   * given up; ends when it is whole.
   */
  readonly stream: ReadableStream<Uint8Array>;
}

/** How a format writes. Both paths are as the archive has them. */
export interface ArchiveFormat {
  file(path: string, bytes: Uint8Array, mode: number): Promise<void>;
  link(path: string, target: string): Promise<void>;
  end(): Promise<void>;
}

/** Archives name the day of each file. This one is what npm gives to all files that it packs: 1985-10-26 08:15 UTC. */
export const NPM_TIME = 499_162_500;

/** The same files in the same order give the same bytes. */
export function createArchiveSink(formatFor: (outlet: Outlet) => ArchiveFormat): StreamSink {
  const outlet = new Outlet();
  const format = formatFor(outlet);
  let used = false;
  // An archive is written by one after the other.
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
  const writeAll = async (location: string, files: Iterable<SinkFile>): Promise<void> => {
    for (const { path, bytes, mode } of files) await format.file(`${location}/${path}`, bytes, mode);
  };
  const session: RawSession = {
    held: new Map(),
    async begin() {},
    write: (location, files) => inTurn(() => writeAll(location, files)),
    async commit({ links }) {
      for (const link of links) await format.link(link.path, linkText(link));
      await format.end();
      await outlet.close();
    },
    cancel: () => outlet.fail(),
    async abort() {},
  };
  const { open } = guardSink(outlet, async () => {
    if (used) throw sinkFailed("An archive takes one install. Make another sink.");
    used = true;
    return session;
  });
  return { open, stream: outlet.stream };
}
