export type { FileSink, SinkFile, SinkHost, SinkLink, SinkSession, SinkState } from "../src/api/sink.ts";
export { createFsSink, type FsSinkOptions } from "../src/sink/fs-sink.ts";
export { createMapSink } from "../src/sink/map-sink.ts";
export type { SinkFs } from "../src/sink/sink-fs.ts";
export { createTarSink } from "../src/sink/tar-sink.ts";
export { createTreeSink, type FileSystemTree, type TreeSink } from "../src/sink/tree-sink.ts";
export { createZipSink, type ZipOptions } from "../src/sink/zip-sink.ts";
export { createOpfsSink } from "./sinks/opfs-sink.ts";
