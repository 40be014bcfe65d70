import type { InstalledProject } from "../../../src/api/install.ts";
import type { StreamSink } from "../../../src/sink/archive-sink.ts";
import { nextTurn } from "../../../workers/host/yield.ts";

/** Milliseconds of work before the page gets a turn, and between two progress reports. */
const TURN_INTERVAL = 8;
const REPORT_INTERVAL = 100;

export type ArchiveKind = "zip" | "tgz";

export interface ArchiveOptions {
  signal: AbortSignal;
  /** Called with the size of the archive so far, in bytes. */
  onBytes: (bytes: number) => void;
}

/**
 * Packs an installed tree into one archive. The result is a Blob, which the browser may keep on disk.
 *
 * - tgz: the browser's `CompressionStream` compresses it chunk by chunk
 * - zip: not compressed, because compressing a large file in one piece would block the page
 */
export async function packArchive(
  project: Pick<InstalledProject, "writeTo">,
  kind: ArchiveKind,
  { signal, onBytes }: ArchiveOptions,
): Promise<Blob> {
  const sink = await sinkFor(kind);
  let size = 0;
  let since = performance.now();
  let reported = since;
  const counted = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
    async transform(chunk, controller) {
      size += chunk.length;
      controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
      if (performance.now() - since < TURN_INTERVAL) return;
      if (since - reported > REPORT_INTERVAL) {
        reported = since;
        onBytes(size);
      }
      // Streams pass on all available chunks within one task. Without this pause the page would freeze.
      await nextTurn();
      since = performance.now();
    },
  });
  const stream = sink.stream.pipeThrough(counted);
  const packed = kind === "tgz" ? stream.pipeThrough(new CompressionStream("gzip")) : stream;
  const type = kind === "tgz" ? "application/gzip" : "application/zip";
  const whole = new Response(packed, { headers: { "content-type": type } }).blob();
  // If writing fails, `writeTo` throws the same error below. This prevents an unhandled rejection.
  whole.catch(() => {});
  await project.writeTo(sink, { signal });
  return await whole;
}

async function sinkFor(kind: ArchiveKind): Promise<StreamSink> {
  if (kind === "tgz") return (await import("../../../src/sink/tar-sink.ts")).createTarSink();
  return (await import("../../../src/sink/zip-sink.ts")).createZipSink({ level: 0 });
}
