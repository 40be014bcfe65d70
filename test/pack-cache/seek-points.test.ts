import { deflateRawSync, gzipSync, type ZlibOptions, crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeSeekPoints } from "../../src/pack-cache/make-seek-points.ts";
import { inflateRange, type RangeRead } from "../../src/pack-cache/range-read.ts";
import { rangeReadsOf, readSeekPoints, type SeekPoints } from "../../src/pack-cache/seek-points.ts";
import type { ByteRange } from "../../src/tarball/gunzip.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { runTask } from "../support/run-task.ts";
import { noise, prose } from "../tarball/bad-tarballs.ts";

const MEBIBYTE = 1 << 20;

/** Two MiB of text, noise, zeros, and text again. */
const ARCHIVE = Buffer.concat([
  Buffer.from(prose(MEBIBYTE)),
  noise(MEBIBYTE / 4),
  new Uint8Array(MEBIBYTE / 4),
  Buffer.from(prose(MEBIBYTE / 2)),
]);

const make = (tarball: Uint8Array, unpacked = ARCHIVE.length): Promise<Uint8Array | null> =>
  runTask(makeSeekPoints(tarball, unpacked, PLATFORM_TOOLS.deflate));

async function seekPointsOf(tarball: Uint8Array): Promise<SeekPoints> {
  const blob = await make(tarball);
  return readSeekPoints(blob ?? new Uint8Array(), tarball) as SeekPoints;
}

/** Reads ranges of an archive. Returns their bytes, and the range reads. */
async function read(
  seekPoints: SeekPoints,
  tarball: Uint8Array,
  ranges: readonly ByteRange[],
): Promise<[parts: Uint8Array[], RangeRead[]]> {
  const { rangeReads, places } = rangeReadsOf(seekPoints, tarball, ranges);
  const parts = await Promise.all(rangeReads.map((rangeRead) => runTask(inflateRange(rangeRead))));
  const read = parts.flatMap((some) => some ?? []);
  return [places.map((place) => read[place] as Uint8Array), rangeReads];
}

const aRange = fc
  .tuple(fc.nat(ARCHIVE.length), fc.oneof(fc.nat(5000), fc.nat(MEBIBYTE)))
  .map(([start, size]): ByteRange => [start, Math.min(start + size, ARCHIVE.length)]);

const SETTINGS: readonly ZlibOptions[] = [
  {},
  { level: 1 },
  { level: 9, memLevel: 9 },
  { level: 0 },
  { strategy: 4 },
  { memLevel: 1 },
];

test.each(SETTINGS)("any ranges in any order have the archive's bytes: %o", async (settings) => {
  const tarball = gzipSync(ARCHIVE, settings);
  const seekPoints = await seekPointsOf(tarball);
  const law = fc.asyncProperty(fc.array(aRange, { minLength: 1, maxLength: 6 }), async (ranges) => {
    const [parts] = await read(seekPoints, tarball, ranges);
    for (const [i, part] of parts.entries()) expect(Buffer.compare(part, ARCHIVE.subarray(...ranges[i]!))).toBe(0);
  });
  await fc.assert(law, { numRuns: 15 });
});

test("a file at the end needs a fraction of the tarball, neighbours share a read, and seek points are small", async () => {
  const tarball = gzipSync(ARCHIVE);
  const seekPoints = await seekPointsOf(tarball);
  const end = ARCHIVE.length;
  const [, rangeReads] = await read(seekPoints, tarball, [
    [end - 10, end],
    [5, 9],
    [end - 900, end - 100],
  ]);
  expect(rangeReads.map(({ ranges }) => ranges)).toEqual([
    [[5, 9]],
    [
      [end - 900, end - 100],
      [end - 10, end],
    ],
  ]);
  for (const { bytes, at, end: last } of rangeReads) {
    expect(bytes.length).toBeLessThan(tarball.length / 4);
    expect(last - at).toBeLessThan(MEBIBYTE / 2);
  }
  expect((await make(tarball))!.length).toBeLessThan(tarball.length / 5);
});

test("a gzip header may have every optional field", async () => {
  const fields = [3, 0, 1, 2, 3, ...Buffer.from("name.tar\0a comment\0"), 0x12, 0x34];
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(zlibCrc32(ARCHIVE), 0);
  trailer.writeUInt32LE(ARCHIVE.length, 4);
  const head = Uint8Array.of(0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, ...fields);
  const tarball = Buffer.concat([head, deflateRawSync(ARCHIVE), trailer]);
  const range: ByteRange = [2 * MEBIBYTE - 100, 2 * MEBIBYTE - 50];
  expect((await read(await seekPointsOf(tarball), tarball, [range]))[0]).toEqual([
    new Uint8Array(ARCHIVE.subarray(...range)),
  ]);
});

test("only a gzip file of one whole member has seek points", async () => {
  const tarball = gzipSync(ARCHIVE);
  const flipped = Buffer.from(tarball);
  flipped[tarball.length >> 1]! ^= 4;
  const otherSum = Buffer.from(tarball);
  otherSum[tarball.length - 8]! ^= 4;
  const half = ARCHIVE.length / 2;
  const members = Buffer.concat([gzipSync(ARCHIVE.subarray(0, half)), gzipSync(ARCHIVE.subarray(half))]);
  const bad = [
    flipped,
    otherSum,
    members,
    tarball.subarray(0, -9),
    tarball.subarray(0, 1000),
    tarball.subarray(1),
    ARCHIVE,
  ];
  expect(await Promise.all(bad.map((each) => make(each)))).toEqual(bad.map(() => null));
  const sizes = [ARCHIVE.length - 1, ARCHIVE.length + 1];
  expect(await Promise.all(sizes.map((size) => make(tarball, size)))).toEqual([null, null]);
  // The platform cannot deflate.
  const refuse = (): Promise<Uint8Array> => {
    throw new TypeError("no such form");
  };
  expect(await runTask(makeSeekPoints(tarball, ARCHIVE.length, refuse))).toBeNull();
  const nameless = Buffer.from(tarball.subarray(0, 200).fill(1, 10));
  nameless[3] = 8;
  expect(await Promise.all([new Uint8Array(), nameless].map((each) => make(each)))).toEqual([null, null]);
});

test("seek points of another tarball, or damaged ones, are rejected", async () => {
  const tarball = gzipSync(ARCHIVE);
  const other = gzipSync(ARCHIVE, { level: 1 });
  const same = gzipSync(Buffer.from(ARCHIVE).fill(65, 0, 3));
  const blob = (await make(tarball))!;
  expect(readSeekPoints(blob, tarball)?.points.length).toBeGreaterThan(4);
  expect([readSeekPoints(blob, other), readSeekPoints(blob, same)]).toEqual([null, null]);
  for (const at of [0, 5, 9, 30, blob.length >> 1, blob.length - 1]) {
    const damaged = blob.slice();
    damaged[at]! ^= 16;
    expect(readSeekPoints(damaged, tarball)).toBeNull();
  }
  expect([blob.slice(0, 20), blob.slice(4), new Uint8Array()].map((each) => readSeekPoints(each, tarball))).toEqual([
    ...[null, null, null],
  ]);
  const { rangeReads } = rangeReadsOf(readSeekPoints(blob, tarball)!, tarball, [[MEBIBYTE, MEBIBYTE + 10]]);
  const [rangeRead] = rangeReads as [RangeRead];
  const cut = { ...rangeRead, bytes: rangeRead.bytes.subarray(0, 5) };
  const scrambled = { ...rangeRead, window: rangeRead.window.map((byte) => byte ^ 0xff) };
  for (const each of [cut, scrambled]) expect(await runTask(inflateRange(each))).toBeNull();
});
