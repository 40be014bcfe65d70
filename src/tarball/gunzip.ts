import { Gunzip, gunzipSync } from "fflate";
import type { Failure } from "../api/failure.ts";
import { concat } from "../base/concat.ts";
import type { Outcome } from "../errors/failure.ts";
import { fail, ok } from "../errors/failure.ts";
import { beyondLimits, brokenArchive } from "../errors/tarball.ts";
import { crc32, word } from "./crc32.ts";
import { UNPACK_LIMITS } from "./unpack-limits.ts";

// Unpacks gzip files (RFC 1952; a file may have several members, §2.2). Three ways, for speed:
//
// 1. One member whose trailer has the size: inflate into a buffer of that size.
// 2. The same by the platform's `DecompressionStream`, for 16 KiB and more.
// 3. Anything else (several members, data behind the last one, a false size): inflate in slices, and count.

// Deflate's best ratio: 258 bytes for 2 bits.
const MAX_RATIO = 1032;

// Bytes between two checks of the limit. A slice of 4 KiB unpacks to 4 MiB at most.
const SLICE = 4 * 1024;

const broken = (why: string): { ok: false; failure: Failure } =>
  fail(brokenArchive(`it is not a complete gzip file: ${why}`));

const tooBig = (limit: number): { ok: false; failure: Failure } =>
  fail(beyondLimits(`it unpacks to more than ${limit} bytes`));

/**
 * Unpacks a gzip file of one or several members, and verifies their checksums. Ignores data after the last member, as
 * gzip does. Fails with `TAR_BAD_ARCHIVE` (cut or damaged) or `TAR_ABORT` (more than `limit` bytes).
 */
export function gunzip(bytes: Uint8Array, limit: number = UNPACK_LIMITS.package): Outcome<Uint8Array> {
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8)
    return broken("its header is missing");
  const size = word(bytes, bytes.length - 4);
  if (size <= limit && size <= bytes.length * MAX_RATIO && !maybeMore(bytes)) {
    const whole = oneMember(bytes, size);
    if (whole) return ok(whole);
  }
  return members(bytes, limit);
}

// Bytes from which the platform's own stream takes half the time in Chromium. Below that, starting it takes as long as it saves.
const LARGE = 16 * 1024;

// Bytes per write to the platform's stream. A write cannot be stopped, and 32 KiB unpack to 32 MiB at most.
const NATIVE_SLICE = 32 * 1024;

/** As {@link gunzip}, but uses the platform's own stream if that is faster. */
export async function gunzipFast(
  bytes: Uint8Array,
  limit: number = UNPACK_LIMITS.package,
): Promise<Outcome<Uint8Array>> {
  const size = bytes.length < LARGE ? Number.POSITIVE_INFINITY : word(bytes, bytes.length - 4);
  if (size > limit || size > bytes.length * MAX_RATIO || typeof DecompressionStream === "undefined")
    return gunzip(bytes, limit);
  const whole = await native(bytes as Uint8Array<ArrayBuffer>, size).catch(() => undefined);
  return whole ? ok(whole) : members(bytes, limit);
}

/** The bytes from `start` on, up to and without `end`. */
export type ByteRange = readonly [start: number, end: number];

/**
 * Unpacks a gzip file that was verified before, and returns ranges of its content. Stops after the last range, and keeps
 * nothing else in memory. Returns undefined if the platform cannot do that, or rejects the file.
 */
export async function gunzipRanges(bytes: Uint8Array, ranges: readonly ByteRange[]): Promise<Uint8Array[] | undefined> {
  if (bytes.length < LARGE || typeof DecompressionStream === "undefined") return undefined;
  const parts = ranges.map(([start, end]) => new Uint8Array(end - start));
  const last = Math.max(...ranges.map(([, end]) => end));
  const take = (chunk: Uint8Array, at: number): boolean => {
    for (const [i, [start, end]] of ranges.entries()) {
      const [from, to] = [Math.max(start, at), Math.min(end, at + chunk.length)];
      if (from < to) parts[i]?.set(chunk.subarray(from - at, to - at), from - start);
    }
    return at + chunk.length < last;
  };
  const read = await stream(bytes as Uint8Array<ArrayBuffer>, take).catch(() => 0);
  return read >= last ? parts : undefined;
}

/** Unpacks one member of `size` bytes by the platform's stream. Rejects or returns undefined for anything else. */
async function native(bytes: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array | undefined> {
  const out = new Uint8Array(size);
  const read = await stream(bytes, (chunk, at) => {
    const fits = at + chunk.length <= size;
    if (fits) out.set(chunk, at);
    return fits;
  });
  return read === size ? out : undefined;
}

/** Unpacks by the platform's stream until `take` returns false. Returns the bytes unpacked. Rejects if the file is damaged. */
async function stream(
  bytes: Uint8Array<ArrayBuffer>,
  take: (chunk: Uint8Array, at: number) => boolean,
): Promise<number> {
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  const write = async (): Promise<void> => {
    for (let at = 0; at < bytes.length; at += NATIVE_SLICE) await writer.write(bytes.subarray(at, at + NATIVE_SLICE));
    await writer.close();
  };
  // The reader below reports an error in the bytes, so the writer's rejection is ignored.
  write().catch(() => {});
  const reader = readable.getReader();
  for (let filled = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return filled;
    const more = take(value, filled);
    filled += value.length;
    if (more) continue;
    reader.cancel().catch(() => {});
    return filled;
  }
}

/** Checks whether a second member may start somewhere. Compressed data may look like one by chance; the slices below handle both. */
function maybeMore(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0x1f, 18); at >= 0; at = bytes.indexOf(0x1f, at + 1))
    if (bytes[at + 1] === 0x8b && bytes[at + 2] === 8) return true;
  return false;
}

/** Unpacks one member whose trailer ends the file. Returns undefined for anything else. */
function oneMember(bytes: Uint8Array, size: number): Uint8Array | undefined {
  try {
    // The spare byte shows whether the member is larger than its trailer says.
    const out = gunzipSync(bytes, { out: new Uint8Array(size + 1) });
    return out.length === size && crc32(out) === word(bytes, bytes.length - 8) ? out : undefined;
  } catch {
    return undefined;
  }
}

/** Unpacks several members, and ignores data after the last one. Works in slices, to stop at the limit. */
function members(bytes: Uint8Array, limit: number): Outcome<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  let memberSize = 0;
  let crc = 0;
  let from = 0;
  let bad = false;
  const stream = new Gunzip((chunk) => {
    total += chunk.length;
    memberSize += chunk.length;
    crc = crc32(chunk, crc);
    if (total <= limit) chunks.push(chunk);
  });
  const trailerAt = (at: number): boolean => word(bytes, at) === crc && word(bytes, at + 4) === memberSize >>> 0;
  stream.onmember = (offset) => {
    bad ||= !trailerAt(offset - 8);
    memberSize = crc = 0;
    from = offset;
  };
  try {
    for (let at = 0; at < bytes.length && !bad && total <= limit; at += SLICE)
      stream.push(bytes.subarray(at, at + SLICE), at + SLICE >= bytes.length);
  } catch {
    // Data behind the last member may be anything. The search for the trailer below decides whether the member is complete.
  }
  if (total > limit) return tooBig(limit);
  if (bad) return broken("a checksum does not match");
  for (let at = bytes.length - 8; at >= from; at--) if (trailerAt(at)) return ok(concat(chunks));
  return broken("it is cut off, or a checksum does not match");
}
