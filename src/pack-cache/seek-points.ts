import { seal, unseal } from "../blobs/seal.ts";
import { word } from "../tarball/crc32.ts";
import type { Range } from "../tarball/gunzip.ts";
import type { RangeRead } from "./range-read.ts";

// Places inside a large tarball where inflating can begin: the first bit of a block, and the 32 KiB before it, which copies
// reach back into. To read a file near the end of 65 MB takes a quarter of a megabyte then.

/** `wpw1`. */
const MAGIC = 0x31777077;

/** Bytes a tarball must inflate to before it is worth it: some milliseconds. */
export const SEEK_POINTS_FROM: number = 512 * 1024;

/** Bytes that it inflates to, waypoints, bytes of the tarball, its trailer's sum. */
const HEAD = 4;

/** Of each: byte, bit in it, bytes inflated by then, bytes of its window. */
const WORDS = 4;

/** Where inflating can begin. */
export interface SeekPoint {
  /** The tarball's byte in which the block begins, and the bit. */
  byte: number;
  bit: number;
  /** Bytes that are inflated by then. */
  at: number;
  /** What was inflated last before it, 32 KiB at most, deflated in zlib's form; empty at the start. */
  window: Uint8Array;
}

/** A tarball's, as they are stored: they lead nowhere else. */
export interface SeekPoints {
  readonly points: readonly SeekPoint[];
  /** Bytes that the tarball inflates to. */
  readonly unpacked: number;
}

/** Null for anything else than `writeWaypoints` has made of this tarball: another one's would lead to other bytes. */
export function readSeekPoints(blob: Uint8Array, tarball: Uint8Array): SeekPoints | null {
  const bytes = unseal(MAGIC, blob);
  if (!bytes) return null;
  const head = new Uint32Array(bytes.buffer, bytes.byteOffset, Math.min(HEAD, bytes.length >> 2));
  const [unpacked = 0, count = 0, length, trailer] = head;
  if (length !== tarball.length || trailer !== trailerOf(tarball)) return null;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + HEAD * 4, count * WORDS);
  const points: SeekPoint[] = [];
  let from = HEAD * 4 + words.byteLength;
  for (let i = 0; i < words.length; i += WORDS) {
    const [byte, bit, at, size] = words.subarray(i, i + WORDS) as unknown as [number, number, number, number];
    points.push({ byte, bit, at, window: bytes.subarray(from, from + size) });
    from += size;
  }
  return { points, unpacked };
}

/**
 * The stretches of a tarball in which these parts of its archive are. Parts that are near each other share one.
 * `places`: of each range its place among the ranges of all stretches.
 */
export function rangeReadsOf(
  { points, unpacked }: SeekPoints,
  tarball: Uint8Array,
  ranges: readonly Range[],
): { rangeReads: RangeRead[]; places: number[] } {
  const rangeReads: RangeRead[] = [];
  const places: number[] = [];
  const inOrder = [...ranges.keys()].sort((a, b) => (ranges[a] as Range)[0] - (ranges[b] as Range)[0]);
  for (const [place, i] of inOrder.entries()) {
    const range = ranges[i] as Range;
    const point = points.findLast(({ at }) => at <= range[0]) as SeekPoint;
    let last = rangeReads.at(-1);
    // What has been inflated by then need not be begun anew.
    if (!last || point.at > last.end) {
      // It goes to another thread, and a view would take all of its buffer along.
      last = { ...point, window: point.window.slice(), bytes: tarball, end: 0, ranges: [] };
      rangeReads.push(last);
    }
    last.end = Math.max(last.end, range[1]);
    last.ranges.push(range);
    places[i] = place;
  }
  for (const rangeRead of rangeReads) {
    const after = points.find(({ at }) => at >= rangeRead.end && at < unpacked);
    // A block may begin within a byte.
    rangeRead.bytes = tarball.slice(rangeRead.byte, after ? after.byte + 1 : tarball.length);
  }
  return { rangeReads, places };
}

/** For storage. Sealed: what it is of, the numbers of each (all of 32 bits, in the machine's own order), the windows. */
export function writeSeekPoints(points: readonly SeekPoint[], unpacked: number, tarball: Uint8Array): Uint8Array {
  const numbers = points.flatMap(({ byte, bit, at, window }) => [byte, bit, at, window.length]);
  const head = Uint32Array.of(unpacked, points.length, tarball.length, trailerOf(tarball), ...numbers);
  return seal(MAGIC, [new Uint8Array(head.buffer), ...points.map(({ window }) => window)]);
}

/** Of a gzip file the sum of what it holds. */
function trailerOf(tarball: Uint8Array): number {
  return word(tarball, tarball.length - 8);
}
