import { createMapSink } from "../../src/sink/map-sink.ts";
import type { FileSink, SinkLink } from "../../src/sink/sink.ts";

export function sinkOf(sink: FileSink | Map<string, Uint8Array | SinkLink>): FileSink {
  return sink instanceof Map ? createMapSink(sink) : sink;
}
