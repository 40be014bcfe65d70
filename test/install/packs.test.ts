import { expect, test } from "vitest";
import { fail, failure, ok } from "../../src/errors/failure.ts";
import type { InstallPorts } from "../../src/install/install-ports.ts";
import { Operations } from "../../src/install/operations.ts";
import { aliasesOf, packSource } from "../../src/install/pack-source.ts";
import { Packs } from "../../src/install/packs.ts";
import { type WritablePackage, writeTree } from "../../src/install/write-tree.ts";
import { createMemoryPackCache } from "../../src/pack-cache/memory-pack-cache.ts";
import type { PackCache } from "../../src/pack-cache/pack-cache.ts";
import { encodePackIndex } from "../../src/tarball/pack-index.ts";
import { UNPACK_LIMITS } from "../../src/tarball/unpack-limits.ts";

const sri = (letter: string): string => `sha512-${letter.repeat(86)}==`;

/** The index of a pack without files. */
const index = (integrity: string): Uint8Array =>
  encodePackIndex({
    integrity,
    unpacked: 0,
    paths: [],
    starts: new Uint32Array(),
    sizes: new Uint32Array(),
    modes: new Uint16Array(),
    scripts: {},
  });

const source = (integrity: string | null, url = "u") => packSource({ name: "a", version: "1.0.0", url, integrity });

/** Packs whose downloads succeed, with a note of every URL that is downloaded. */
function fakePacks(packCache: PackCache = createMemoryPackCache(1 << 20)): { packs: Packs; downloaded: string[] } {
  const downloaded: string[] = [];
  const ports: InstallPorts = {
    downloads: {
      get: async ({ url }) => {
        downloaded.push(url);
        return ok({ bytes: new Uint8Array(1), transferred: 1 });
      },
    },
    extractor: {
      extract: async (tarball, { integrity }) =>
        ok({ integrity: integrity ?? "", tarball, index: index(integrity ?? sri("N")), warnings: [] }),
      read: async () => fail(failure("EINTERNAL", "not needed")),
      seekPoints: async () => ok(null),
      dispose() {},
    },
    packCache,
    limits: { downloads: 1, extractions: 1, backlog: 100, writes: 1, archiveBytes: 0 },
    unpack: UNPACK_LIMITS,
    progress: undefined,
    now: () => 0,
    nextTurn: async () => {},
    startTimer: () => () => {},
    toSink: async () => {
      throw new Error("not needed");
    },
  };
  const operations = new Operations(ports.now);
  return { packs: new Packs(ports, { archives: false, verifyStored: false, operations }), downloaded };
}

test("a lock entry with two hashes shares its pack with no entry that has one of them", () => {
  const both = `${sri("A")} ${sri("Q")}`;
  expect(source(both).key).not.toBe(source(sri("A")).key);
  expect(aliasesOf(both)).toEqual([]);
  expect(aliasesOf(sri("A"))).toEqual([]);
  expect(aliasesOf("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=")).toEqual(["sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="]);
});

test("an alias in the cache never stands in for a sha512", async () => {
  const packCache = createMemoryPackCache(1 << 20);
  packCache.add({ integrity: sri("Q"), aliases: [sri("A")], tarball: new Uint8Array(1), index: index(sri("Q")) });
  const { packs } = fakePacks(packCache);
  await packs.lookUp([sri("A"), sri("Q")]);
  expect(packs.cachedIndex({ integrity: sri("A") })).toBeUndefined();
  expect(packs.cachedIndex({ integrity: sri("Q") })?.integrity).toBe(sri("Q"));
});

test("cached packs are not downloaded, and shared packs are downloaded first and once", async () => {
  const packCache = createMemoryPackCache(1 << 20);
  packCache.add({ integrity: sri("A"), aliases: [], tarball: new Uint8Array(1), index: index(sri("A")) });
  const { packs, downloaded } = fakePacks(packCache);
  const sources = ["A", "B", "C", "D", "D"].map((letter) => source(sri(letter), letter));
  await packs.want(sources);
  const outcomes = await Promise.all(sources.map((each) => packs.get(each)));
  expect(outcomes.map((outcome) => outcome.ok && outcome.value.cached)).toEqual([true, false, false, false, false]);
  expect(downloaded).toEqual(["B", "D", "C"]);
  expect(packs.counts).toEqual({ known: 4, done: 4, cached: 1, fetched: 3, bytes: 3, transferred: 3 });
});

test("an announced pack that is not part of the plan is dropped, and counts no more", async () => {
  const { packs, downloaded } = fakePacks();
  const [a, b, c] = ["A", "B", "C"].map((letter) => source(sri(letter), letter)) as [
    ReturnType<typeof source>,
    ReturnType<typeof source>,
    ReturnType<typeof source>,
  ];
  packs.prefetch([a, b], []);
  packs.prefetch([], [b]);
  await packs.want([c]);
  packs.prefetch([b], []);
  expect((await packs.get(c)).ok).toBe(true);
  expect(downloaded).not.toContain("B");
  expect(packs.counts.known).toBe(downloaded.length);
});

test("a fetched pack is in the cache once `store` has resolved", async () => {
  const packCache = createMemoryPackCache(1 << 20);
  const { packs } = fakePacks(packCache);
  await packs.want([source(sri("A"))]);
  await packs.get(source(sri("A")));
  await packs.store();
  expect([...(await packCache.find([sri("A")])).keys()]).toEqual([sri("A")]);
});

test("a package inside a bundled one is written after the package that bundles it", async () => {
  const written: string[] = [];
  let release = (): void => {};
  const delayed = new Promise<void>((resolve) => {
    release = resolve;
  });
  const item = (location: string, ready: Promise<unknown> = Promise.resolve()): WritablePackage => ({
    location,
    label: location,
    ready: async () => ready.then(() => true),
    open: async () => ({ files: [], bytes: 0 }),
  });
  const a = "node_modules/a";
  const work = writeTree([item(a, delayed), item(`${a}/node_modules/b/node_modules/c`)], {
    session: { write: async (location) => void written.push(location) },
    operations: new Operations(() => 0),
    limit: 4,
    signal: new AbortController().signal,
  });
  await Promise.resolve();
  release();
  await work;
  expect(written).toEqual([a, `${a}/node_modules/b/node_modules/c`]);
});
