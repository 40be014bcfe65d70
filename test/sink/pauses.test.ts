import { expect, test } from "vitest";
import type { FileSink } from "../../src/api/sink.ts";
import { createMapSink } from "../../src/sink/map-sink.ts";
import { createTarSink } from "../../src/sink/tar-sink.ts";
import { createTreeSink } from "../../src/sink/tree-sink.ts";
import { createZipSink } from "../../src/sink/zip-sink.ts";

/** Returns how often a sink gave way while it took a package. */
async function pausesOf(sink: FileSink, files: Readonly<Record<string, Uint8Array>>): Promise<number> {
  let pauses = 0;
  const session = await sink.open({ nextTurn: async () => void pauses++ });
  await session.begin(new Set());
  const list = Object.entries(files).map(([path, bytes]) => ({ path, bytes, mode: 0o644 }));
  await session.write("node_modules/a", list);
  const links = Array.from({ length: 1000 }, (_, at) => ({
    path: `node_modules/.bin/c${at}`,
    to: "node_modules/a/f0",
  }));
  await session.commit({ packages: new Map([["node_modules/a", "sha512-x"]]), links, hiddenLock: "" });
  return pauses;
}

const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`f${at}`, new Uint8Array(10)]));

test.each<[string, () => FileSink, number]>([
  // One pause for 2,000 files.
  ["a Map", () => createMapSink(new Map()), 10],
  ["a tree", () => createTreeSink(), 5],
  // One pause for 200 entries.
  ["a tar archive", () => read(createTarSink()), 55],
  ["a zip archive", () => read(createZipSink()), 55],
])("%s gives way while it takes 10,000 files and 1,000 links", async (_, make, least) => {
  expect(await pausesOf(make(), many)).toBeGreaterThanOrEqual(least);
});

test.each<[string, () => FileSink, number]>([
  // One pause for each MiB that is written, and in a zip archive for each quarter of one that is deflated.
  ["a tar archive", () => read(createTarSink()), 8],
  ["a zip archive", () => read(createZipSink()), 32],
])("%s gives way while it takes one large file", async (_, make, least) => {
  expect(await pausesOf(make(), { large: new Uint8Array(8 << 20) })).toBeGreaterThanOrEqual(least);
});

test("10,000 files deep inside a package that contains another one take a look each", async () => {
  const sink = createMapSink(new Map());
  const session = await sink.open();
  const inner = "node_modules/a/node_modules/b";
  await session.begin(new Set(), ["node_modules/a", inner]);
  const deep = "d/".repeat(1000);
  const files = Array.from({ length: 10_000 }, (_, at) => ({
    path: `${deep}${at}`,
    bytes: new Uint8Array(),
    mode: 0o644,
  }));
  await session.write("node_modules/a", [
    ...files,
    { path: "node_modules/b/no", bytes: new Uint8Array(), mode: 0o644 },
  ]);
  await session.write(inner, [{ path: "yes", bytes: new Uint8Array(), mode: 0o644 }]);
  const packages = new Map(["node_modules/a", inner].map((location) => [location, "sha512-x"]));
  await session.commit({ packages, links: [], hiddenLock: "" });
});

/** Reads an archive while it is written, as fast as it comes. */
function read(sink: ReturnType<typeof createTarSink>): FileSink {
  void sink.stream.pipeTo(new WritableStream());
  return sink;
}
