import type { FileSink, SinkLink } from "../../src/api/sink.ts";
import { failure, InstallError } from "../../src/errors/failure.ts";

/** A Map as the sink it stands for. */
export async function sinkOf(sink: FileSink | Map<string, Uint8Array | SinkLink>): Promise<FileSink> {
  if (!(sink instanceof Map)) {
    if (typeof sink?.open === "function") return sink;
    throw new InstallError(failure("EINVALIDOPTION", "The sink is neither a Map nor a sink"));
  }
  const { createMapSink } = await import("../../src/sink/map-sink.ts");
  return createMapSink(sink);
}
