import { deflateSync, inflateSync } from "fflate";
import { seal, unseal } from "../store/seal.ts";
import { crc32, word } from "../tarball/crc32.ts";
import type { Range } from "../tarball/gunzip.ts";
import { inflateBlocks } from "../tarball/inflate.ts";

// Places inside a large tarball where inflating can begin: the first bit of a block, and the 32 KiB before it, which copies
// reach back into. To read a file near the end of 65 MB takes a quarter of a megabyte then.

/** `wpw1`. */
const MAGIC = 0x31777077;

/** Bytes a tarball must inflate to before it is worth it: some milliseconds. */
export const WAYPOINTS_FROM: number = 512 * 1024;

/** Bytes that lie between two of them at least. Half of that is inflated in vain for a file, and a tenth is what they add to the store. */
const APART = 256 * 1024;

/** As far back as deflate reaches. */
const WINDOW = 32 * 1024;

/** Bytes that it inflates to, waypoints, bytes of the tarball, its trailer's sum. */
const HEAD = 4;

/** Of each: byte, bit in it, bytes inflated by then, bytes of its window. */
const WORDS = 4;

interface Waypoint {
  /** The tarball's byte in which the block begins, and the bit. */
  byte: number;
  bit: number;
  /** Bytes that are inflated by then. */
  at: number;
  /** Deflated. */
  window: Uint8Array;
}

/** A tarball's, as they are stored: they lead nowhere else. */
export interface Waypoints {
  readonly points: readonly Waypoint[];
  /** Bytes that the tarball inflates to. */
  readonly unpacked: number;
}

/** A stretch of a tarball from one of them on, and what is wanted of it: in the order asked for. */
export interface Stretch extends Waypoint {
  bytes: Uint8Array;
  /** Where in the archive it ends. */
  end: number;
  ranges: Range[];
}

/**
 * The waypoints of a tarball that inflates to so many bytes, for storage. Null where it is no gzip file of one member, or is damaged:
 * then it is inflated from its start as ever. A pause after each block.
 */
export function* makeWaypoints(tarball: Uint8Array, unpacked: number): Generator<undefined, Uint8Array | null> {
  const start = headerEnd(tarball);
  if (start === null) return null;
  // One byte to spare tells an archive that is longer.
  const out = new Uint8Array(unpacked + 1);
  const points: Waypoint[] = [];
  const blocks = inflateBlocks({ bytes: tarball, bit: start * 8, out, at: 0 });
  let next = blocks.next();
  for (; !next.done; next = blocks.next()) {
    const { bit, at } = next.value;
    if (points.length === 0 || at - (points.at(-1) as Waypoint).at >= APART) {
      const window = at > 0 ? deflateSync(out.subarray(Math.max(0, at - WINDOW), at), { level: 1 }) : new Uint8Array();
      points.push({ byte: Math.floor(bit / 8), bit: bit % 8, at, window });
    }
    yield;
  }
  const trailer = next.value && Math.ceil(next.value.bit / 8);
  if (next.value?.at !== unpacked || trailer === null || trailer + 8 > tarball.length) return null;
  const isWhole = word(tarball, trailer) === crc32(out.subarray(0, unpacked));
  return isWhole ? encode(points, unpacked, tarball) : null;
}

/** Null for anything else than `makeWaypoints` has made of this tarball: another one's would lead to other bytes. */
export function readWaypoints(blob: Uint8Array, tarball: Uint8Array): Waypoints | null {
  const bytes = unseal(MAGIC, blob);
  if (!bytes) return null;
  const head = new Uint32Array(bytes.buffer, bytes.byteOffset, Math.min(HEAD, bytes.length >> 2));
  const [unpacked = 0, count = 0, length, trailer] = head;
  if (length !== tarball.length || trailer !== trailerOf(tarball)) return null;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + HEAD * 4, count * WORDS);
  const points: Waypoint[] = [];
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
export function stretchesOf(
  { points, unpacked }: Waypoints,
  tarball: Uint8Array,
  ranges: readonly Range[],
): { stretches: Stretch[]; places: number[] } {
  const stretches: Stretch[] = [];
  const places: number[] = [];
  const inOrder = [...ranges.keys()].sort((a, b) => (ranges[a] as Range)[0] - (ranges[b] as Range)[0]);
  for (const [place, i] of inOrder.entries()) {
    const range = ranges[i] as Range;
    const point = points.findLast(({ at }) => at <= range[0]) as Waypoint;
    let last = stretches.at(-1);
    // What has been inflated by then need not be begun anew.
    if (!last || point.at > last.end) {
      // It goes to another thread, and a view would take all of its buffer along.
      last = { ...point, window: point.window.slice(), bytes: tarball, end: 0, ranges: [] };
      stretches.push(last);
    }
    last.end = Math.max(last.end, range[1]);
    last.ranges.push(range);
    places[i] = place;
  }
  for (const stretch of stretches) {
    const after = points.find(({ at }) => at >= stretch.end && at < unpacked);
    // A block may begin within a byte.
    stretch.bytes = tarball.slice(stretch.byte, after ? after.byte + 1 : tarball.length);
  }
  return { stretches, places };
}

/** What is wanted of a stretch, in memory of its own; null where it is damaged. */
export function inflateStretch({ bytes, bit, at, window, end, ranges }: Stretch): Uint8Array[] | null {
  let history = new Uint8Array();
  try {
    if (window.length > 0) history = inflateSync(window);
  } catch {
    return null;
  }
  const out = new Uint8Array(history.length + end - at);
  out.set(history);
  const blocks = inflateBlocks({ bytes, bit, out, at: history.length });
  let next = blocks.next();
  while (!next.done) next = blocks.next();
  if (next.value?.at !== out.length) return null;
  const from = at - history.length;
  return ranges.map(([start, stop]) => out.slice(start - from, stop - from));
}

/** Sealed: what it is of, the numbers of each (all of 32 bits, in the machine's own order), the windows. */
function encode(points: readonly Waypoint[], unpacked: number, tarball: Uint8Array): Uint8Array {
  const numbers = points.flatMap(({ byte, bit, at, window }) => [byte, bit, at, window.length]);
  const head = Uint32Array.of(unpacked, points.length, tarball.length, trailerOf(tarball), ...numbers);
  return seal(MAGIC, [new Uint8Array(head.buffer), ...points.map(({ window }) => window)]);
}

/** Of a gzip file the sum of what it holds. */
function trailerOf(tarball: Uint8Array): number {
  return word(tarball, tarball.length - 8);
}

// RFC 1952, §2.3: ten bytes, then what the flags say.
const FLAGS = 3;
const FIXED = 10;
const [HEADER_CRC, EXTRA, NAME, COMMENT] = [2, 4, 8, 16];

/** Where the deflate stream begins; null where that is not in these bytes. */
function headerEnd(bytes: Uint8Array): number | null {
  if (bytes.length < FIXED + 8 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return null;
  const flags = bytes[FLAGS] as number;
  let at = FIXED;
  if (flags & EXTRA) at += 2 + (bytes[at] as number) + (bytes[at + 1] as number) * 256;
  for (const text of [NAME, COMMENT]) {
    if (!(flags & text)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return null;
    at = end + 1;
  }
  if (flags & HEADER_CRC) at += 2;
  return at < bytes.length ? at : null;
}
