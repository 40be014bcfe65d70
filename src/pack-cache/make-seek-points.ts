import type { Task } from "../base/spawn-local.ts";
import { crc32, word } from "../tarball/crc32.ts";
import { inflateBlocks, WINDOW } from "../tarball/inflate.ts";
import { type SeekPoint, writeSeekPoints } from "./seek-points.ts";

/** Bytes that lie between two of them at least. Half of that is inflated in vain for a file. */
const APART = 256 * 1024;

/**
 * The waypoints of a tarball that inflates to so many bytes, for storage. Null where it is no gzip file of one member, or is damaged, or
 * the platform cannot deflate: then it is inflated from its start as ever. Gives way after each block.
 * @param deflate to zlib's form
 */
export function* makeSeekPoints(
  tarball: Uint8Array,
  unpacked: number,
  deflate: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>,
): Task<Uint8Array | null> {
  const start = headerEnd(tarball);
  if (start === null) return null;
  // One byte to spare tells an archive that is longer.
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

/** Older platforms have no streams that deflate. */
async function orNull<T, R>(work: (given: T) => Promise<R>, given: T): Promise<R | null> {
  try {
    return await work(given);
  } catch {
    return null;
  }
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
