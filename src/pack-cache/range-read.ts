import type { Task } from "../base/spawn-local.ts";
import type { Range } from "../tarball/gunzip.ts";
import { type Inflation, inflateBlocks, WINDOW } from "../tarball/inflate.ts";
import type { SeekPoint } from "./seek-points.ts";

/** A stretch of a tarball from a waypoint on, and what is wanted of it. */
export interface RangeRead extends SeekPoint {
  /** The tarball's own, from the waypoint's byte on and as far as they are needed. */
  bytes: Uint8Array;
  /** Where in the archive it ends. */
  end: number;
  /** Of the archive, in the order asked for. */
  ranges: Range[];
}

/** What is wanted of a stretch, in memory of its own; null where it is damaged. Gives way after each block. */
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

/** Bits (RFC 1950, §2.2). */
const ZLIB_HEADER = 16;

/** How far `out` is filled; null where the bytes are damaged. */
function* inflate(job: Inflation): Generator<undefined, number | null> {
  const blocks = inflateBlocks(job);
  for (;;) {
    const { done, value } = blocks.next();
    if (done) return value ? value.at : null;
    yield;
  }
}
