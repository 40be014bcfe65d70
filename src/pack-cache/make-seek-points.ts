import type { Task } from "../base/spawn-local.ts";
import { crc32, word } from "../tarball/crc32.ts";
import { inflateBlocks, WINDOW } from "../tarball/inflate.ts";
import { type SeekPoint, writeSeekPoints } from "./seek-points.ts";

/** The least distance of two seek points, in bytes of the archive. On average, a read inflates half of this distance needlessly. */
const APART = 256 * 1024;

/**
 * Makes the seek points of a tarball, as a blob to store. Yields after each block.
 *
 * 1. Skip the gzip header (RFC 1952, §2.3).
 * 2. Inflate block by block, and sum the archive. Add a seek point at the first block, and at each block that is far enough
 *    from the last point.
 * 3. Compare length and checksum with the gzip trailer.
 *
 * Returns null if the tarball is damaged or is not a gzip file of one member, or if the platform cannot deflate. Such a
 * tarball is inflated from its start.
 * @param unpacked bytes of the archive
 * @param deflate compresses to zlib's format
 */
export function* makeSeekPoints(
  tarball: Uint8Array,
  unpacked: number,
  deflate: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>,
): Task<Uint8Array | null> {
  const start = headerEnd(tarball);
  if (start === null) return null;
  // The spare byte shows whether the archive is longer.
  const out = new Uint8Array(unpacked + 1);
  const points: (Omit<SeekPoint, "window"> & { window: Promise<Uint8Array | null> })[] = [];
  let sum = 0;
  let summed = 0;
  const blocks = inflateBlocks({ bytes: tarball, bit: start * 8, out, at: 0 });
  let next = blocks.next();
  for (; !next.done; next = blocks.next()) {
    const { bit, at } = next.value;
    if (points.length === 0 || at - points.at(-1)!.at >= APART) {
      const before = out.slice(Math.max(0, at - WINDOW), at);
      const window = at > 0 ? orNull(deflate, before) : Promise.resolve(before);
      points.push({ byte: Math.floor(bit / 8), bit: bit % 8, at, window });
    }
    sum = crc32(out.subarray(summed, at), sum);
    summed = at;
    yield;
  }
  const trailer = next.value && Math.ceil(next.value.bit / 8);
  if (next.value?.at !== unpacked || trailer === null || trailer + 8 > tarball.length) return null;
  const isWhole = word(tarball, trailer) === crc32(out.subarray(summed, unpacked), sum);
  if (!isWhole) return null;
  const whole: SeekPoint[] = [];
  for (const point of points) {
    const window = (yield point.window) as Uint8Array | null;
    if (!window) return null;
    whole.push({ ...point, window });
  }
  return writeSeekPoints(whole, unpacked, tarball);
}

/** Returns the result of `work`, or null if it fails. Older platforms cannot deflate. */
async function orNull<T, R>(work: (given: T) => Promise<R>, given: T): Promise<R | null> {
  try {
    return await work(given);
  } catch {
    return null;
  }
}

// RFC 1952, §2.3: ten bytes, then optional fields according to the flags.
const FLAGS = 3;
const FIXED = 10;
const [HEADER_CRC, EXTRA, NAME, COMMENT] = [2, 4, 8, 16];

/** Returns the offset of the deflate stream; null if these bytes are not a gzip file, or end within its header. */
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
