import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createIdbStore } from "../../workers/storage/idb-blobs.ts";
import { openPackCache } from "../../workers/storage/open-pack-cache.ts";
import { countingTransactions, createForeignDatabase, deleteDatabase } from "../support/idb.ts";
import { aliasOf, install, integrityOf, type Order, packOf, type Report, wholeOnes } from "./page.ts";

// Runs with the real IndexedDB. A worker plays another tab.

let database = "";
let tests = 0;

beforeEach(() => {
  database = `test-packs-${Date.now()}-${tests++}`;
});

afterEach(async () => {
  vi.restoreAllMocks();
  if (database) await deleteDatabase(database);
});

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function open(warnings: string[] = []) {
  return openPackCache({ database, warn: ({ code, message }) => warnings.push(`${code} ${message}`) });
}

function otherTab(order: Order): { worker: Worker; done: Promise<Report> } {
  const worker = new Worker(new URL("./page.ts", import.meta.url), { type: "module" });
  const done = new Promise<Report>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Report>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.postMessage(order);
  return { worker, done };
}

test("another page finds 1,317 packs in two transactions, and reads 16 MB in each further one", async () => {
  const size = 20_000;
  await install({ database, from: 0, to: 1317, size });
  const warnings: string[] = [];
  const packCache = open(warnings);
  await countingTransactions(async (count) => {
    expect((await packCache.find([...upTo(1317).map(integrityOf), aliasOf(7)])).size).toBe(1318);
    expect(count()).toBe(2);
    const read = await packCache.read(upTo(1317).map(integrityOf));
    expect([...read.values()].map(({ length }) => length)).toEqual(upTo(1317).map(() => size));
    expect(count()).toBe(4);
    // The packs were written today, so their last use is not written again.
    await packCache.flush();
    expect(count()).toBe(4);
  });
  expect(await wholeOnes(packCache, upTo(100), size)).toEqual(upTo(100));
  expect(await packCache.usage()).toMatchObject({ packs: 1317 });
  await packCache.close();
  expect(warnings).toEqual([]);
});

test("if several tabs install the same packs at once, each pack is stored once", async () => {
  const size = 50_000;
  const orders = [0, 50, 100].map((from) => ({ database, from, to: from + 150, size }));
  const others = orders.map(otherTab);
  const reports = await Promise.all([...others.map(({ done }) => done), install(orders[0]!)]);
  for (const { worker } of others) worker.terminate();
  expect(reports.flatMap(({ warnings }) => warnings)).toEqual([]);
  const packCache = open();
  expect(await wholeOnes(packCache, upTo(250), size)).toEqual(upTo(250));
  await packCache.close();
  const blobs = createIdbStore(database);
  expect((await blobs.keys()).filter((key) => key.startsWith("1 p"))).toHaveLength(250);
  blobs.close();
});

test("a tab that closes during a flush leaves whole batches, and the next tab adds the rest", async () => {
  // There are two batches: 17 packs of 1 MB, and the rest.
  const order = { database, from: 0, to: 30, size: 1e6 };
  for (const milliseconds of [20, 100, 200, 400, 700, 2000]) {
    const { worker, done } = otherTab(order);
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
    worker.terminate();
    const packCache = open();
    const found = await wholeOnes(packCache, upTo(30), 1e6);
    expect([0, 17, 30]).toContain(found.length);
    expect(found).toEqual(upTo(found.length));
    await packCache.clear();
    await packCache.close();
  }
  expect((await install(order)).warnings).toEqual([]);
  expect((await install(order)).found).toEqual(upTo(30));
});

test("damaged blobs are misses, and the next install repairs them", async () => {
  const size = 30_000;
  await install({ database, from: 0, to: 20, size });
  const blobs = createIdbStore(database);
  const keys = await blobs.keys();
  const pack = keys.find((key) => /^1 p \d+ 3$/.test(key))!;
  await blobs.update(pack, (old) => ({ puts: new Map([[pack, old!.map((byte) => byte ^ 1)]]), deletes: [] }));
  const other = keys.find((key) => /^1 p \d+ 4$/.test(key))!;
  await blobs.update(other, () => ({ puts: new Map([[other, "text" as unknown as Uint8Array]]), deletes: [] }));
  const expected = upTo(20).filter((number) => number !== 3 && number !== 4);
  expect((await install({ database, from: 0, to: 20, size })).found).toEqual(expected);
  expect((await install({ database, from: 0, to: 20, size })).found).toEqual(upTo(20));
  const list = (await blobs.keys()).find((key) => key.startsWith("1 i"))!;
  await blobs.delMany([list]);
  const healed = await install({ database, from: 0, to: 20, size });
  expect(healed.found).toHaveLength(2);
  expect((await install({ database, from: 0, to: 20, size })).found).toEqual(upTo(20));
  expect((await blobs.keys()).filter((key) => key.startsWith("1 p"))).toHaveLength(20);
  blobs.close();
});

test("a deleted database is created again, and a foreign one causes one warning", async () => {
  const packCache = open();
  packCache.add(packOf(1, 1000));
  await packCache.flush();
  // The open cache does not block the deletion.
  await deleteDatabase(database);
  expect(await wholeOnes(packCache, [1], 1000)).toEqual([]);
  packCache.add(packOf(2, 1000));
  await packCache.flush();
  expect(await wholeOnes(packCache, [2], 1000)).toEqual([2]);
  await packCache.close();
  await deleteDatabase(database);
  await createForeignDatabase(database);
  const warnings: string[] = [];
  const refused = open(warnings);
  refused.add(packOf(1, 1000));
  await refused.flush();
  expect(await wholeOnes(refused, [1], 1000)).toEqual([]);
  await refused.close();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^ESTORE .*NotFoundError/);
  database = "";
});

test("the default budget is half of the browser's quota", async () => {
  vi.spyOn(navigator.storage, "estimate").mockResolvedValue({ quota: 1_000_000 });
  const order = { database, size: 100_000 };
  for (const from of [0, 4, 8]) {
    const { warnings, usage } = await install({ ...order, from, to: from + 4 });
    expect(warnings).toEqual([]);
    expect(usage.packs).toBe(4);
  }
  expect((await install({ ...order, from: 20, to: 26 })).warnings).toEqual(["ESTOREFULL"]);
});
