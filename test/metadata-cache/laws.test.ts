import fc from "fast-check";
import { expect, test } from "vitest";
import type { BlobStore } from "../../src/blobs/blob-store.ts";
import { readIndex, writeIndex } from "../../src/metadata-cache/cache-index.ts";
import type { CachedPackument } from "../../src/metadata-cache/cached-packument.ts";
import { packGroup, unpackGroup } from "../../src/metadata-cache/group.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { createMemoryStore } from "../../workers/storage/memory-blobs.ts";
import { openTab, portsOf } from "./harness.ts";
import { makeRecord } from "./records.ts";

const bytes = fc.uint8Array({ maxLength: 300 });
const record = fc.tuple(bytes, bytes).map(([text, hashes]) => makeRecord(text, hashes));
const name = fc.oneof(
  fc.constantFrom("react", "@a/b", "__proto__", "constructor", "", "1", "é😀"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const packument = fc.record(
  { name, record, etag: fc.string({ maxLength: 40 }), fetchedAt: fc.nat() },
  { requiredKeys: ["name", "record", "fetchedAt"] },
) as fc.Arbitrary<CachedPackument>;
const many = fc.uniqueArray(packument, { selector: (one) => one.name, maxLength: 30 });
const group = fc.record({ records: fc.integer({ min: 1, max: 8 }), bytes: fc.integer({ min: 1, max: 2000 }) });

/** Damage to a blob. `at` is a fraction of its length. */
const harm = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  by: fc.integer({ min: 0, max: 255 }),
});

/** Damages a blob: cuts it off at the place if `by` is 0, and changes the byte there otherwise. */
function harmed(blob: Uint8Array, { at, by }: { at: number; by: number }): Uint8Array {
  const place = Math.floor(at * blob.length);
  if (by === 0) return blob.slice(0, place);
  const copy = blob.slice();
  copy[place]! ^= by;
  return copy;
}

async function everything(blobs: BlobStore): Promise<[string, Uint8Array][]> {
  const keys = await blobs.keys();
  return (await blobs.getMany(keys)).map((blob, i) => [keys[i]!, blob!]);
}

const put = (blobs: BlobStore, key: string, blob: Uint8Array): Promise<void> =>
  blobs.update(key, () => ({ puts: new Map([[key, blob]]), deletes: [] }));

test("another tab reads all packuments, for any size of groups", async () => {
  await fc.assert(
    fc.asyncProperty(many, group, async (all, size) => {
      const blobs = createMemoryStore();
      const writer = openTab({ blobs, group: size });
      const metadataCache = await writer.store.open("n");
      for (const one of all) metadataCache.add(one);
      await metadataCache.flush();
      const reader = openTab({ blobs, group: size });
      const again = await reader.store.open("n");
      expect([...again.names()]).toEqual(all.map((one) => one.name));
      for (const { name: own, etag, fetchedAt } of all) {
        expect(again.entry(own)).toMatchObject({ fetchedAt, ...(etag === undefined ? {} : { etag }) });
        expect(again.get(own)).toBeUndefined();
      }
      await again.load(all.map((one) => one.name));
      for (const one of all) expect(again.get(one.name)).toEqual(one);
      expect([...writer.warnings, ...reader.warnings]).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test("a group with one changed byte, or a cut one, is rejected; with several changes it is rejected or intact", async () => {
  const ports = portsOf({});
  await fc.assert(
    fc.asyncProperty(many, fc.array(harm, { minLength: 1, maxLength: 4 }), async (all, harms) => {
      const blob = await packGroup(all, ports);
      const whole = new Map(all.map((one) => [one.name, one.record]));
      expect(await unpackGroup(blob, ports)).toEqual(whole);
      expect(await unpackGroup(harmed(blob, harms[0]!), ports)).toBeNull();
      const found = await unpackGroup(harms.reduce(harmed, blob), ports);
      if (found) expect(found).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

test("an index with one changed byte, or a cut one, is rejected", async () => {
  fc.assert(
    fc.property(many, harm, (all, one) => {
      const places = all.map(({ record: _, name: own, ...entry }) => [own, { ...entry, group: 7 }] as const);
      const index = {
        groups: new Map([[7, { batch: 7, bytes: 100, count: all.length, used: 19_000 }]]),
        entries: new Map(places),
      };
      const blob = writeIndex(index);
      expect(readIndex(blob)).toEqual(index);
      expect(readIndex(harmed(blob, one))).toBeNull();
    }),
    { numRuns: 300 },
  );
});

test("a damaged blob causes misses, never failures or wrong records, and the next flush repairs the store", async () => {
  await fc.assert(
    fc.asyncProperty(
      many,
      group,
      fc.array(fc.tuple(fc.nat(), harm), { minLength: 1, maxLength: 5 }),
      async (all, size, harms) => {
        const blobs = createMemoryStore();
        const metadataCache = await openTab({ blobs, group: size }).store.open("n");
        for (const one of all) metadataCache.add(one);
        await metadataCache.flush();
        const stored = await everything(blobs);
        for (const [which, how] of stored.length > 0 ? harms : []) {
          const [key, blob] = stored[which % stored.length]!;
          await put(blobs, key, harmed(blob, how));
        }
        const names = all.map((one) => one.name);
        const { store, warnings } = openTab({ blobs, group: size });
        const hurt = await store.open("n");
        await hurt.load(names);
        for (const one of all) {
          const found = hurt.get(one.name);
          if (found) expect(found).toEqual(one);
          else expect(hurt.entry(one.name)).toBeUndefined();
        }
        for (const one of all) if (!hurt.get(one.name)) hurt.add(one);
        await hurt.flush();
        const healed = await openTab({ blobs, group: size }).store.open("n");
        await healed.load(names);
        expect(names.map((own) => healed.get(own))).toEqual(all);
        expect(warnings).toEqual([]);
        // No damaged blob is left over: the stored groups are exactly those of the index.
        const { bytes: known } = await store.usage();
        const groups = (await everything(blobs)).filter(([key]) => key.startsWith("1 g"));
        expect(groups.reduce((sum, [, blob]) => sum + blob.length, 0)).toBe(known);
      },
    ),
    { numRuns: 150 },
  );
});

test("groups work with the platform's own deflate and inflate", async () => {
  const ports = { ...portsOf({}), ...PLATFORM_TOOLS };
  const all = [{ name: "a", record: makeRecord("text ".repeat(5000), "hash"), fetchedAt: 1 }];
  const blob = await packGroup(all, ports);
  expect(blob.length).toBeLessThan(1000);
  expect((await unpackGroup(blob, ports))?.get("a")).toEqual(all[0]!.record);
  await expect(ports.inflate(new Uint8Array([1, 2, 3]))).rejects.toThrow();
  // The last four bytes are the checksum.
  const packed = (await ports.deflate(new Uint8Array(100))) as Uint8Array<ArrayBuffer>;
  packed[packed.length - 1]! ^= 1;
  await expect(ports.inflate(packed)).rejects.toThrow();
});
