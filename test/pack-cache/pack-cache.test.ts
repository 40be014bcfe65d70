import { expect, test } from "vitest";
import type { BlobStore } from "../../src/blobs/blob-store.ts";
import { DIRECTORY, fingerprintOf, readDirectory, writeDirectory } from "../../src/pack-cache/directory.ts";
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

test("the 1,317 packs of one visit are found in two transactions and read in one, by any of their hashes", async () => {
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

test("a directory of 10,000 packs has less than 160 kB", async () => {
  const blobs = createMemoryStore();
  const plain = many(10_000, 1).map((pack, i) => ({ ...pack, aliases: [], integrity: packOf(`${i}`).integrity }));
  const { packCache } = openTab({ blobs, batch: 100_000 });
  for (const pack of plain) packCache.add(pack);
  await packCache.flush();
  const [directory] = await blobs.getMany(["1 d"]);
  expect(directory?.length).toBeLessThan(160_000);
  expect((await openTab({ blobs }).packCache.find([plain[9876]!.integrity])).size).toBe(1);
});

test("a waiting pack is found, read and counted before it is written", async () => {
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

test("waiting packs are written in one transaction when a batch is full", async () => {
  const blobs = counting(createMemoryStore());
  const { packCache } = openTab({ blobs, batch: 1000 });
  const packs = many(20);
  for (const pack of packs) packCache.add(pack);
  await new Promise((resolve) => setImmediate(resolve));
  // A batch is full after 9 packs of 120 bytes. Two batches are written, and two packs wait.
  expect(blobs.count.update).toBe(2);
  expect(packCache.waiting).toBe(2 * 120);
  await packCache.flush();
  expect(blobs.count.update).toBe(3);
  expect(await names(blobs, packs)).toHaveLength(20);
});

test("without new packs the directory is written at most once a day", async () => {
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

test("if several tabs add the same packs, each is stored once and none is lost", async () => {
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

test("another hash of a stored pack is added without storing the pack again", async () => {
  const blobs = createMemoryStore();
  const pack = packOf("a");
  await fill(blobs, [{ ...pack, aliases: [] }]);
  expect((await openTab({ blobs }).packCache.find([pack.sha1])).size).toBe(0);
  await fill(blobs, [pack]);
  expect((await openTab({ blobs }).packCache.find([pack.sha1])).get(pack.sha1)?.integrity).toBe(pack.integrity);
  expect((await blobs.keys()).filter((key) => key.startsWith("1 p"))).toHaveLength(1);
});

test("a hash of no pack finds nothing", async () => {
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

test("packs with the same fingerprint are distinguished by their whole hash", async () => {
  const blobs = createMemoryStore();
  const [a, b] = [packOf("a"), packOf("b")];
  await fill(blobs, [a]);
  // Give both packs one fingerprint: replace that of a by that of b.
  const directory = readDirectory((await blobs.getMany([DIRECTORY]))[0]!)!;
  for (const segment of directory.segments.values()) segment.fingerprints = fingerprintOf(b.integrity);
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

test.each(["1 d", "1 i"])("a damaged %s causes misses, and its packs are deleted", async (kind) => {
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

test("blobs of another format are neither read nor changed", async () => {
  const blobs = createMemoryStore();
  for (const key of ["2 d", "2 p 7 0", "x"]) await put(blobs, key, new Uint8Array(9));
  for (const key of ["1 p 7 0", "1 w 7 0"]) await put(blobs, key, new Uint8Array(9));
  await fill(blobs, [packOf("a")]);
  expect((await blobs.keys()).map((key) => key.slice(0, 3)).sort()).toEqual([
    ...["1 d", "1 i", "1 p", "1 w", "2 d", "2 p", "x"],
  ]);
});

test("within the budget, packs used least recently are dropped and packs in use never are", async () => {
  const blobs = createMemoryStore();
  const clock = new Clock();
  const packs = many(5, 1000);
  for (const pack of packs.slice(0, 3)) {
    await fill(blobs, [pack], clock);
    clock.pass(DAY);
  }
  const { packCache, warnings } = openTab({ blobs, clock, budget: 4800 });
  // The oldest pack is in use.
  expect(await stateOf(packCache, packs[0]!)).toBe("whole");
  for (const pack of packs.slice(3)) {
    packCache.add(pack);
    await packCache.flush();
  }
  expect(warnings).toEqual([]);
  expect(await names(blobs, packs)).toEqual([0, 2, 3, 4]);
  expect((await blobs.keys()).filter((key) => key.startsWith("1 p"))).toHaveLength(4);
  // Packs that exceed the whole budget cause one warning, and stored packs stay.
  for (const name of ["x", "y"]) {
    packCache.add(packOf(name, 4000));
    await packCache.flush();
  }
  expect(warnings.map(({ code }) => code)).toEqual(["ESTOREFULL"]);
  expect(packCache.waiting).toBe(0);
  expect(await stateOf(packCache, packs[4]!)).toBe("whole");
});

test("without room in the browser, the packs used least recently are dropped", async () => {
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
  // The pack that this cache wrote is in use, and stays.
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

test("a store that does not answer a read or a write is not used again", async () => {
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

test("during a write a read waits longer before the store counts as broken", async () => {
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

test("transferred bytes are not stored, and a view is stored without the rest of its buffer", async () => {
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

test("clear drops stored and waiting packs; close writes waiting packs, and the next use opens the store again", async () => {
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
  expect(await names(blobs, [a, b, c])).toEqual([2]);
  packCache.add(a);
  await packCache.flush();
  expect(await stateOf(packCache, a)).toBe("whole");
  expect(await stateOf(packCache, c)).toBe("whole");
});

test("seek points are made when a pack is written, and are stored, counted and deleted with it", async () => {
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
