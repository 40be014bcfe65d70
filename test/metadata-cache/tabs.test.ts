import fc from "fast-check";
import { expect, test } from "vitest";
import type { BlobStore } from "../../src/blobs/blob-store.ts";
import type { MetadataCache } from "../../src/metadata-cache/metadata-cache.ts";
import { createMemoryStore } from "../../workers/storage/memory-blobs.ts";
import { Clock, fakeLocks, openTab, type Tab } from "./harness.ts";
import { recordOf } from "./records.ts";

// Runs two tabs over one store, with their transactions in any order.

type Step = { do: "open" | "flush" } | { do: "keep" | "load" | "renew"; name: string };

const NAMES = ["a", "b", "c", "d", "e", "f"];
const name = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ do: "open" } as const) },
  { weight: 2, arbitrary: fc.constant({ do: "flush" } as const) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("keep", "load", "renew"), name }) },
);
const steps = fc.array(step, { minLength: 1, maxLength: 14 });

/** Wraps a store so that the scheduler decides when each transaction runs. */
function scheduled(blobs: BlobStore, scheduler: fc.Scheduler): BlobStore {
  const later = <T>(work: () => Promise<T>): Promise<T> =>
    scheduler.schedule(Promise.resolve(), "transaction").then(work);
  return {
    ...blobs,
    getMany: (keys) => later(() => blobs.getMany(keys)),
    update: (key, change) => later(() => blobs.update(key, change)),
    keys: () => later(() => blobs.keys()),
    delMany: (keys) => later(() => blobs.delMany(keys)),
  };
}

/** For each name the packuments that were added and renewed, in order. */
type Model = Map<string, { etag: string; at: number; added: boolean }[]>;

class Actor {
  readonly tab: Tab;
  readonly #clock: Clock;
  readonly #model: Model;
  #metadataCache: MetadataCache | undefined;

  constructor(tab: Tab, clock: Clock, model: Model) {
    this.tab = tab;
    this.#clock = clock;
    this.#model = model;
  }

  async run(plan: readonly Step[]): Promise<void> {
    for (const one of [{ do: "open" } as const, ...plan, { do: "flush" } as const]) await this.#step(one);
  }

  async #step(one: Step): Promise<void> {
    this.#clock.now++;
    switch (one.do) {
      case "open":
        await this.#metadataCache?.flush();
        this.#metadataCache = await this.tab.store.open("n");
        return;
      case "flush":
        return await this.#metadataCache?.flush();
      case "load":
        await this.#metadataCache?.load([one.name]);
        return this.#look(one.name);
      case "renew": {
        const etag = this.#metadataCache?.entry(one.name)?.etag;
        if (etag !== undefined) this.#note(one.name, { etag, at: this.#clock.now, added: false });
        return this.#metadataCache?.renew(one.name, this.#clock.now);
      }
      case "keep": {
        const at = this.#clock.now;
        this.#note(one.name, { etag: `${at}`, at, added: true });
        this.#metadataCache?.add({ name: one.name, record: recordOf(one.name, at, 20), fetchedAt: at, etag: `${at}` });
        return;
      }
      default:
        one satisfies never;
    }
  }

  #note(about: string, what: { etag: string; at: number; added: boolean }): void {
    this.#model.set(about, [...(this.#model.get(about) ?? []), what]);
  }

  /** Checks that the record under a name is the one that was added with its etag. */
  #look(name: string): void {
    const found = this.#metadataCache?.get(name);
    if (found) expect(found.record).toEqual(recordOf(name, Number(found.etag), 20));
  }
}

test.each([true, false])(
  "no tab loses another tab's entries, and the newest entry wins (locks: %s)",
  async (locking) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), steps, steps, async (scheduler, one, two) => {
        const blobs = createMemoryStore();
        const clock = new Clock();
        const model: Model = new Map();
        const shared = { blobs: scheduled(blobs, scheduler), clock, group: { records: 2, bytes: 1000 } };
        const tabs = [one, two].map((plan) => {
          const actor = new Actor(openTab(locking ? { ...shared, locks } : shared), clock, model);
          return { actor, done: actor.run(plan) };
        });
        await scheduler.waitFor(Promise.all(tabs.map(({ done }) => done)));
        expect(tabs.flatMap(({ actor }) => actor.tab.warnings)).toEqual([]);
        const metadataCache = await openTab({ blobs, clock }).store.open("n");
        await metadataCache.load(NAMES);
        for (const known of NAMES) {
          // The last one that was added, or a later renewal by a tab that had not seen it.
          const history = model.get(known) ?? [];
          const last = history.findLastIndex(({ added }) => added);
          const found = metadataCache.get(known);
          if (last < 0) expect(found).toBeUndefined();
          else expect(history.slice(last).map(({ etag }) => etag)).toContain(found?.etag);
          if (found) expect(found.record).toEqual(recordOf(known, Number(found.etag), 20));
        }
        expect(locks.held()).toEqual([]);
      }),
      { numRuns: 200 },
    );
  },
);

const locks = fakeLocks();

test("a tab that waited for another tab's flush finds its packuments", async () => {
  const shared = { blobs: createMemoryStore(), locks: fakeLocks() };
  let fetched = 0;
  const resolve = async (): Promise<void> => {
    const { store } = openTab(shared);
    let metadataCache = await store.open("n");
    const lock = await store.lock("n");
    if (lock.waited) metadataCache = await store.open("n");
    for (const one of NAMES) {
      if (metadataCache.entry(one)) continue;
      fetched++;
      await Promise.resolve();
      metadataCache.add({ name: one, record: recordOf(one), fetchedAt: 1 });
    }
    await metadataCache.flush();
    lock.release();
  };
  await Promise.all([resolve(), resolve(), resolve()]);
  expect(fetched).toBe(NAMES.length);
  expect(shared.locks.held()).toEqual([]);
});

test("a record that moves to another group keeps a renewal by another tab", async () => {
  const shared = { blobs: createMemoryStore(), clock: new Clock() };
  const [one, two] = [openTab(shared).store, openTab(shared).store];
  const first = await one.open("n");
  first.add({ name: "a", record: recordOf("a"), fetchedAt: 1, etag: "old" });
  await first.flush();
  const moving = await one.open("n");
  await moving.load(["a"]);
  const renewing = await two.open("n");
  renewing.renew("a", 9, "new");
  await renewing.flush();
  moving.add({ name: "b", record: recordOf("b"), fetchedAt: 2 });
  await moving.flush();
  const last = await two.open("n");
  expect(last.entry("a")).toMatchObject({ fetchedAt: 9, etag: "new" });
  expect((await shared.blobs.keys()).filter((key) => key.startsWith("1 g"))).toHaveLength(1);
});

test("changes that are made during a flush are not lost", async () => {
  const shared = { blobs: createMemoryStore(), clock: new Clock() };
  const { store } = openTab(shared);
  const first = await store.open("n");
  first.add({ name: "a", record: recordOf("a"), fetchedAt: 1 });
  await first.flush();
  const metadataCache = await store.open("n");
  metadataCache.add({ name: "b", record: recordOf("b"), fetchedAt: 2 });
  const flushing = metadataCache.flush();
  await Promise.resolve();
  metadataCache.renew("a", 9);
  metadataCache.add({ name: "c", record: recordOf("c"), fetchedAt: 3 });
  await flushing;
  expect(metadataCache.entry("a")?.fetchedAt).toBe(9);
  await metadataCache.flush();
  const last = await store.open("n");
  expect(["a", "b", "c"].map((one) => last.entry(one)?.fetchedAt)).toEqual([9, 2, 3]);
});
