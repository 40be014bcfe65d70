import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { fail, failure, ok } from "../../src/errors/failure.ts";
import { PackReader, type Readable } from "../../src/install/pack-reader.ts";
import { makeSeekPoints } from "../../src/pack-cache/make-seek-points.ts";
import { createMemoryPackCache } from "../../src/pack-cache/memory-pack-cache.ts";
import { inflateRange } from "../../src/pack-cache/range-read.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { runTask } from "../support/run-task.ts";
import { noise } from "../tarball/bad-tarballs.ts";
import { settle } from "./pipeline.ts";

/** More than is inflated as a whole at once. */
const LARGE = 1024 * 1024;

/** A shelf with packs of so many bytes each, and a note of everything that is done for it. */
function packCache(
  sizes: Record<string, number>,
  {
    room = 1000,
    tarball,
    seekPoints = {},
  }: { room?: number; tarball?: Uint8Array; seekPoints?: Record<string, Uint8Array> } = {},
): { reader: PackReader; done: string[]; packs: Record<string, Readable> } {
  const done: string[] = [];
  const note = (what: string): void => void done.push(what);
  const store = createMemoryPackCache(1 << 24);
  const packs: Record<string, Readable> = {};
  for (const [name, unpacked] of Object.entries(sizes)) {
    packs[name] = { integrity: name, unpacked };
    store.add({
      integrity: name,
      aliases: [],
      tarball: tarball ?? gzipSync(new Uint8Array(unpacked), { level: 0 }),
      index: new Uint8Array(1),
    });
  }
  const reader = new PackReader({
    packCache: {
      ...store,
      read: async (names) => {
        note(`read ${names.join(" ")}`);
        return await store.read(names);
      },
      seekPoints: async (names) => {
        note(`waypoints ${names.join(" ")}`);
        return new Map(names.flatMap((name) => (seekPoints[name] ? [[name, seekPoints[name]]] : [])));
      },
    },
    extractor: {
      read: async (order) => {
        if ("rangeReads" in order) {
          note(`stretches ${order.rangeReads.map(({ ranges }) => ranges.join(" ")).join(" | ")}`);
          const read = await Promise.all(order.rangeReads.map((rangeRead) => runTask(inflateRange(rangeRead))));
          return ok(read.flatMap((parts) => parts ?? []));
        }
        const { unpacked, ranges } = order;
        note(ranges.length > 0 ? `read ${ranges.join(" ")} of ${unpacked}` : `inflate ${unpacked}`);
        if (ranges.length === 0) return ok([new Uint8Array(unpacked).fill(7)]);
        return ok(ranges.map(([start, end]) => new Uint8Array(end - start).fill(start)));
      },
    },
    refetch: async (name) => {
      note(`fetch ${name}`);
      return fail(failure("E404", name));
    },
    room,
  });
  return { reader, done, packs };
}

test("what is asked in one turn is one question to the store, and of a large pack only the files asked for are kept", async () => {
  const { reader, done, packs } = packCache({ a: LARGE, b: LARGE });
  const { a, b } = packs as { a: Readable; b: Readable };
  const asked = [reader.read(a, [1, 10]), reader.read(a, [30, 40]), reader.read(b, [0, 5]), reader.read(a, [2, 3])];
  const parts = await Promise.all(asked);
  expect(parts.map((part) => [part.length, part[0]])).toEqual([
    [9, 1],
    [10, 30],
    [5, 0],
    [1, 2],
  ]);
  expect(done).toEqual(["read a b", "waypoints a b", `read 1,10 30,40 2,3 of ${LARGE}`, `read 0,5 of ${LARGE}`]);
  expect(reader.cached("a")).toBeUndefined();
});

test("where inflating can begin inside a large pack, no more is inflated; what is damaged is read from its start", async () => {
  const archive = noise(2 * LARGE);
  const tarball = gzipSync(archive, { level: 0 });
  const made = (await runTask(makeSeekPoints(tarball, archive.length, PLATFORM_TOOLS.deflate))) as Uint8Array;
  const damaged = made.slice();
  damaged[20]! ^= 1;
  const { reader, done, packs } = packCache(
    { a: 2 * LARGE, b: 2 * LARGE },
    { tarball, seekPoints: { a: made, b: damaged } },
  );
  const { a, b } = packs as { a: Readable; b: Readable };
  const [start, end] = [2 * LARGE - 9, 2 * LARGE];
  const parts = await Promise.all([reader.read(a, [start, end]), reader.read(a, [5, 8]), reader.read(b, [3, 4])]);
  expect(parts).toEqual([archive.slice(start, end), archive.slice(5, 8), new Uint8Array(1).fill(3)]);
  expect(done).toEqual(["read a b", "waypoints a b", `stretches 5,8 | ${start},${end}`, `read 3,4 of ${2 * LARGE}`]);
});

test("all of a pack and a part of it, asked for in one turn, are read from the store in any order", async () => {
  const { reader, done, packs } = packCache({ a: LARGE });
  const a = packs["a"] as Readable;
  const [part, whole, again] = await Promise.all([reader.read(a, [5, 9]), reader.archive(a), reader.read(a, [1, 2])]);
  expect([part?.length, whole?.length, again?.length]).toEqual([4, LARGE, 1]);
  expect(done.filter((what) => what.startsWith("fetch"))).toEqual([]);
  expect(done[0]).toBe("read a");
});

test("who comes back to a large pack has all of it inflated, once, however many come", async () => {
  const { reader, done, packs } = packCache({ a: LARGE });
  const a = packs["a"] as Readable;
  const first = reader.read(a, [0, 10]);
  await Promise.resolve();
  await Promise.resolve();
  const reads = [20, 30, 90].map(async (end) => {
    await settle();
    return (await reader.read(a, [0, end])).length;
  });
  expect((await first).length).toBe(10);
  expect(await Promise.all(reads)).toEqual([20, 30, 90]);
  expect(done).toEqual(["read a", "waypoints a", `read 0,10 of ${LARGE}`, "read a", `inflate ${LARGE}`]);
});

test("a small pack is inflated once for all that is ever asked of it, and what is given is a copy", async () => {
  const { reader, done, packs } = packCache({ a: 100 });
  const a = packs["a"] as Readable;
  const [one, two] = await Promise.all([reader.read(a, [0, 10]), reader.read(a, [5, 10])]);
  one?.fill(0);
  expect([...(two ?? [])]).toEqual([7, 7, 7, 7, 7]);
  expect((await reader.read(a, [0, 3]))[0]).toBe(7);
  expect(done).toEqual(["read a", "inflate 100"]);
});

test("those read longest ago make room, those that are loaded stay, and what is lost is fetched", async () => {
  const { reader, done, packs } = packCache({ a: 400, b: 400, c: 400, d: 400 });
  const { a, b, c, d } = packs as Record<"a" | "b" | "c" | "d", Readable>;
  await reader.load([d]);
  for (const pack of [a, b, a, c]) await reader.archive(pack);
  expect([a, b, c, d].map(({ integrity }) => reader.cached(integrity) !== undefined)).toEqual([
    true,
    false,
    true,
    true,
  ]);
  await expect(reader.archive({ integrity: "gone", unpacked: 1 })).rejects.toMatchObject({ code: "E404" });
  expect(done.at(-1)).toBe("fetch gone");
  reader.unload();
  expect([a, c, d].map(({ integrity }) => reader.cached(integrity))).toEqual([undefined, undefined, undefined]);
});

test("a tarball that no store has yet is read from memory, at once where that is asked", async () => {
  const { reader, done, packs } = packCache({ a: 3 });
  reader.hold("new", gzipSync("abc"));
  expect(new TextDecoder().decode(reader.peek({ integrity: "new", unpacked: 3 }))).toBe("abc");
  expect(reader.peek(packs["a"] as Readable)).toBeUndefined();
  await reader.letGo();
  expect(done).toEqual([]);
});
