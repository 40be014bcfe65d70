import fc from "fast-check";
import { expect, test } from "vitest";
import type { BlobStore } from "../../src/blobs/blob-store.ts";
import {
  DIRECTORY,
  emptyDirectory,
  fingerprintOf,
  listKey,
  packBlobKey,
  readDirectory,
  seekPointsKey,
} from "../../src/pack-cache/directory.ts";
import { readList, writeList } from "../../src/pack-cache/pack-list.ts";
import { createMemoryStore } from "../../workers/storage/memory-blobs.ts";
import { Clock } from "../metadata-cache/harness.ts";
import { type MadePack, openTab, packOf, stateOf, type Tab, whileTimePasses } from "./harness.ts";

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];
const SIZE = 120;
/** Bytes of three packs. */
const BATCH = 3 * SIZE;

type Fault = "quota" | "abort" | "dies before" | "dies after";

type Step =
  | { do: "install"; names: string[] }
  | { do: "flush" | "reopen" | "day" }
  | { do: "damage"; name: string }
  /** Fails the store's operation after `after` others. */
  | { do: "fault"; fault: Fault; after: number };

const names = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 5 });

function steps(...faults: Fault[]): fc.Arbitrary<Step[]> {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: names.map((some) => ({ do: "install", names: some }) as const) },
    { weight: 3, arbitrary: fc.constantFrom("flush", "reopen", "day").map((what) => ({ do: what }) as const) },
    { weight: 1, arbitrary: fc.constantFrom(...NAMES).map((name) => ({ do: "damage", name }) as const) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("fault" as const),
        fault: fc.constantFrom(...faults),
        after: fc.nat({ max: 6 }),
      }),
    },
  );
  return fc.array(step, { minLength: 1, maxLength: 14 });
}

/** A page's access to the store. One operation may fail, or the page may die in it. */
class Access {
  readonly blobs: BlobStore;
  fault: { kind: Fault; after: number } | undefined;
  isDead = false;
  readonly died: Promise<void>;
  #die: () => void = () => {};

  constructor(blobs: BlobStore) {
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
    const via =
      <A extends unknown[], T>(work: (...given: A) => Promise<T>) =>
      (...given: A): Promise<T> =>
        this.#pass(() => work(...given));
    this.blobs = {
      getMany: via(blobs.getMany),
      update: via(blobs.update),
      keys: via(blobs.keys),
      delMany: via(blobs.delMany),
      clear: via(blobs.clear),
      close() {},
    };
  }

  async #pass<T>(work: () => Promise<T>): Promise<T> {
    const never = new Promise<never>(() => {});
    if (this.isDead) return await never;
    const { fault } = this;
    if (!fault || fault.after-- > 0) return await work();
    this.fault = undefined;
    if (fault.kind === "quota") throw new DOMException("full", "QuotaExceededError");
    if (fault.kind === "abort") throw new DOMException("aborted", "AbortError");
    if (fault.kind === "dies after") await work();
    this.isDead = true;
    this.#die();
    return await never;
  }
}

class Simulation {
  readonly blobs: BlobStore;
  readonly clock = new Clock();
  readonly budget: number;
  access!: Access;
  tab!: Tab;
  /** Packs that are certainly stored. `pending` are the packs that were added since, in order. */
  stored = new Set<string>();
  pending: string[] = [];

  constructor(blobs: BlobStore, budget = 1e9) {
    this.blobs = blobs;
    this.budget = budget;
    this.open();
  }

  open(): void {
    this.access = new Access(this.blobs);
    this.tab = openTab({ blobs: this.access.blobs, clock: this.clock, budget: this.budget, batch: BATCH });
  }

  /** Runs work. Returns false if the page died. */
  async within(work: Promise<unknown>): Promise<boolean> {
    await whileTimePasses(Promise.race([work, this.access.died]), this.clock);
    return !this.access.isDead;
  }

  async step(one: Step): Promise<boolean> {
    this.clock.now++;
    switch (one.do) {
      case "install":
        return await this.within(this.#install(one.names));
      case "flush":
        return await this.#flush();
      case "reopen": {
        const lives = await this.#flush();
        if (lives) this.open();
        return lives;
      }
      case "day":
        this.clock.pass(86_400_000);
        return true;
      case "fault":
        this.access.fault = { kind: one.fault, after: one.after };
        return true;
      case "damage":
        return (await this.#flush()) && (await this.#damage(one.name));
      default:
        return one satisfies never;
    }
  }

  async #flush(): Promise<boolean> {
    const lives = await this.within(this.tab.packCache.flush());
    if (lives) {
      for (const name of this.pending) this.stored.add(name);
      this.pending = [];
    }
    return lives;
  }

  /** Acts like an install: adds the packs that are missing or unreadable. */
  async #install(some: readonly string[]): Promise<void> {
    const { packCache } = this.tab;
    const { access } = this;
    const packs = some.map((name) => ({ name, pack: packOf(name, 100) }));
    const found = await packCache.find(packs.map(({ pack }) => pack.integrity));
    const read = await packCache.read([...found.keys()]);
    // A dead page does not continue.
    if (access.isDead) return;
    for (const { name, pack } of packs) {
      if (read.has(pack.integrity)) continue;
      packCache.add({ ...pack, aliases: [] });
      this.pending.push(name);
    }
  }

  async #damage(name: string): Promise<boolean> {
    const pack = packOf(name, 100);
    for (const key of await this.blobs.keys()) {
      const [blob] = await this.blobs.getMany([key]);
      if (!blob || !Buffer.from(blob).equals(pack.tarball)) continue;
      await this.blobs.update(key, () => ({ puts: new Map([[key, blob.map((byte) => byte ^ 1)]]), deletes: [] }));
    }
    this.stored.delete(name);
    return await this.within(
      (async () => {
        expect(await stateOf(this.tab.packCache, pack)).toBe("none");
      })(),
    );
  }

  /** Returns the packs that a new page finds whole. */
  async whole(): Promise<Set<string>> {
    const { packCache } = openTab({ blobs: this.blobs, clock: this.clock });
    const found = new Set<string>();
    for (const name of NAMES) if ((await stateOf(packCache, packOf(name, 100))) === "whole") found.add(name);
    return found;
  }
}

/** Checks that exactly the blobs that the directory names are stored. */
async function expectConsistent(blobs: BlobStore): Promise<void> {
  const [blob] = await blobs.getMany([DIRECTORY]);
  const { segments } = (blob && readDirectory(blob)) ?? emptyDirectory();
  const large = new Set(
    NAMES.map((name) => packOf(name, 100)).flatMap((pack) => (pack.seekPoints ? fingerprintOf(pack.integrity) : [])),
  );
  const named = [...segments].flatMap(([segment, { fingerprints: letters }]) => {
    const keys = Array.from({ length: letters.length / 14 }, (_, at) => {
      const name = letters.slice(14 * at, 14 * at + 14);
      // Forgotten packs have no blob.
      if (!name.trim()) return [];
      return [packBlobKey({ segment, at }), ...(large.has(name) ? [seekPointsKey({ segment, at })] : [])];
    });
    return [listKey(segment), ...keys.flat()];
  });
  expect((await blobs.keys()).filter((key) => key !== DIRECTORY).sort()).toEqual(named.sort());
}

/** Returns the numbers of pending packs after which a batch may end. */
function boundaries(pending: readonly string[]): number[] {
  const ends = pending.map((_, i) => i + 1).filter((count) => count % 3 === 0);
  return [0, ...ends, pending.length];
}

test("a page that dies between any two operations leaves whole batches and no other blobs", async () => {
  await fc.assert(
    fc.asyncProperty(steps("dies before", "dies after"), async (plan) => {
      const page = new Simulation(createMemoryStore());
      for (const one of plan) {
        if (await page.step(one)) continue;
        await expectConsistent(page.blobs);
        const whole = await page.whole();
        const possible = boundaries(page.pending).map((count) => [
          ...new Set([...page.stored, ...page.pending.slice(0, count)]),
        ]);
        expect(possible.map((some) => some.sort().join())).toContain([...whole].sort().join());
        page.stored = whole;
        page.pending = [];
        page.open();
      }
      await page.step({ do: "install", names: NAMES });
      page.access.fault = undefined;
      if (!(await page.step({ do: "flush" }))) return;
      expect(await page.whole()).toEqual(new Set(NAMES));
      await expectConsistent(page.blobs);
      expect(page.tab.warnings).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test("after any failure no method rejects, only added packs are read, and the next visit repairs the store", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps("quota", "abort", "dies before", "dies after"),
      fc.constantFrom(1500, 3000, 1e9),
      async (plan, budget) => {
        const page = new Simulation(createMemoryStore(2800), budget);
        for (const one of plan) {
          const lives = await page.step(one);
          for (const name of NAMES) {
            const { packCache } = openTab({ blobs: page.blobs });
            await stateOf(packCache, packOf(name, 100));
          }
          const codes = page.tab.warnings.map(({ code }) => code);
          expect(codes).toHaveLength(new Set(codes).size);
          if (!lives) page.open();
        }
        const last = new Simulation(page.blobs);
        last.clock.now = page.clock.now + 1000;
        await last.step({ do: "install", names: NAMES });
        await last.step({ do: "flush" });
        expect(last.tab.warnings).toEqual([]);
        expect(await last.whole()).toEqual(new Set(NAMES));
        await expectConsistent(page.blobs);
      },
    ),
    { numRuns: 200 },
  );
});

test("a list or a directory with one changed byte, or a cut one, is rejected", async () => {
  const packs: MadePack[] = NAMES.map((name) => packOf(name, 100));
  const listed = packs.map(({ integrity, index }, i) => ({ integrity, index, length: i, crc: 7 * i }));
  const list = writeList(listed);
  expect(readList(list)?.map(({ integrity }) => integrity)).toEqual(packs.map(({ integrity }) => integrity));
  const blobs = createMemoryStore();
  const { packCache } = openTab({ blobs });
  for (const pack of packs) packCache.add(pack);
  await packCache.flush();
  const directory = (await blobs.getMany([DIRECTORY]))[0]!;
  expect(readDirectory(directory)?.aliases.size).toBe(NAMES.length);
  const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(place, fc.integer({ min: 0, max: 255 }), (part, by) => {
      for (const [blob, read] of [
        [list, readList],
        [directory, readDirectory],
      ] as const) {
        const at = Math.floor(part * blob.length);
        const harmed = by === 0 ? blob.slice(0, at) : blob.map((byte, i) => (i === at ? byte ^ by : byte));
        expect(read(harmed)).toBeNull();
      }
    }),
    { numRuns: 200 },
  );
});
