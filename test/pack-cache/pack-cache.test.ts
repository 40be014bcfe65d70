import { expect, test } from "vitest";
import type { BlobStore } from "../../src/blobs/blob-store.ts";
import { DIRECTORY, nameOf, readDirectory, writeDirectory } from "../../src/pack-cache/directory.ts";
import { createMemoryStore } from "../../workers/storage/memory-blobs.ts";
import { Clock, counting } from "../metadata-cache/harness.ts";
import { type MadePack, openTab, packOf, stateOf, whileTimePasses } from "./harness.ts";

const DAY = 86_400_000;

const many = (count: number, size = 100): MadePack[] => Array.from({ length: count }, (_, i) => packOf(`p${i}`, size));

async function fill(blobs: BlobStore, packs: readonly MadePack[], clock = new Clock()): Promise<void> {
  const { packCache, warnings } = openTab({ blobs, clock });
  for (const pack of packs) packCache.add(pack);
  await packCache.flush();
  expect(warnings).toEqual([]);
}

const names = async (blobs: BlobStore, packs: readonly MadePack[]): Promise<number[]> => {
  const { packCache } = openTab({ blobs });
  const states = await Promise.all(packs.map((pack) => stateOf(packCache, pack)));
  return states.flatMap((state, i) => (state === "whole" ? [i] : []));
};

const put = (blobs: BlobStore, key: string, blob: Uint8Array): Promise<void> =>
  blobs.update(key, () => ({ puts: new Map([[key, blob]]), deletes: [] }));

test("1,317 packs of one visit are found in two transactions and read in one, by all of their hashes", async () => {
  const blobs = counting(createMemoryStore());
  const packs = many(1317);
  await fill(blobs, packs);
  blobs.count.read = 0;
  const { packCache } = openTab({ blobs });
  const found = await packCache.find([...packs.map(({ integrity }) => integrity), ...packs.map(({ sha1 }) => sha1)]);
  expect(blobs.count).toEqual({ read: 2, update: 1, other: 1 });
  for (const { integrity, sha1, index } of packs) {
    expect(found.get(integrity)).toEqual({ integrity, index });
    expect(found.get(sha1)).toEqual({ integrity, index });
  }
  const read = await packCache.read(packs.map(({ integrity }) => integrity));
  expect(blobs.count.read).toBe(3);
  expect(packs.filter(({ integrity, tarball }) => !Buffer.from(read.get(integrity) ?? []).equals(tarball))).toEqual([]);
  expect(await packCache.usage()).toMatchObject({ packs: 1317 });
  expect((await packCache.usage()).bytes).toBeGreaterThan(1317 * 120);
});

test("a directory of 10,000 packs is small", async () => {
  const blobs = createMemoryStore();
  const plain = many(10_000, 1).map((pack, i) => ({ ...pack, aliases: [], integrity: packOf(`${i}`).integrity }));
  const { packCache } = openTab({ blobs, batch: 100_000 });
  for (const pack of plain) packCache.add(pack);
  await packCache.flush();
  const [directory] = await blobs.getMany(["1 d"]);
  expect(directory?.length).toBeLessThan(160_000);
  expect((await openTab({ blobs }).packCache.find([plain[9876]!.integrity])).size).toBe(1);
});

test("what waits is found, read and counted, before anything is written", async () => {
  const blobs = counting(createMemoryStore());
  const { packCache } = openTab({ blobs });
  const pack = packOf("a");
  packCache.add(pack);
  expect(packCache.waiting).toBe(120);
  expect(await stateOf(packCache, pack)).toBe("whole");
  expect((await packCache.find([pack.sha1])).get(pack.sha1)?.integrity).toBe(pack.integrity);
  const read = (await packCache.read([pack.integrity])).get(pack.integrity)!;
  read.fill(0);
  expect(blobs.count).toEqual({ read: 0, update: 0, other: 0 });
  await packCache.flush();
  expect(packCache.waiting).toBe(0);
  expect(await names(blobs, [pack])).toEqual([0]);
});

test("what waits is written when there is enough of it, in one transaction", async () => {
  const blobs = counting(createMemoryStore());
  const { packCache } = openTab({ blobs, batch: 1000 });
  const packs = many(20);
  for (const pack of packs) packCache.add(pack);
  await new Promise((resolve) => setImmediate(resolve));
  // 9 × 120 bytes are the first 1,000, twice; two packs wait.
  expect(blobs.count.update).toBe(2);
  expect(packCache.waiting).toBe(2 * 120);
  await packCache.flush();
  expect(blobs.count.update).toBe(3);
  expect(await names(blobs, packs)).toHaveLength(20);
});

test("nothing new, nothing written: not by reading twice on one day, and once on another", async () => {
  const blobs = counting(createMemoryStore());
  const clock = new Clock();
  const packs = many(3);
  await fill(blobs, packs, clock);
  for (const [days, updates] of [
    [0, 1],
    [1, 2],
    [0, 2],
  ] as const) {
    clock.pass(days * DAY);
    const { packCache } = openTab({ blobs, clock });
    for (const pack of packs) await stateOf(packCache, pack);
    await packCache.flush();
    await packCache.flush();
    for (const pack of packs) packCache.add(pack);
    await packCache.close();
    expect(blobs.count.update).toBe(updates);
  }
});

test("tabs that add the same store it once, and none loses what another one wrote", async () => {
  const blobs = createMemoryStore();
  const packs = many(30);
  const tabs = [0, 1, 2].map((i) => {
    const tab = openTab({ blobs, batch: 500 });
    for (const pack of packs.slice(5 * i, 5 * i + 20)) tab.packCache.add(pack);
    return tab;
  });
  await Promise.all(tabs.map(({ packCache }) => packCache.flush()));
  expect(await names(blobs, packs)).toHaveLength(30);
  expect((await blobs.keys()).filter((key) => key.startsWith("1 p"))).toHaveLength(30);
  expect(tabs.flatMap(({ warnings }) => warnings)).toEqual([]);
});

test("another hash of a pack that is stored is learnt without storing it again", async () => {
  const blobs = createMemoryStore();
  const pack = packOf("a");
  await fill(blobs, [{ ...pack, aliases: [] }]);
  expect((await openTab({ blobs }).packCache.find([pack.sha1])).size).toBe(0);
  await fill(blobs, [pack]);
  expect((await openTab({ blobs }).packCache.find([pack.sha1])).get(pack.sha1)?.integrity).toBe(pack.integrity);
  expect((await blobs.keys()).filter((key) => key.startsWith("1 p"))).toHaveLength(1);
});

test("what is not the hash of a pack finds none", async () => {
  const blobs = createMemoryStore();
  const pack = packOf("a");
  await fill(blobs, [pack]);
  const { packCache } = openTab({ blobs });
  const alike = `${pack.integrity.slice(0, 50)}${packOf("b").integrity.slice(50)}`;
  for (const hash of [alike, "sha512-", "", "sha1-?", "__proto__", pack.integrity.toLowerCase()]) {
    expect((await packCache.find([hash])).size).toBe(0);
    expect((await packCache.read([hash])).size).toBe(0);
  }
});

test("packs that the directory knows by one name are told apart by the whole hash", async () => {
  const blobs = createMemoryStore();
  const [a, b] = [packOf("a"), packOf("b")];
  await fill(blobs, [a]);
  // As if both had one name: the directory's letters of a are made those of b.
  const directory = readDirectory((await blobs.getMany([DIRECTORY]))[0]!)!;
  for (const segment of directory.segments.values()) segment.names = nameOf(b.integrity);
  directory.aliases.set(b.sha1, b.integrity);
  await put(blobs, DIRECTORY, writeDirectory(directory));
  const { packCache } = openTab({ blobs });
  expect((await packCache.find([a.integrity, b.integrity, b.sha1])).size).toBe(0);
  expect((await packCache.read([a.integrity, b.integrity])).size).toBe(0);
});

test("a damaged or missing pack is a miss, is forgotten, and can be added again", async () => {
  const blobs = createMemoryStore();
  const packs = many(4);
  await fill(blobs, packs);
  const keys = (await blobs.keys()).filter((key) => key.startsWith("1 p"));
  const [first] = await blobs.getMany([keys[0]!]);
  await put(
    blobs,
    keys[0]!,
    first!.map((byte, i) => (i === 50 ? byte ^ 1 : byte)),
  );
  await put(blobs, keys[1]!, (await blobs.getMany([keys[1]!]))[0]!.slice(1));
  await blobs.delMany([keys[2]!]);
  const { packCache, warnings } = openTab({ blobs });
  expect((await packCache.read(packs.map(({ integrity }) => integrity))).size).toBe(1);
  expect((await packCache.find(packs.map(({ integrity }) => integrity))).size).toBe(1);
  await packCache.flush();
  const { packCache: other } = openTab({ blobs });
  expect([...(await other.find(packs.map(({ integrity }) => integrity))).keys()]).toEqual([packs[3]!.integrity]);
  expect((await other.usage()).packs).toBe(1);
  for (const pack of packs) packCache.add(pack);
  await packCache.flush();
  expect(await names(blobs, packs)).toEqual([0, 1, 2, 3]);
  expect(warnings).toEqual([]);
});

test.each(["1 d", "1 i"])("a damaged %s is a miss, and what it led to is cleared away", async (kind) => {
  const blobs = createMemoryStore();
  const packs = many(4);
  await fill(blobs, packs);
  const key = (await blobs.keys()).find((one) => one.startsWith(kind))!;
  const [blob] = await blobs.getMany([key]);
  await put(
    blobs,
    key,
    blob!.map((byte, i) => (i === 30 ? byte ^ 1 : byte)),
  );
  const clock = new Clock();
  clock.pass(1);
  const { packCache, warnings } = openTab({ blobs, clock });
  expect((await packCache.find(packs.map(({ integrity }) => integrity))).size).toBe(0);
  expect((await packCache.read(packs.map(({ integrity }) => integrity))).size).toBe(0);
  const other = packOf("new");
  packCache.add(other);
  await packCache.flush();
  expect(await names(blobs, [...packs, other])).toEqual([4]);
  expect(await blobs.keys()).toHaveLength(3);
  expect(warnings).toEqual([]);
});

test("another format's data is neither read nor touched", async () => {
  const blobs = createMemoryStore();
  for (const key of ["2 d", "2 p 7 0", "x"]) await put(blobs, key, new Uint8Array(9));
  for (const key of ["1 p 7 0", "1 w 7 0"]) await put(blobs, key, new Uint8Array(9));
  await fill(blobs, [packOf("a")]);
  expect((await blobs.keys()).map((key) => key.slice(0, 3)).sort()).toEqual([
    ...["1 d", "1 i", "1 p", "1 w", "2 d", "2 p", "x"],
  ]);
});

test("the budget: what was used least recently goes, never what is in use", async () => {
  const blobs = createMemoryStore();
  const clock = new Clock();
  const packs = many(5, 1000);
  for (const pack of packs.slice(0, 3)) {
    await fill(blobs, [pack], clock);
    clock.pass(DAY);
  }
  const { packCache, warnings } = openTab({ blobs, clock, budget: 4800 });
  // The oldest is in use.
  expect(await stateOf(packCache, packs[0]!)).toBe("whole");
  for (const pack of packs.slice(3)) {
    packCache.add(pack);
    await packCache.flush();
  }
  expect(warnings).toEqual([]);
  expect(await names(blobs, packs)).toEqual([0, 2, 3, 4]);
  expect((await blobs.keys()).filter((key) => key.startsWith("1 p"))).toHaveLength(4);
  // More than all of it: said once, and what is there stays.
  for (const name of ["x", "y"]) {
    packCache.add(packOf(name, 4000));
    await packCache.flush();
  }
  expect(warnings.map(({ code }) => code)).toEqual(["ESTOREFULL"]);
  expect(packCache.waiting).toBe(0);
  expect(await stateOf(packCache, packs[4]!)).toBe("whole");
});

test("where the browser has no room, what was used least recently makes some", async () => {
  const blobs = createMemoryStore(4500);
  const clock = new Clock();
  const packs = many(5, 1000);
  for (const pack of packs.slice(0, 3)) {
    await fill(blobs, [pack], clock);
    clock.pass(DAY);
  }
  const { packCache, warnings } = openTab({ blobs, clock });
  packCache.add(packs[3]!);
  await whileTimePasses(packCache.flush(), clock);
  expect(warnings).toEqual([]);
  expect(await names(blobs, packs)).toEqual([1, 2, 3]);
  // What this shelf wrote is in use, and stays.
  for (const name of ["x", "y"]) packCache.add(packOf(name, 1000));
  await whileTimePasses(packCache.flush(), clock);
  expect(warnings).toEqual([]);
  expect(await names(blobs, packs)).toEqual([3]);
  packCache.add(packOf("v", 1000));
  await whileTimePasses(packCache.flush(), clock);
  expect(warnings.map(({ code }) => code)).toEqual(["ESTOREFULL"]);
  packCache.add(packOf("w", 10));
  expect(packCache.waiting).toBe(0);
  await packCache.clear();
  packCache.add(packs[4]!);
  await packCache.flush();
  expect(await names(blobs, packs)).toEqual([4]);
  expect(warnings).toHaveLength(1);
});

test("a store that does not answer is none, for reading and for writing", async () => {
  const never = (): Promise<never> => new Promise(() => {});
  for (const broken of [{ getMany: never }, { update: never }, { keys: never, getMany: never, update: never }]) {
    const clock = new Clock();
    const { packCache, warnings } = openTab({ blobs: { ...createMemoryStore(), ...broken }, clock });
    const pack = packOf("a");
    const before = clock.now;
    if ("getMany" in broken) {
      expect((await whileTimePasses(packCache.find([pack.integrity]), clock)).size).toBe(0);
      expect(clock.now - before).toBeLessThan(6000);
    }
    packCache.add(pack);
    await whileTimePasses(packCache.flush(), clock);
    expect(packCache.waiting).toBe(0);
    expect(await packCache.usage()).toEqual({ bytes: 0, packs: 0 });
    await packCache.clear();
    await packCache.close();
    expect(warnings.map(({ code }) => code)).toEqual(["ESTORE"]);
    expect(clock.waiting).toBe(0);
  }
});

test("while much is being written, a reader waits longer before the store counts as broken", async () => {
  const clock = new Clock();
  const blobs = createMemoryStore();
  const slowly = <T>(work: () => Promise<T>, milliseconds: number): Promise<T> =>
    new Promise((resolve) => void clock.after(milliseconds, () => resolve(work())));
  const slow = {
    ...blobs,
    update: (...given: Parameters<typeof blobs.update>) => slowly(() => blobs.update(...given), 9_000),
    getMany: (keys: readonly string[]) => slowly(() => blobs.getMany(keys), 9_000),
  };
  const { packCache, warnings } = openTab({ blobs: slow, clock });
  const pack = packOf("a");
  packCache.add(pack);
  const flushed = packCache.flush();
  await new Promise((resolve) => setImmediate(resolve));
  const found = packCache.find([packOf("b").integrity]);
  await whileTimePasses(flushed, clock);
  expect((await whileTimePasses(found, clock)).size).toBe(0);
  expect(warnings).toEqual([]);
});

test("bytes that were given away meanwhile are not stored, and a view is stored without its surroundings", async () => {
  const blobs = createMemoryStore();
  const [gone, part] = [packOf("gone"), packOf("part")];
  const { packCache, warnings } = openTab({ blobs });
  const around = new Uint8Array(1000);
  around.set(part.tarball, 100);
  packCache.add(gone);
  packCache.add({ ...part, tarball: around.subarray(100, 200) });
  structuredClone(gone.tarball, { transfer: [gone.tarball.buffer] });
  await packCache.flush();
  expect(warnings).toEqual([]);
  expect(await names(blobs, [part])).toEqual([0]);
  const keys = (await blobs.keys()).filter((key) => key.startsWith("1 p"));
  expect((await blobs.getMany(keys)).map((blob) => blob?.buffer.byteLength)).toEqual([100]);
});

test("clear drops what is stored and what waits; close writes what waits, and nothing is kept after it", async () => {
  const blobs = createMemoryStore();
  const [a, b, c] = [packOf("a"), packOf("b"), packOf("c")];
  const { packCache } = openTab({ blobs });
  packCache.add(a);
  await packCache.flush();
  packCache.add(b);
  await packCache.clear();
  expect(packCache.waiting).toBe(0);
  expect(await stateOf(packCache, b)).toBe("none");
  await packCache.flush();
  expect(await blobs.keys()).toEqual([]);
  packCache.add(c);
  await packCache.close();
  packCache.add(a);
  await packCache.flush();
  expect(await stateOf(packCache, a)).toBe("none");
  expect(await names(blobs, [a, b, c])).toEqual([2]);
});

test("waypoints are asked for when a pack is written, stored and counted with it, and go with it", async () => {
  const blobs = createMemoryStore();
  const { packCache } = openTab({ blobs });
  const asked: string[] = [];
  const large = (name: string, made: Uint8Array | null): MadePack => ({
    ...packOf(name),
    seekPoints: async () => {
      asked.push(name);
      return made;
    },
  });
  const packs = [large("with", new Uint8Array(1000)), large("without", null), packOf("small")];
  const integrities = packs.map(({ integrity }) => integrity);
  for (const pack of packs) packCache.add(pack);
  expect([asked, (await packCache.seekPoints(integrities)).size]).toEqual([[], 0]);
  await packCache.flush();
  expect(asked).toEqual(["with", "without"]);
  expect([...(await packCache.seekPoints(integrities))]).toEqual([[integrities[0], new Uint8Array(1000)]]);
  expect((await packCache.usage()).bytes).toBeGreaterThan(1300);
  const next = openTab({ blobs }).packCache;
  await next.find(integrities);
  expect([...(await next.seekPoints(integrities)).keys()]).toEqual([integrities[0]]);
  await blobs.delMany((await blobs.keys()).filter((key) => /^1 p .* 0$/.test(key)));
  await next.read(integrities);
  await next.flush();
  expect((await blobs.keys()).map((key) => key.slice(0, 3)).sort()).toEqual(["1 d", "1 i", "1 p", "1 p"]);
});
