import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { fail, failure, ok } from "../../src/errors/failure.ts";
import type { Extractor } from "../../src/install/extractor.ts";
import { PackReader } from "../../src/install/pack-reader.ts";
import type { PackRecovery } from "../../src/install/pack-recovery.ts";
import { type ReadablePack, TarballStore } from "../../src/install/tarball-store.ts";
import { makeSeekPoints } from "../../src/pack-cache/make-seek-points.ts";
import { createMemoryPackCache } from "../../src/pack-cache/memory-pack-cache.ts";
import type { PackCache } from "../../src/pack-cache/pack-cache.ts";
import { inflateRange } from "../../src/pack-cache/range-read.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { runTask } from "../support/run-task.ts";
import { noise } from "../tarball/bad-tarballs.ts";
import { runMicrotasks } from "./pipeline.ts";

/** Bytes of an archive that is not inflated whole at the first read. */
const LARGE = 1024 * 1024;

interface FakeOptions {
  archiveBytes?: number;
  tarball?: Uint8Array;
  seekPoints?: Record<string, Uint8Array>;
}

interface FakeReader {
  reader: PackReader;
  tarballs: TarballStore;
  packs: Record<string, ReadablePack>;
  /** A note of everything that the reader asks for. */
  done: string[];
}

/** Makes a reader over a cache with packs of the given sizes. */
function fakeReader(sizes: Record<string, number>, options: FakeOptions = {}): FakeReader {
  const { archiveBytes = 1000, tarball, seekPoints = {} } = options;
  const done: string[] = [];
  const note = (text: string): void => void done.push(text);
  const cache = createMemoryPackCache(1 << 24);
  const packs: Record<string, ReadablePack> = {};
  for (const [name, unpacked] of Object.entries(sizes)) {
    packs[name] = { integrity: name, unpacked };
    cache.add({
      integrity: name,
      aliases: [],
      tarball: tarball ?? gzipSync(new Uint8Array(unpacked), { level: 0 }),
      index: new Uint8Array(1),
    });
  }
  const packCache: PackCache = {
    ...cache,
    read: async (names) => {
      note(`read ${names.join(" ")}`);
      return await cache.read(names);
    },
    seekPoints: async (names) => {
      note(`seek points ${names.join(" ")}`);
      return new Map(names.flatMap((name) => (seekPoints[name] ? [[name, seekPoints[name]]] : [])));
    },
  };
  const extractor: Pick<Extractor, "read"> = {
    read: async (order) => {
      if ("rangeReads" in order) {
        note(`range reads ${order.rangeReads.map(({ ranges }) => ranges.join(" ")).join(" | ")}`);
        const read = await Promise.all(order.rangeReads.map((rangeRead) => runTask(inflateRange(rangeRead))));
        return ok(read.flatMap((parts) => parts ?? []));
      }
      const { unpacked, ranges } = order;
      note(ranges.length > 0 ? `read ${ranges.join(" ")} of ${unpacked}` : `inflate ${unpacked}`);
      if (ranges.length === 0) return ok([new Uint8Array(unpacked).fill(7)]);
      return ok(ranges.map(([start, end]) => new Uint8Array(end - start).fill(start)));
    },
  };
  const recovery: Pick<PackRecovery, "refetch" | "verify"> = {
    refetch: async (name) => {
      note(`fetch ${name}`);
      return fail(failure("E404", name));
    },
    verify: async () => fail(failure("ESTORE", "not needed")),
  };
  const tarballs = new TarballStore(packCache, { seekPoints: async () => ok(null) });
  const reader = new PackReader({ tarballs, recovery, extractor, verifyStored: false, archiveBytes });
  return { reader, tarballs, packs, done };
}

test("reads in one turn share one read of the cache, and of a large pack nothing is kept after the first read", async () => {
  const { reader, done, packs } = fakeReader({ a: LARGE, b: LARGE });
  const { a, b } = packs as { a: ReadablePack; b: ReadablePack };
  const asked = [reader.read(a, [1, 10]), reader.read(a, [30, 40]), reader.read(b, [0, 5]), reader.read(a, [2, 3])];
  const parts = await Promise.all(asked);
  expect(parts.map((part) => [part.length, part[0]])).toEqual([
    [9, 1],
    [10, 30],
    [5, 0],
    [1, 2],
  ]);
  expect(done).toEqual(["read a b", "seek points a b", `read 1,10 30,40 2,3 of ${LARGE}`, `read 0,5 of ${LARGE}`]);
  expect(reader.archiveInMemory("a")).toBeUndefined();
});

test("a large pack is inflated from its seek points on, and from its start if the seek points are damaged", async () => {
  const archive = noise(2 * LARGE);
  const tarball = gzipSync(archive, { level: 0 });
  const made = (await runTask(makeSeekPoints(tarball, archive.length, PLATFORM_TOOLS.deflate))) as Uint8Array;
  const damaged = made.slice();
  damaged[20]! ^= 1;
  const { reader, done, packs } = fakeReader(
    { a: 2 * LARGE, b: 2 * LARGE },
    { tarball, seekPoints: { a: made, b: damaged } },
  );
  const { a, b } = packs as { a: ReadablePack; b: ReadablePack };
  const [start, end] = [2 * LARGE - 9, 2 * LARGE];
  const parts = await Promise.all([reader.read(a, [start, end]), reader.read(a, [5, 8]), reader.read(b, [3, 4])]);
  expect(parts).toEqual([archive.slice(start, end), archive.slice(5, 8), new Uint8Array(1).fill(3)]);
  expect(done).toEqual([
    "read a b",
    "seek points a b",
    `range reads 5,8 | ${start},${end}`,
    `read 3,4 of ${2 * LARGE}`,
  ]);
});

test("a whole pack and parts of it can be read in one turn, in any order", async () => {
  const { reader, done, packs } = fakeReader({ a: LARGE });
  const a = packs["a"] as ReadablePack;
  const [part, whole, again] = await Promise.all([reader.read(a, [5, 9]), reader.archive(a), reader.read(a, [1, 2])]);
  expect([part?.length, whole?.length, again?.length]).toEqual([4, LARGE, 1]);
  expect(done.filter((text) => text.startsWith("fetch"))).toEqual([]);
  expect(done[0]).toBe("read a");
});

test("the second time a large pack is read, all of it is inflated once, however many files are read", async () => {
  const { reader, done, packs } = fakeReader({ a: LARGE });
  const a = packs["a"] as ReadablePack;
  const first = reader.read(a, [0, 10]);
  await Promise.resolve();
  await Promise.resolve();
  const reads = [20, 30, 90].map(async (end) => {
    await runMicrotasks();
    return (await reader.read(a, [0, end])).length;
  });
  expect((await first).length).toBe(10);
  expect(await Promise.all(reads)).toEqual([20, 30, 90]);
  expect(done).toEqual(["read a", "seek points a", `read 0,10 of ${LARGE}`, "read a", `inflate ${LARGE}`]);
});

test("a small pack is inflated once for all its files, and each read returns a copy", async () => {
  const { reader, done, packs } = fakeReader({ a: 100 });
  const a = packs["a"] as ReadablePack;
  const [one, two] = await Promise.all([reader.read(a, [0, 10]), reader.read(a, [5, 10])]);
  one?.fill(0);
  expect([...(two ?? [])]).toEqual([7, 7, 7, 7, 7]);
  expect((await reader.read(a, [0, 3]))[0]).toBe(7);
  expect(done).toEqual(["read a", "inflate 100"]);
});

test("the archives used least recently are forgotten, loaded ones stay, and a lost pack is fetched again", async () => {
  const { reader, done, packs } = fakeReader({ a: 400, b: 400, c: 400, d: 400 });
  const { a, b, c, d } = packs as Record<"a" | "b" | "c" | "d", ReadablePack>;
  await reader.load([d]);
  for (const pack of [a, b, a, c]) await reader.archive(pack);
  expect([a, b, c, d].map(({ integrity }) => reader.archiveInMemory(integrity) !== undefined)).toEqual([
    true,
    false,
    true,
    true,
  ]);
  await expect(reader.archive({ integrity: "gone", unpacked: 1 })).rejects.toMatchObject({ code: "E404" });
  expect(done.at(-1)).toBe("fetch gone");
  reader.unload();
  expect([a, c, d].map(({ integrity }) => reader.archiveInMemory(integrity))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("a tarball that the cache does not have yet is read from memory, also synchronously", async () => {
  const { reader, tarballs, done, packs } = fakeReader({ a: 3 });
  tarballs.add({ integrity: "new", tarball: gzipSync("abc"), index: new Uint8Array(1), warnings: [] }, 3, []);
  expect(new TextDecoder().decode(reader.archiveSync({ integrity: "new", unpacked: 3 }))).toBe("abc");
  expect(reader.archiveSync(packs["a"] as ReadablePack)).toBeUndefined();
  await tarballs.releaseCached();
  expect(done).toEqual([]);
});
