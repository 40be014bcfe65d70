import type { InstalledProject } from "../../src/install-api.ts";
import type { StreamSink } from "../../src/sink/archive-sink.ts";

export type ArchiveKind = "zip" | "tgz";

export interface ArchiveOptions {
  signal: AbortSignal;
  /** Bytes of the archive so far. */
  onBytes: (bytes: number) => void;
}

/**
 * All of an installed tree as one archive, for a download: a Blob that the browser may keep on its disk while it grows. A tgz is
 * compressed by the platform on a thread of its own; a zip is only stored, since compressing it would hold up the page.
 */
export async function archiveOf(
  project: Pick<InstalledProject, "writeTo">,
  kind: ArchiveKind,
  { signal, onBytes }: ArchiveOptions,
): Promise<Blob> {
  const sink = await sinkFor(kind);
  let size = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      size += chunk.length;
      onBytes(size);
      controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
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
  if (kind === "tgz") return (await import("../../src/sink/tar-sink.ts")).createTarSink();
  return (await import("../../src/sink/zip-sink.ts")).createZipSink({ level: 0 });
}
