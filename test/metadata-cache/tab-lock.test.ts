import { expect, test } from "vitest";
import type { Locks } from "../../src/metadata-cache/ports.ts";
import { createMemoryStore } from "../../workers/storage/memory-blobs.ts";
import { Clock, fakeLocks, openTab } from "./harness.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Whether it is settled after all that can happen without the clock has happened. */
async function isOpen(work: Promise<unknown>): Promise<boolean> {
  await turn();
  return Promise.race([work.then(() => false), turn().then(() => true)]);
}

const blobs = createMemoryStore();

test("one has a namespace's claim at a time; another namespace's is another", async () => {
  const shared = { blobs, clock: new Clock(), locks: fakeLocks() };
  const [one, two] = [openTab(shared).store, openTab(shared).store];
  const first = await one.claim("n");
  expect(first.waited).toBe(false);
  expect((await two.claim("m")).waited).toBe(false);
  const second = two.claim("n");
  expect(await isOpen(second)).toBe(true);
  first.release();
  first.release();
  expect((await second).waited).toBe(true);
  expect(shared.clock.waiting).toBe(0);
  const third = one.claim("n");
  expect(await isOpen(third)).toBe(true);
  (await second).release();
  (await third).release();
});

test("patience ends, and what comes later is not kept from others", async () => {
  const shared = { blobs, clock: new Clock(), locks: fakeLocks() };
  const { store } = openTab(shared);
  const first = await store.claim("n");
  const second = store.claim("n", { wait: 500 });
  const third = store.claim("n");
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

test("who is cancelled while waiting hears why, and holds nothing", async () => {
  const shared = { blobs, clock: new Clock(), locks: fakeLocks() };
  const { store } = openTab(shared);
  const first = await store.claim("n");
  const { signal, abort } = ((controller) => ({
    signal: controller.signal,
    abort: () => controller.abort(new Error("enough")),
  }))(new AbortController());
  const second = store.claim("n", { signal });
  const outcome = expect(second).rejects.toThrow("enough");
  await turn();
  abort();
  await outcome;
  first.release();
  await turn();
  expect(shared.locks.held()).toEqual([]);
  expect(shared.clock.waiting).toBe(0);
  await expect(store.claim("n", { signal })).rejects.toThrow("enough");
  // Aborted while the first question is under way.
  const late = new AbortController();
  const third = store.claim("n", { signal: late.signal });
  late.abort(new Error("late"));
  await expect(third).rejects.toThrow("late");
  await turn();
  expect(shared.locks.held()).toEqual([]);
});

test("without locks, or where they are refused, one has it at once", async () => {
  const refusing: Locks = { request: () => Promise.reject(new DOMException("opaque origin", "SecurityError")) };
  for (const shared of [{ blobs }, { blobs, locks: refusing }]) {
    const { store, warnings } = openTab(shared);
    const claims = [await store.claim("n"), await store.claim("n")];
    expect(claims.map(({ waited }) => waited)).toEqual([false, false]);
    for (const claim of claims) claim.release();
    expect(warnings).toEqual([]);
  }
});
