import { seal, unseal } from "../blobs/seal.ts";
import { word } from "../tarball/crc32.ts";
import type { ByteRange } from "../tarball/gunzip.ts";
import type { RangeRead } from "./range-read.ts";

// A seek point is a place inside a large tarball where inflating can begin: the first bit of a block, and the 32 KiB of the
// archive before it, because copies reach back that far. With seek points, reading a file near the end of a 65 MB
// archive inflates 0.25 MB.
//
// A sealed blob in 32-bit words of the machine's own byte order:
//
//   words: unpacked bytes, number of seek points, bytes of the tarball, checksum from its trailer
//   for each seek point, words: byte, bit, unpacked bytes before it, bytes of its window
//   the windows

/** The magic number of seek points: `wpw1`. */
const MAGIC = 0x31777077;

/** Unpacked bytes from which seek points are made. Inflating fewer bytes takes only a few milliseconds. */
export const SEEK_POINTS_FROM: number = 512 * 1024;

/** Words before the first seek point. */
const HEAD = 4;

/** Words of each seek point. */
const WORDS = 4;

/** A place where inflating can begin. */
export interface SeekPoint {
  /** The tarball's byte in which the block begins. */
  byte: number;
  /** The bit of that byte. */
  bit: number;
  /** The offset in the archive. */
  at: number;
  /** The last 32 KiB (or less) of the archive before the point, in zlib's format. Empty at the start of the archive. */
  window: Uint8Array;
}

/** The seek points of one tarball, in order. */
export interface SeekPoints {
  readonly points: readonly SeekPoint[];
  /** Bytes of the archive. */
  readonly unpacked: number;
}

/** Reads seek points. Returns null if the blob is damaged, or if `writeSeekPoints` made it for another tarball. */
export function readSeekPoints(blob: Uint8Array, tarball: Uint8Array): SeekPoints | null {
  const bytes = unseal(MAGIC, blob);
  if (!bytes) return null;
  const head = new Uint32Array(bytes.buffer, bytes.byteOffset, Math.min(HEAD, bytes.length >> 2));
  const [unpacked = 0, count = 0, length, trailer] = head;
  if (length !== tarball.length || trailer !== trailerOf(tarball)) return null;
  if ((HEAD + count * WORDS) * 4 > bytes.length) return null;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + HEAD * 4, count * WORDS);
  const points: SeekPoint[] = [];
  let from = HEAD * 4 + words.byteLength;
  for (let i = 0; i < words.length; i += WORDS) {
    const [byte, bit, at, size] = words.subarray(i, i + WORDS) as unknown as [number, number, number, number];
    points.push({ byte, bit, at, window: bytes.subarray(from, from + size) });
    from += size;
  }
  // The first point is the start of the archive, so that every range has one before it.
  return points[0]?.at === 0 ? { points, unpacked } : null;
}

/**
 * Plans the reads that cover some ranges of an archive. Ranges that are close to each other share a read.
 *
 * 1. Go through the ranges in the order of the archive.
 * 2. If the last read reaches the range's seek point, extend it. Otherwise begin a new read at that point.
 * 3. Cut each read's bytes at the first seek point behind its end.
 *
 * `places` says where each range's result is in the joined results of all reads.
 */
export function rangeReadsOf(
  { points, unpacked }: SeekPoints,
  tarball: Uint8Array,
  ranges: readonly ByteRange[],
): { rangeReads: RangeRead[]; places: number[] } {
  const rangeReads: RangeRead[] = [];
  const places: number[] = [];
  const inOrder = [...ranges.keys()].sort((a, b) => (ranges[a] as ByteRange)[0] - (ranges[b] as ByteRange)[0]);
  for (const [place, i] of inOrder.entries()) {
    const range = ranges[i] as ByteRange;
    const point = points.findLast(({ at }) => at <= range[0]) as SeekPoint;
    let last = rangeReads.at(-1);
    if (!last || point.at > last.end) {
      // A copy, because posting a view to another thread would send its whole buffer.
      last = { ...point, window: point.window.slice(), bytes: tarball, end: 0, ranges: [] };
      rangeReads.push(last);
    }
    last.end = Math.max(last.end, range[1]);
    last.ranges.push(range);
    places[i] = place;
  }
  for (const rangeRead of rangeReads) {
    const after = points.find(({ at }) => at >= rangeRead.end && at < unpacked);
    // The next block may begin inside a byte, so that byte is included.
    rangeRead.bytes = tarball.slice(rangeRead.byte, after ? after.byte + 1 : tarball.length);
  }
  return { rangeReads, places };
}

/** Returns seek points as a sealed blob. The layout is at the top of this file. */
export function writeSeekPoints(points: readonly SeekPoint[], unpacked: number, tarball: Uint8Array): Uint8Array {
  const numbers = points.flatMap(({ byte, bit, at, window }) => [byte, bit, at, window.length]);
  const head = Uint32Array.of(unpacked, points.length, tarball.length, trailerOf(tarball), ...numbers);
  return seal(MAGIC, [new Uint8Array(head.buffer), ...points.map(({ window }) => window)]);
}

/** Returns the checksum of a gzip file's content (RFC 1952, §2.3.1). */
function trailerOf(tarball: Uint8Array): number {
  return word(tarball, tarball.length - 8);
}
