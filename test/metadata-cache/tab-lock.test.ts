import { expect, test } from "vitest";
import type { TabLocks } from "../../src/metadata-cache/tab-lock.ts";
import { createMemoryStore } from "../../workers/storage/memory-blobs.ts";
import { Clock, fakeLocks, openTab } from "./harness.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Checks that `work` is still pending after everything that can happen without the clock. */
async function isOpen(work: Promise<unknown>): Promise<boolean> {
  await turn();
  return Promise.race([work.then(() => false), turn().then(() => true)]);
}

const blobs = createMemoryStore();

test("one tab at a time holds the lock of a namespace, and namespaces have separate locks", async () => {
  const shared = { blobs, clock: new Clock(), locks: fakeLocks() };
  const [one, two] = [openTab(shared).store, openTab(shared).store];
  const first = await one.lock("n");
  expect(first.waited).toBe(false);
  expect((await two.lock("m")).waited).toBe(false);
  const second = two.lock("n");
  expect(await isOpen(second)).toBe(true);
  first.release();
  first.release();
  expect((await second).waited).toBe(true);
  expect(shared.clock.waiting).toBe(0);
  const third = one.lock("n");
  expect(await isOpen(third)).toBe(true);
  (await second).release();
  (await third).release();
});

test("the wait is limited, and a lock that is granted later is not kept", async () => {
  const shared = { blobs, clock: new Clock(), locks: fakeLocks() };
  const { store } = openTab(shared);
  const first = await store.lock("n");
  const second = store.lock("n", { wait: 500 });
  const third = store.lock("n");
  await turn();
  shared.clock.pass(499);
  expect(await isOpen(second)).toBe(true);
  shared.clock.pass(1);
  expect((await second).waited).toBe(true);
  expect(await isOpen(third)).toBe(true);
  shared.clock.pass(9_500);
  expect((await third).waited).toBe(true);
  first.release();
  await turn();
  expect(shared.locks.held()).toEqual([]);
  (await second).release();
});

test("a wait that is cancelled rejects with the reason and holds no lock", async () => {
  const shared = { blobs, clock: new Clock(), locks: fakeLocks() };
  const { store } = openTab(shared);
  const first = await store.lock("n");
  const { signal, abort } = ((controller) => ({
    signal: controller.signal,
    abort: () => controller.abort(new Error("enough")),
  }))(new AbortController());
  const second = store.lock("n", { signal });
  const outcome = expect(second).rejects.toThrow("enough");
  await turn();
  abort();
  await outcome;
  first.release();
  await turn();
  expect(shared.locks.held()).toEqual([]);
  expect(shared.clock.waiting).toBe(0);
  await expect(store.lock("n", { signal })).rejects.toThrow("enough");
  // Abort during the first request.
  const late = new AbortController();
  const third = store.lock("n", { signal: late.signal });
  late.abort(new Error("late"));
  await expect(third).rejects.toThrow("late");
  await turn();
  expect(shared.locks.held()).toEqual([]);
});

test("without locks, or if they are refused, no tab waits", async () => {
  const refusing: TabLocks = { request: () => Promise.reject(new DOMException("opaque origin", "SecurityError")) };
  for (const shared of [{ blobs }, { blobs, locks: refusing }]) {
    const { store, warnings } = openTab(shared);
    const acquired = [await store.lock("n"), await store.lock("n")];
    expect(acquired.map(({ waited }) => waited)).toEqual([false, false]);
    for (const lock of acquired) lock.release();
    expect(warnings).toEqual([]);
  }
});
