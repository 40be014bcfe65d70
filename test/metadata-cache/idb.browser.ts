import { afterEach, beforeEach, expect, test } from "vitest";
import { createIdbStore } from "../../workers/storage/idb-blobs.ts";
import { countingTransactions, createForeignDatabase, deleteDatabase } from "../support/idb.ts";
import { recordOf } from "./records.ts";
import { browserStore, type Order, type Report, resolveOnce } from "./worker.ts";

// Runs with the real IndexedDB, Web Locks and streams. A worker plays another tab.

let database = "";
let warnings: string[] = [];
let tests = 0;

beforeEach(() => {
  database = `test-${Date.now()}-${tests++}`;
  warnings = [];
});

afterEach(async () => {
  expect(warnings).toEqual([]);
  if (database) await deleteDatabase(database);
});

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `p${i}`);

/** Runs an order in a worker, which stands for another tab. */
async function inOtherThread(order: Order): Promise<Report> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<Report>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Report>) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(order);
    });
  } finally {
    worker.terminate();
  }
}

test("a second page reads 2,600 packuments in three transactions", async () => {
  const all = names(2600);
  const first = browserStore(database, warnings);
  const writing = await first.open("n");
  for (const name of all) writing.add({ name, record: recordOf(name, 0, 2000), fetchedAt: 5, etag: name });
  await writing.flush();
  const second = browserStore(database, warnings);
  await countingTransactions(async (count) => {
    const metadataCache = await second.open("n");
    for (const name of all) {
      await metadataCache.load([name]);
      const { record, etag } = metadataCache.get(name) ?? {};
      if (etag !== name || record?.join() !== recordOf(name, 0, 2000).join()) expect.fail(name);
    }
    await metadataCache.flush();
    expect(count()).toBe(3);
  });
  const { bytes, ...counts } = await second.usage();
  expect(counts).toEqual({ packuments: 2600, namespaces: 1 });
  expect(bytes).toBeGreaterThan(2600 * 2000);
  await second.clear();
  expect(await second.usage()).toEqual({ bytes: 0, packuments: 0, namespaces: 0 });
  first.close();
  second.close();
});

test("if several tabs need the same packuments at once, each packument is fetched once", async () => {
  const order = { database, namespace: "n", names: names(300), edition: 1 };
  const store = browserStore(database, warnings);
  const lock = await store.lock("n");
  const others = [inOtherThread(order), inOtherThread(order), resolveOnce(order)];
  // Wait until all of them wait for the lock.
  while (((await navigator.locks.query()).pending ?? []).length < 3)
    await new Promise((resolve) => setTimeout(resolve, 5));
  lock.release();
  const reports = await Promise.all(others);
  expect(reports.flatMap((report) => report.warnings)).toEqual([]);
  expect(reports.flatMap((report) => report.fetched).sort()).toEqual(names(300).sort());
  expect(reports.map(({ waited }) => waited)).toEqual([true, true, true]);
});

test("tabs that write at once do not overwrite each other", async () => {
  const metadataCaches = await Promise.all(
    names(6).map(async (own) => {
      const store = browserStore(database, warnings);
      return { own, store, metadataCache: await store.open("n") };
    }),
  );
  const others = [1, 2].map((i) => inOtherThread({ database, namespace: "n", names: [`w${i}`], edition: i }));
  await Promise.all(
    metadataCaches.map(async ({ own, metadataCache }) => {
      for (let i = 0; i < 5; i++) {
        metadataCache.add({ name: `${own}-${i}`, record: recordOf(own, i), fetchedAt: i });
        await metadataCache.flush();
      }
    }),
  );
  await Promise.all(others);
  const last = browserStore(database, warnings);
  const metadataCache = await last.open("n");
  expect([...metadataCache.names()]).toHaveLength(6 * 5 + 2);
  await metadataCache.load(metadataCache.names());
  expect(metadataCache.get("p3-4")?.record).toEqual(recordOf("p3", 4));
  expect(metadataCache.get("w2")?.record).toEqual(recordOf("w2", 2));
  for (const { store } of [...metadataCaches, { store: last }]) store.close();
});

test("an iframe of the same origin waits for the page's lock", async () => {
  const frame = document.createElement("iframe");
  document.body.append(frame);
  const store = browserStore(database, warnings);
  const lock = await store.lock("n");
  const { locks } = frame.contentWindow!.navigator;
  const order: string[] = [];
  const theirs = locks.request("webhoist fetch n", async () => void order.push("theirs"));
  await new Promise((resolve) => setTimeout(resolve));
  order.push("ours");
  lock.release();
  await theirs;
  expect(order).toEqual(["ours", "theirs"]);
  frame.remove();
});

test("a change of a blob store applies completely or not at all", async () => {
  const blobs = createIdbStore(database);
  const put = (key: string, size: number) => ({ puts: new Map([[key, new Uint8Array(size).fill(7)]]), deletes: [] });
  await blobs.update("a", () => put("a", 3));
  const broken = new Error("in the middle");
  const half = blobs.update("a", (old) => {
    expect(old).toEqual(new Uint8Array([7, 7, 7]));
    const entries = new Map([["b", new Uint8Array(1)]]);
    return {
      deletes: ["a"],
      get puts(): Map<string, Uint8Array> {
        return entries.size === 0 ? entries : failing(entries);
      },
    };
  });
  function* some(entries: Map<string, Uint8Array>): Generator<[string, Uint8Array]> {
    yield* entries;
    throw broken;
  }
  function failing(entries: Map<string, Uint8Array>): Map<string, Uint8Array> {
    return Object.assign(new Map(entries), { [Symbol.iterator]: () => some(entries) });
  }
  await expect(half).rejects.toBe(broken);
  expect(await blobs.keys()).toEqual(["a"]);
  expect(await blobs.getMany(["a", "b"])).toEqual([new Uint8Array([7, 7, 7]), undefined]);
  await blobs.delMany(["a"]);
  expect(await blobs.keys()).toEqual([]);
  blobs.close();
  // The next use opens the store again.
  await blobs.update("c", () => put("c", 1));
  expect(await blobs.keys()).toEqual(["c"]);
  await blobs.clear();
  expect(await blobs.keys()).toEqual([]);
  blobs.close();
});

test("a value that is not bytes counts as missing", async () => {
  const blobs = createIdbStore(database);
  await blobs.update("a", () => ({ puts: new Map([["a", "text" as unknown as Uint8Array]]), deletes: [] }));
  expect(await blobs.getMany(["a"])).toEqual([undefined]);
  await blobs.update("a", (old) => {
    expect(old).toBeUndefined();
    return { puts: new Map(), deletes: [] };
  });
  blobs.close();
});

test("a foreign database of the same name causes one warning and no failure", async () => {
  await createForeignDatabase(database);
  const said: string[] = [];
  const store = browserStore(database, said);
  const metadataCache = await store.open("n");
  metadataCache.add({ name: "a", record: recordOf("a"), fetchedAt: 1 });
  await metadataCache.flush();
  expect(metadataCache.get("a")?.record).toEqual(recordOf("a"));
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/^ESTORE .*NotFoundError/);
  database = "";
});

test("a database can be deleted while a store is open, and the store then opens a new one", async () => {
  const blobs = createIdbStore(database);
  const put = () => ({ puts: new Map([["a", new Uint8Array(1)]]), deletes: [] });
  await blobs.update("a", put);
  await deleteDatabase(database);
  expect(await blobs.keys()).toEqual([]);
  await blobs.update("a", put);
  const last = blobs.keys();
  blobs.close();
  expect(await last).toEqual(["a"]);
});
