import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readPack } from "../../src/tarball/index-tarball.ts";

/** Returns bytes that compress little, so that the platform's own inflating is used. */
const archive = new Uint8Array(100_000);
for (let i = 0, seed = 1; i < archive.length; i++) {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  archive[i] = seed >>> 24;
}
const tarball = new Uint8Array(gzipSync(archive));
const small = new Uint8Array(gzipSync(archive.subarray(0, 1000)));

test("any ranges of large and small packs have the bytes of the whole pack", async () => {
  const range = (size: number): fc.Arbitrary<readonly [number, number]> =>
    fc.tuple(fc.nat(size), fc.nat(size)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const law = fc.asyncProperty(
    fc.array(range(archive.length), { minLength: 1, maxLength: 6 }),
    fc.array(range(1000), { minLength: 1, maxLength: 3 }),
    async (large, few) => {
      for (const [bytes, size, ranges] of [[tarball, archive.length, large] as const, [small, 1000, few] as const]) {
        const read = await readPack(bytes, size, ranges);
        const parts = read.ok ? read.value : [];
        const right = ranges.map(([start, end], i) =>
          Buffer.from(archive.subarray(start, end)).equals(parts[i] ?? archive),
        );
        expect(right).toEqual(ranges.map(() => true));
      }
    },
  );
  await fc.assert(law, { numRuns: 60 });
});

test("a range beyond the end or in a damaged pack is refused", async () => {
  const cut = await readPack(tarball.subarray(0, 50_000), archive.length, [[90_000, 100_000]]);
  expect(cut).toMatchObject({ ok: false, failure: { code: "TAR_BAD_ARCHIVE" } });
});
