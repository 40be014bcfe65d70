import { expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import { Operations } from "../../src/install/operations.ts";
import { aliasesOf, packKey } from "../../src/install/pack-source.ts";
import { PackSupply } from "../../src/install/packs.ts";
import { type Writable, writeTree } from "../../src/install/write-tree.ts";
import { createMemoryPackCache } from "../../src/pack-cache/memory-pack-cache.ts";
import { encodePackIndex } from "../../src/tarball/pack-index.ts";
import { fakePipeline } from "./pipeline.ts";

const sri = (letter: string): string => `sha512-${letter.repeat(86)}==`;

/** A pack without files. */
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

test("a lock that names two hashes puts no pack in another one's place", () => {
  const both = `${sri("A")} ${sri("Q")}`;
  expect(packKey(both, "u")).not.toBe(packKey(sri("A"), "u"));
  expect(aliasesOf(both)).toEqual([]);
  expect(aliasesOf(sri("A"))).toEqual([]);
  expect(aliasesOf("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=")).toEqual(["sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="]);
});

test("nothing but itself stands for a sha512, whatever the store says", async () => {
  const packCache = createMemoryPackCache(1 << 20);
  packCache.add({ integrity: sri("Q"), aliases: [sri("A")], tarball: new Uint8Array(1), index: index(sri("Q")) });
  const supply = new PackSupply(fakePipeline().pipeline, packCache, async () => {});
  await supply.look([sri("A"), sri("Q")]);
  expect(supply.stored({ integrity: sri("A") })).toBeUndefined();
  expect(supply.stored({ integrity: sri("Q") })?.integrity).toBe(sri("Q"));
});

test("a package inside a bundled one is written after the package that brings that", async () => {
  const written: string[] = [];
  let free = (): void => {};
  const held = new Promise<void>((resolve) => {
    free = resolve;
  });
  const item = (location: string, ready: Promise<unknown> = Promise.resolve()): Writable => ({
    location,
    label: location,
    ready: async () => ready.then(() => true),
    open: async () => ({ files: [], bytes: 0 }),
  });
  const a = "node_modules/a";
  const work = writeTree([item(a, held), item(`${a}/node_modules/b/node_modules/c`)], {
    session: { write: async (location) => void written.push(location) },
    operations: new Operations(() => 0),
    limit: 4,
    signal: new AbortController().signal,
  });
  await Promise.resolve();
  free();
  await work;
  expect(written).toEqual([a, `${a}/node_modules/b/node_modules/c`]);
});

test("a second download that does not come leaves the first one's refusal", async () => {
  const { pipeline, downloads, extracts } = fakePipeline();
  pipeline.want({ key: "a", name: "a", version: "1.0.0", url: "u", integrity: "a" });
  const wait = pipeline.wait("a");
  downloads[0]?.done();
  await new Promise((later) => setTimeout(later));
  extracts[0]?.fail("EINTEGRITY");
  await new Promise((later) => setTimeout(later));
  downloads[1]?.fail("EUNREACHABLE");
  const outcome = await wait;
  expect((outcome as { failure?: Failure }).failure?.code).toBe("EINTEGRITY");
});
