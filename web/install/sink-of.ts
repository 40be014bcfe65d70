import type { FileSink, SinkLink } from "../../src/sink/sink.ts";

/** A Map as the sink it stands for. */
export async function sinkOf(sink: FileSink | Map<string, Uint8Array | SinkLink>): Promise<FileSink> {
  if (!(sink instanceof Map)) return sink;
  const { createMapSink } = await import("../../src/sink/map-sink.ts");
  return createMapSink(sink);
}
