import { expect, test } from "vitest";
import type { BlobStore } from "../../src/blobs/blob-store.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { groupKey, indexKey } from "../../src/metadata-cache/keys.ts";
import { createMemoryStore } from "../../workers/storage/memory-blobs.ts";
import { Clock, counting, openTab } from "./harness.ts";
import { recordOf } from "./records.ts";

const DAY = 86_400_000;
const SIZE = 2000;

async function write(shared: { blobs: BlobStore; clock: Clock }, namespace: string, names: readonly string[]) {
  const { store, warnings } = openTab({ ...shared, group: { records: 1, bytes: 1 << 20 } });
  const metadataCache = await store.open(namespace);
  await metadataCache.load(metadataCache.names());
  for (const name of names) metadataCache.add({ name, record: recordOf(name, 0, SIZE), fetchedAt: shared.clock.now });
  await whileTimePasses(metadataCache.flush(), shared.clock);
  shared.clock.pass(DAY);
  return { store, metadataCache, warnings };
}

async function whileTimePasses(work: Promise<void>, clock: Clock): Promise<void> {
  let isDone = false;
  const done = work.then(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.pass(100);
  }
  await done;
}

async function namesIn(blobs: BlobStore, namespace: string): Promise<string[]> {
  const metadataCache = await openTab({ blobs }).store.open(namespace);
  await metadataCache.load(metadataCache.names());
  return [...metadataCache.names()].filter((name) => metadataCache.get(name)).sort();
}

test("without room, the groups used least recently are deleted, of any namespace", async () => {
  const shared = { blobs: createMemoryStore(4.5 * SIZE), clock: new Clock() };
  await write(shared, "one", ["a"]);
  await write(shared, "two", ["b"]);
  await write(shared, "two", ["c"]);
  // This visit reads "a", and thereby uses it.
  await write(shared, "one", []);
  const { warnings } = await write(shared, "three", ["d", "e"]);
  expect(warnings).toEqual([]);
  expect(await namesIn(shared.blobs, "three")).toEqual(["d", "e"]);
  expect(await namesIn(shared.blobs, "one")).toEqual(["a"]);
  expect(await namesIn(shared.blobs, "two")).toEqual([]);
  expect((await openTab(shared).store.usage()).namespaces).toBe(2);
});

test("groups in use are not deleted to make room", async () => {
  const shared = { blobs: createMemoryStore(4.5 * SIZE), clock: new Clock() };
  await write(shared, "n", ["a", "b"]);
  await write(shared, "other", ["x"]);
  const { warnings } = await write(shared, "n", ["c"]);
  expect(warnings).toEqual([]);
  expect(await namesIn(shared.blobs, "n")).toEqual(["a", "b", "c"]);
});

test("if deleting does not help, there is one warning and no further write, and reads go on", async () => {
  const clock = new Clock();
  const shared = { ...counting(createMemoryStore(2.5 * SIZE)), clock };
  await write({ blobs: shared, clock }, "n", ["a"]);
  const { store, metadataCache, warnings } = await write({ blobs: shared, clock }, "n", ["b", "c"]);
  expect(warnings.map(({ code }) => code)).toEqual(["ESTOREFULL"]);
  expect(metadataCache.get("b")?.record).toEqual(recordOf("b", 0, SIZE));
  const updates = shared.count.update;
  metadataCache.add({ name: "d", record: recordOf("d"), fetchedAt: 1 });
  await metadataCache.flush();
  await (await store.open("m")).flush();
  expect(shared.count.update).toBe(updates);
  expect(warnings).toHaveLength(1);
  expect(await namesIn(shared, "n")).toEqual(["a"]);
  // After a clear there is room again.
  await store.clear();
  metadataCache.add({ name: "d", record: recordOf("d"), fetchedAt: 1 });
  await metadataCache.flush();
  expect(await namesIn(shared, "n")).toEqual(["d"]);
});

test("a store that always reports a full quota causes one warning", async () => {
  const full = (): Promise<never> => Promise.reject(new DOMException("full", "QuotaExceededError"));
  const blobs = { ...createMemoryStore(), update: full, delMany: full };
  const { warnings } = await write({ blobs, clock: new Clock() }, "n", ["a"]);
  expect(warnings.map(({ code }) => code)).toEqual(["ESTOREFULL"]);
});

const refused = (): Promise<never> => Promise.reject(new DOMException("not here", "InvalidStateError"));

test("an unreadable store acts as an empty one, causes one warning, and is not used again", async () => {
  const blobs = counting({ ...createMemoryStore(), getMany: refused, update: refused, clear: refused, keys: refused });
  const { store, warnings } = openTab({ blobs });
  const metadataCache = await store.open("n");
  expect([...metadataCache.names()]).toEqual([]);
  metadataCache.add({ name: "a", record: recordOf("a"), fetchedAt: 1 });
  await metadataCache.flush();
  await store.open("m");
  expect(blobs.count).toEqual({ read: 1, update: 0, other: 0 });
  expect(await store.usage()).toEqual({ bytes: 0, packuments: 0, namespaces: 0 });
  expect(warnings.map(({ code, message }) => [code, message.includes("InvalidStateError: not here")])).toEqual([
    ["ESTORE", true],
  ]);
  await expect(store.clear()).rejects.toThrow(InstallError);
});

test("if a store breaks after it was opened, its packuments are misses and stay stored", async () => {
  const blobs = createMemoryStore();
  await write({ blobs, clock: new Clock() }, "n", ["a"]);
  let reads = 0;
  const failing = { ...blobs, getMany: (keys: readonly string[]) => (reads++ === 0 ? blobs.getMany(keys) : refused()) };
  const { store, warnings } = openTab({ blobs: failing });
  const metadataCache = await store.open("n");
  expect(metadataCache.entry("a")).toBeDefined();
  await metadataCache.load(["a"]);
  expect(metadataCache.entry("a")).toBeUndefined();
  metadataCache.add({ name: "a", record: recordOf("a", 1), fetchedAt: 2 });
  await metadataCache.flush();
  expect(warnings.map(({ code }) => code)).toEqual(["ESTORE"]);
  expect(await namesIn(blobs, "n")).toEqual(["a"]);
});

test("a store that does not answer within five seconds counts as empty", async () => {
  const clock = new Clock();
  const blobs = { ...createMemoryStore(), getMany: () => new Promise<never>(() => {}) };
  const { store, warnings } = openTab({ blobs, clock });
  const opening = store.open("n");
  clock.pass(5000);
  expect([...(await opening).names()]).toEqual([]);
  expect(warnings.map(({ code }) => code)).toEqual(["ESTORE"]);
  expect(clock.waiting).toBe(0);
});

test("a record that was transferred before the flush is not stored", async () => {
  const blobs = createMemoryStore();
  const { store, warnings } = openTab({ blobs });
  const metadataCache = await store.open("n");
  const gone = recordOf("a");
  metadataCache.add({ name: "a", record: gone, fetchedAt: 1 });
  metadataCache.add({ name: "b", record: recordOf("b"), fetchedAt: 1 });
  structuredClone(gone, { transfer: [gone.buffer] });
  await metadataCache.flush();
  expect(warnings).toEqual([]);
  expect(await namesIn(blobs, "n")).toEqual(["b"]);
});

test("a change of the memory store applies completely or not at all, and a replacement needs room for one blob only", async () => {
  const blobs = createMemoryStore(10);
  const put = (entries: [string, number][], deletes: string[] = []): Promise<void> =>
    blobs.update("k", () => ({ puts: new Map(entries.map(([key, size]) => [key, new Uint8Array(size)])), deletes }));
  await put([["a", 6]]);
  await expect(
    put([
      ["b", 3],
      ["c", 3],
    ]),
  ).rejects.toMatchObject({ name: "QuotaExceededError" });
  expect(await blobs.keys()).toEqual(["a"]);
  await put([["a", 9]]);
  await put([["b", 10]], ["a"]);
  expect((await blobs.getMany(["a", "b"])).map((blob) => blob?.length)).toEqual([undefined, 10]);
  expect([indexKey("n"), groupKey("n", 3)]).toEqual(["1 i n", "1 g 3 n"]);
});
