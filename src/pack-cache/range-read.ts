import type { Task } from "../base/spawn-local.ts";
import type { ByteRange } from "../tarball/gunzip.ts";
import { type Inflation, inflateBlocks, WINDOW } from "../tarball/inflate.ts";
import type { SeekPoint } from "./seek-points.ts";

/** A part of a tarball, from a seek point on, and the ranges to read from it. */
export interface RangeRead extends SeekPoint {
  /** The tarball's bytes from the seek point's byte on, as far as they are needed. */
  bytes: Uint8Array;
  /** The end of the part, as an offset in the archive. */
  end: number;
  /** Ranges of the archive, in the requested order. */
  ranges: ByteRange[];
}

/**
 * Inflates a part of a tarball, and returns copies of its ranges; null if the data is damaged. Yields after each block.
 *
 * 1. Inflate the seek point's window: the last 32 KiB of the archive before the point.
 * 2. Inflate the tarball's bytes behind it. Their copies may reach back into the window.
 * 3. Copy the ranges.
 */
export function* inflateRange({ bytes, bit, at, window, end, ranges }: RangeRead): Task<Uint8Array[] | null> {
  const before = new Uint8Array(WINDOW);
  const known = window.length > 0 ? yield* inflate({ bytes: window, bit: ZLIB_HEADER, out: before, at: 0 }) : 0;
  if (known === null) return null;
  const out = new Uint8Array(known + end - at);
  out.set(before.subarray(0, known));
  if ((yield* inflate({ bytes, bit, out, at: known })) !== out.length) return null;
  const from = at - known;
  return ranges.map(([start, stop]) => out.slice(start - from, stop - from));
}

/** Bits of zlib's header (RFC 1950, §2.2). */
const ZLIB_HEADER = 16;

/** Returns how far `out` is filled; null if the bytes are damaged. */
function* inflate(job: Inflation): Generator<undefined, number | null> {
  const blocks = inflateBlocks(job);
  for (;;) {
    const { done, value } = blocks.next();
    if (done) return value ? value.at : null;
    yield;
  }
}
