import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { fail, failure, ok } from "../../src/errors.ts";
import { PackReader, type Readable } from "../../src/install/pack-reader.ts";
import { createMemoryShelf } from "../../src/packs/memory-shelf.ts";
import { settle } from "./works.ts";

/** A shelf with packs of so many bytes each, and a note of everything that is done for it. */
function shelf(
  sizes: Record<string, number>,
  room = 1000,
): { reader: PackReader; done: string[]; packs: Record<string, Readable> } {
  const done: string[] = [];
  const store = createMemoryShelf(1 << 20);
  const packs: Record<string, Readable> = {};
  for (const [name, unpacked] of Object.entries(sizes)) {
    packs[name] = { integrity: name, unpacked };
    store.add({ integrity: name, aliases: [], tarball: gzipSync(new Uint8Array(unpacked)), index: new Uint8Array(1) });
  }
  const note = (what: string): void => void done.push(what);
  const reader = new PackReader({
    shelf: {
      ...store,
      read: async (names) => {
        note(`read ${names.join(" ")}`);
        return await store.read(names);
      },
    },
    extractor: {
      inflate: async (_, unpacked, end) => {
        note(`inflate ${end} of ${unpacked}`);
        return ok(new Uint8Array(end));
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

test("what is asked in one turn is one question to the store, and each pack is inflated once, as far as it is needed", async () => {
  const { reader, done, packs } = shelf({ a: 100, b: 200 });
  const { a, b } = packs as { a: Readable; b: Readable };
  await Promise.all([reader.archive(a, 10), reader.archive(a, 40), reader.archive(b, 5), reader.archive(a, 20)]);
  expect(done).toEqual(["read a b", "inflate 40 of 100", "inflate 5 of 200"]);
  expect((await reader.archive(a, 30)).length).toBe(40);
  expect(done.length).toBe(3);
});

test("who comes back to a pack for more has all of it inflated, however many come", async () => {
  const { reader, done, packs } = shelf({ a: 100 });
  const a = packs["a"] as Readable;
  await reader.archive(a, 10);
  const reads = [20, 30, 90].map(async (end) => {
    await settle();
    return (await reader.archive(a, end)).length;
  });
  expect(await Promise.all(reads)).toEqual([100, 100, 100]);
  expect(done).toEqual(["read a", "inflate 10 of 100", "read a", "inflate 100 of 100"]);
});

test("who needs more than is being inflated waits for that, and then asks for all", async () => {
  const { reader, done, packs } = shelf({ a: 100 });
  const a = packs["a"] as Readable;
  const first = reader.archive(a, 10);
  await Promise.resolve();
  await Promise.resolve();
  await Promise.all([first, reader.archive(a, 50), reader.archive(a, 60)]);
  expect(done.filter((each) => each.startsWith("inflate"))).toEqual(["inflate 10 of 100", "inflate 100 of 100"]);
});

test("those read longest ago make room, those that are loaded stay, and what is lost is fetched", async () => {
  const { reader, done, packs } = shelf({ a: 400, b: 400, c: 400, d: 400 });
  const { a, b, c, d } = packs as Record<"a" | "b" | "c" | "d", Readable>;
  await reader.load([d]);
  for (const pack of [a, b, a, c]) await reader.archive(pack);
  expect([a, b, c, d].map((pack) => reader.cached(pack) !== undefined)).toEqual([true, false, true, true]);
  await expect(reader.archive({ integrity: "gone", unpacked: 1 })).rejects.toMatchObject({ code: "E404" });
  expect(done.at(-1)).toBe("fetch gone");
  reader.unload();
  expect([a, c, d].map((pack) => reader.cached(pack))).toEqual([undefined, undefined, undefined]);
});

test("a tarball that no store has yet is read from memory, at once where that is asked", async () => {
  const { reader, done, packs } = shelf({ a: 3 });
  reader.hold("new", gzipSync("abc"));
  expect(new TextDecoder().decode(reader.peek({ integrity: "new", unpacked: 3 }))).toBe("abc");
  expect(reader.peek(packs["a"] as Readable)).toBeUndefined();
  await reader.letGo();
  expect(done).toEqual([]);
});
