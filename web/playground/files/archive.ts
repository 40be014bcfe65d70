import type { InstalledProject } from "../../../src/api/install.ts";
import type { StreamSink } from "../../../src/sink/archive-sink.ts";
import { nextTurn } from "../../../workers/host/yield.ts";

/** Milliseconds of work before the page has its turn, and between two reports. */
const TURN_INTERVAL = 8;
const REPORT_INTERVAL = 100;

export type ArchiveKind = "zip" | "tgz";

export interface ArchiveOptions {
  signal: AbortSignal;
  /** Bytes of the archive so far. */
  onBytes: (bytes: number) => void;
}

/**
 * All of an installed tree as one archive, for a download: a Blob that the browser may keep on its disk while it grows. A tgz is
 * compressed by the platform, a chunk at a time; a zip is only stored, as a large file would be compressed in one piece.
 */
export async function packArchive(
  project: Pick<InstalledProject, "writeTo">,
  kind: ArchiveKind,
  { signal, onBytes }: ArchiveOptions,
): Promise<Blob> {
  const sink = await sinkFor(kind);
  let size = 0;
  let since = performance.now();
  let told = since;
  const counted = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
    async transform(chunk, controller) {
      size += chunk.length;
      controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
      if (performance.now() - since < TURN_INTERVAL) return;
      if (since - told > REPORT_INTERVAL) {
        told = since;
        onBytes(size);
      }
      // Streams hand on their chunks within one task, for as long as there are any: the page would stand still.
      await nextTurn();
      since = performance.now();
    },
  });
  const stream = sink.stream.pipeThrough(counted);
  const packed = kind === "tgz" ? stream.pipeThrough(new CompressionStream("gzip")) : stream;
  const type = kind === "tgz" ? "application/gzip" : "application/zip";
  const whole = new Response(packed, { headers: { "content-type": type } }).blob();
  // It fails as the writing does, which is told below.
  whole.catch(() => {});
  await project.writeTo(sink, { signal });
  return await whole;
}

async function sinkFor(kind: ArchiveKind): Promise<StreamSink> {
  if (kind === "tgz") return (await import("../../../src/sink/tar-sink.ts")).createTarSink();
  return (await import("../../../src/sink/zip-sink.ts")).createZipSink({ level: 0 });
}
