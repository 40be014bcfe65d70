import { expect, test } from "vitest";
import { readIndex } from "../../src/metadata-cache/cache-index.ts";
import { groupKey, indexKey, isGroupKey } from "../../src/metadata-cache/keys.ts";
import { createMemoryStore, NO_STORE } from "../../workers/storage/memory-blobs.ts";
import { Clock, counting, openTab } from "./harness.ts";
import { recordOf } from "./records.ts";

const DAY = 86_400_000;
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `p${i}`);

/** Compares bytes. Faster than `toEqual`, which prepares a message. */
const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0;

async function stored(blobs: ReturnType<typeof createMemoryStore>): Promise<string[]> {
  return (await blobs.keys()).filter(isGroupKey);
}

test("a second run reads 2,600 packuments in three transactions and writes nothing", async () => {
  const blobs = createMemoryStore();
  const all = names(2600);
  const first = await openTab({ blobs }).store.open("n");
  for (const name of all) first.add({ name, record: recordOf(name), fetchedAt: 1 });
  await first.flush();
  const { count, ...rest } = counting(blobs);
  const second = await openTab({ blobs: rest }).store.open("n");
  // A resolution learns the names one by one.
  for (const name of all) {
    await second.load([name]);
    if (!isSame(second.get(name)?.record, recordOf(name))) expect.fail(name);
  }
  await second.flush();
  expect(count).toEqual({ read: 3, update: 0, other: 0 });
});

test("all loads of one tick share two transactions, even from many batches", async () => {
  const blobs = createMemoryStore();
  const clock = new Clock();
  for (const name of names(20)) {
    const metadataCache = await openTab({ blobs, clock }).store.open("n");
    metadataCache.add({ name, record: recordOf(name), fetchedAt: 1 });
    await metadataCache.flush();
  }
  const { count, ...rest } = counting(blobs);
  const metadataCache = await openTab({ blobs: rest, clock }).store.open("n");
  await Promise.all(names(20).map((name) => metadataCache.load([name])));
  expect(names(20).every((name) => metadataCache.get(name))).toBe(true);
  // One for the index, one for the first group, one for the others.
  expect(count.read).toBe(3);
});

test.each([
  { by: "in new visits", isOneThread: false },
  { by: "in runs of one thread", isOneThread: true },
])("packuments that a project adds $by join its batch, and small groups are merged", async ({ isOneThread }) => {
  const blobs = createMemoryStore();
  const clock = new Clock();
  const { store } = openTab({ blobs, clock });
  for (let visit = 0; visit < 40; visit++) {
    const { count, ...rest } = counting(blobs);
    const caches = isOneThread ? store : openTab({ blobs: rest, clock }).store;
    const metadataCache = await caches.open("n");
    await metadataCache.load(metadataCache.names());
    expect(count.read).toBeLessThanOrEqual(3);
    for (const name of visit === 0 ? names(200) : [`p${visit}`, ...names(visit % 5).map((name) => `${visit}${name}`)]) {
      metadataCache.add({ name, record: recordOf(name, visit), fetchedAt: clock.now });
    }
    await metadataCache.flush();
    caches.keep("n", metadataCache);
    clock.pass(1000);
  }
  expect((await stored(blobs)).length).toBeLessThan(8);
  const { groups } = readIndex((await blobs.getMany([indexKey("n")]))[0]!)!;
  expect(new Set([...groups.values()].map(({ batch }) => batch)).size).toBe(1);
  const metadataCache = await openTab({ blobs, clock }).store.open("n");
  await metadataCache.load(metadataCache.names());
  expect(metadataCache.get("p39")?.record).toEqual(recordOf("p39", 39));
  expect(metadataCache.get("p0")?.record).toEqual(recordOf("p0", 0));
});

test("a large project does not join the batch of a small one", async () => {
  const blobs = createMemoryStore();
  const clock = new Clock();
  const small = await openTab({ blobs, clock }).store.open("n");
  small.add({ name: "p0", record: recordOf("p0"), fetchedAt: 1 });
  await small.flush();
  const large = await openTab({ blobs, clock }).store.open("n");
  await large.load(["p0"]);
  for (const name of names(50).slice(1)) large.add({ name, record: recordOf(name), fetchedAt: 1 });
  await large.flush();
  const [blob] = await blobs.getMany([indexKey("n")]);
  const { groups, entries } = readIndex(blob!)!;
  expect(groups.get(entries.get("p0")!.group)?.batch).not.toBe(groups.get(entries.get("p1")!.group)?.batch);
});

test("a dead group is deleted, and a half-dead one is rewritten after it was read", async () => {
  const blobs = createMemoryStore();
  const clock = new Clock();
  const group = { records: 4, bytes: 1 << 20 };
  const write = async (changed: string[], edition: number): Promise<void> => {
    const metadataCache = await openTab({ blobs, clock, group }).store.open("n");
    await metadataCache.load(metadataCache.names());
    for (const name of changed)
      metadataCache.add({ name, record: recordOf(name, edition), fetchedAt: clock.now, etag: "e" });
    await metadataCache.flush();
    clock.pass(1000);
  };
  await write(names(8), 0);
  const [first, second] = await stored(blobs);
  await write(["p0", "p1"], 1);
  expect(await stored(blobs)).toEqual(expect.arrayContaining([first, second]));
  await write(["p2"], 2);
  expect(await stored(blobs)).not.toContain(first);
  await write(names(8).slice(4), 3);
  expect(await stored(blobs)).not.toContain(second);
  const metadataCache = await openTab({ blobs, clock, group }).store.open("n");
  await metadataCache.load(names(8));
  const editions = [1, 1, 2, 0, 3, 3, 3, 3];
  expect(names(8).map((name) => metadataCache.get(name)?.record)).toEqual(
    names(8).map((name, i) => recordOf(name, editions[i])),
  );
});

test("a renewed packument is not written again", async () => {
  const blobs = createMemoryStore();
  const clock = new Clock();
  const first = await openTab({ blobs, clock }).store.open("n");
  for (const name of names(3)) first.add({ name, record: recordOf(name), fetchedAt: 1, etag: "a" });
  await first.flush();
  const before = await stored(blobs);
  const second = await openTab({ blobs, clock }).store.open("n");
  second.renew("p0", 5);
  await second.load(["p1"]);
  second.renew("p1", 6, "b");
  second.renew("unknown", 7);
  expect(second.get("p1")).toMatchObject({ fetchedAt: 6, etag: "b" });
  await second.flush();
  const third = await openTab({ blobs, clock }).store.open("n");
  const seen = names(3).map((name) => third.entry(name));
  expect(seen).toMatchObject([
    { fetchedAt: 5, etag: "a" },
    { fetchedAt: 6, etag: "b" },
    { fetchedAt: 1, etag: "a" },
  ]);
  expect(third.entry("unknown")).toBeUndefined();
  expect(await stored(blobs)).toEqual(before);
});

test("an added packument is available at once, also if nothing can be written", async () => {
  const { store, warnings } = openTab({ blobs: NO_STORE });
  const metadataCache = await store.open("n");
  metadataCache.add({ name: "a", record: recordOf("a"), fetchedAt: 3 });
  metadataCache.renew("a", 4);
  await metadataCache.flush();
  expect(metadataCache.get("a")).toEqual({ name: "a", record: recordOf("a"), fetchedAt: 4 });
  expect([...metadataCache.names()]).toEqual(["a"]);
  expect(warnings).toEqual([]);
});

test("each record has its own buffer, so that posting it does not send its whole group", async () => {
  const blobs = createMemoryStore();
  const first = await openTab({ blobs }).store.open("n");
  for (const name of names(9)) first.add({ name, record: recordOf(name), fetchedAt: 1 });
  await first.flush();
  const second = await openTab({ blobs }).store.open("n");
  await second.load(["p3"]);
  expect(second.get("p3")?.record.buffer.byteLength).toBe(recordOf("p3").length);
});

test("a record in shared memory is cached like any other", async () => {
  const blobs = createMemoryStore();
  const record = recordOf("a");
  const shared = new Uint8Array(new SharedArrayBuffer(record.length));
  shared.set(record);
  const first = await openTab({ blobs }).store.open("n");
  first.add({ name: "a", record: shared, fetchedAt: 1 });
  await first.flush();
  const second = await openTab({ blobs }).store.open("n");
  await second.load(["a"]);
  expect(second.get("a")?.record).toEqual(record);
});

test("a record of an old format is missing, and the other records of its group are not", async () => {
  const blobs = createMemoryStore();
  const first = await openTab({ blobs }).store.open("n");
  first.add({ name: "old", record: new Uint8Array([1, 2, 3, 4]), fetchedAt: 1 });
  first.add({ name: "new", record: recordOf("new"), fetchedAt: 1 });
  await first.flush();
  const second = await openTab({ blobs }).store.open("n");
  await second.load(["old", "new"]);
  expect(second.get("old")).toBeUndefined();
  expect(second.entry("old")).toBeUndefined();
  expect(second.get("new")?.record).toEqual(recordOf("new"));
  await second.flush();
  expect([...(await openTab({ blobs }).store.open("n")).names()]).toEqual(["new"]);
});

test("entries of a missing group are misses, and are removed from the index", async () => {
  const blobs = createMemoryStore();
  const first = await openTab({ blobs }).store.open("n");
  for (const name of names(3)) first.add({ name, record: recordOf(name), fetchedAt: 1 });
  await first.flush();
  await blobs.delMany(await stored(blobs));
  const second = await openTab({ blobs }).store.open("n");
  expect(second.entry("p0")).toBeDefined();
  await second.load(names(3));
  expect(names(3).map((name) => second.entry(name))).toEqual([undefined, undefined, undefined]);
  await second.flush();
  expect([...(await openTab({ blobs }).store.open("n")).names()]).toEqual([]);
});

test("namespaces are separate, usage counts all of them, and clear deletes all of them", async () => {
  const blobs = createMemoryStore();
  const { store } = openTab({ blobs });
  for (const namespace of ["full http://a/", "full http://a/ 00ff"]) {
    const metadataCache = await store.open(namespace);
    metadataCache.add({ name: namespace, record: recordOf(namespace), fetchedAt: 1 });
    await metadataCache.flush();
  }
  expect([...(await store.open("full http://a/")).names()]).toEqual(["full http://a/"]);
  const { bytes, ...counts } = await store.usage();
  expect(counts).toEqual({ packuments: 2, namespaces: 2 });
  expect(bytes).toBeGreaterThan(400);
  await store.clear();
  expect(await blobs.keys()).toEqual([]);
  expect(await store.usage()).toEqual({ bytes: 0, packuments: 0, namespaces: 0 });
  expect([...(await store.open("full http://a/")).names()]).toEqual([]);
});

test("the day of the last use is written once a day", async () => {
  const blobs = createMemoryStore();
  const clock = new Clock();
  const first = await openTab({ blobs, clock }).store.open("n");
  first.add({ name: "a", record: recordOf("a"), fetchedAt: 1 });
  await first.flush();
  const visit = async (): Promise<number> => {
    const { count, ...rest } = counting(blobs);
    const metadataCache = await openTab({ blobs: rest, clock }).store.open("n");
    await metadataCache.load(["a"]);
    await metadataCache.flush();
    return count.update;
  };
  expect(await visit()).toBe(0);
  clock.pass(DAY);
  expect(await visit()).toBe(1);
  expect(await visit()).toBe(0);
});

test("a write deletes the groups of any namespace that were not used for 30 days", async () => {
  const blobs = createMemoryStore();
  const clock = new Clock();
  const write = async (namespace: string): Promise<void> => {
    const metadataCache = await openTab({ blobs, clock }).store.open(namespace);
    metadataCache.add({ name: "a", record: recordOf("a"), fetchedAt: clock.now });
    await metadataCache.flush();
  };
  await write("gone");
  clock.pass(10 * DAY);
  await write("there");
  clock.pass(21 * DAY);
  await write("new");
  const { store } = openTab({ blobs, clock });
  expect([...(await store.open("gone")).names()]).toEqual([]);
  expect([...(await store.open("there")).names()]).toEqual(["a"]);
  expect((await store.usage()).namespaces).toBe(2);
});

test("a packument that is fetched again replaces the stored one, even if the clock was set back", async () => {
  const blobs = createMemoryStore();
  for (const fetchedAt of [100, 50]) {
    const metadataCache = await openTab({ blobs }).store.open("n");
    metadataCache.add({ name: "a", record: recordOf("a", fetchedAt), fetchedAt });
    await metadataCache.flush();
  }
  const metadataCache = await openTab({ blobs }).store.open("n");
  await metadataCache.load(["a"]);
  expect(metadataCache.get("a")).toMatchObject({ fetchedAt: 50, record: recordOf("a", 50) });
});

test("blobs of another format are neither read nor changed", async () => {
  const blobs = createMemoryStore();
  const key = `2${indexKey("n").slice(1)}`;
  await blobs.update(key, () => ({ puts: new Map([[key, new Uint8Array(8)]]), deletes: [] }));
  const metadataCache = await openTab({ blobs }).store.open("n");
  expect([...metadataCache.names()]).toEqual([]);
  metadataCache.add({ name: "a", record: recordOf("a"), fetchedAt: 1 });
  await metadataCache.flush();
  expect(await blobs.keys()).toContain(key);
});

test("groups that no index names are deleted", async () => {
  const blobs = createMemoryStore();
  const orphan = groupKey("n", 5);
  await blobs.update(orphan, () => ({ puts: new Map([[orphan, new Uint8Array(8)]]), deletes: [] }));
  const metadataCache = await openTab({ blobs }).store.open("other");
  metadataCache.add({ name: "a", record: recordOf("a"), fetchedAt: 1 });
  await metadataCache.flush();
  expect(await blobs.keys()).not.toContain(orphan);
});

test("a thread's next run reads only the index if it needs the packuments of its last run", async () => {
  const blobs = createMemoryStore();
  const all = names(300);
  const writer = await openTab({ blobs }).store.open("n");
  for (const name of all) writer.add({ name, record: recordOf(name), fetchedAt: 1, etag: "old" });
  await writer.flush();
  const { count, ...rest } = counting(blobs);
  const { store } = openTab({ blobs: rest });
  for (let run = 0; run < 3; run++) {
    const metadataCache = await store.open("n");
    await metadataCache.load(all);
    for (const name of all) expect(isSame(metadataCache.get(name)?.record, recordOf(name))).toBe(true);
    await metadataCache.flush();
    store.keep("n", metadataCache);
  }
  // Index, first group and other groups; then two indexes.
  expect(count).toEqual({ read: 5, update: 0, other: 0 });
});

test("a thread's next run does not use records that another tab has replaced, confirmed or deleted", async () => {
  const blobs = createMemoryStore();
  const clock = new Clock();
  const add = async (name: string, version: number, fetchedAt: number): Promise<void> => {
    const metadataCache = await openTab({ blobs, clock }).store.open("n");
    metadataCache.add({ name, record: recordOf(name, version), fetchedAt });
    await metadataCache.flush();
  };
  for (const name of ["replaced", "confirmed", "unchanged"]) await add(name, 1, 1);
  const { store } = openTab({ blobs, clock });
  const run = async (): Promise<(string | number | undefined)[][]> => {
    const metadataCache = await store.open("n");
    await metadataCache.load(["replaced", "confirmed", "unchanged"]);
    store.keep("n", metadataCache);
    return ["replaced", "confirmed", "unchanged"].map((name) => {
      const packument = metadataCache.get(name);
      const version = [1, 2].find((each) => isSame(packument?.record, recordOf(name, each)));
      return [name, version, packument?.fetchedAt, packument?.etag];
    });
  };
  expect((await run()).map((row) => row.slice(1))).toEqual(Array(3).fill([1, 1, undefined]));
  await add("replaced", 2, 5);
  const other = await openTab({ blobs, clock }).store.open("n");
  await other.load(["confirmed"]);
  other.renew("confirmed", 9, "new");
  await other.flush();
  expect(await run()).toEqual([
    ["replaced", 2, 5, undefined],
    ["confirmed", 1, 9, "new"],
    ["unchanged", 1, 1, undefined],
  ]);
  await openTab({ blobs, clock }).store.clear();
  expect((await run()).map(([, version]) => version)).toEqual([undefined, undefined, undefined]);
  await store.clear();
});

test("a record whose bytes a caller has transferred is read again by the thread's next run", async () => {
  const { store } = openTab({ blobs: createMemoryStore() });
  const first = await store.open("n");
  first.add({ name: "a", record: recordOf("a"), fetchedAt: 1 });
  await first.flush();
  for (let run = 0; run < 2; run++) {
    const metadataCache = await store.open("n");
    await metadataCache.load(["a"]);
    const record = metadataCache.get("a")?.record;
    expect(record).toEqual(recordOf("a"));
    structuredClone(record, { transfer: [record!.buffer] });
    store.keep("n", metadataCache);
  }
});
