import type { FileSink, SinkLink } from "../../src/api/sink.ts";
import { invalidOption } from "../../src/errors/invalid-option.ts";

/** A Map as the sink it stands for. */
export async function sinkOf(sink: FileSink | Map<string, Uint8Array | SinkLink>): Promise<FileSink> {
  if (!(sink instanceof Map)) {
    if (typeof sink?.open === "function") return sink;
    throw invalidOption("options.sink must be a Map or a sink.");
  }
  const { createMapSink } = await import("../../src/sink/map-sink.ts");
  return createMapSink(sink);
}
