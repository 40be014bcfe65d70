// Decodes the base64 of `dist.integrity` straight from a document's bytes into a record. A record stores a hash in 64 bytes
// instead of 95 characters. Nearly every version has one, so the usual decoders, which need a string for each, would take
// too long.
//
//   "sha512-AAEC…=="  (97 bytes with its quotes)  →  00 01 02 …  (64 bytes)

import type { GrowingBytes } from "./byte-text.ts";
import { HASH_BYTES } from "./record.ts";

/** The twelve bits that two base64 characters stand for, by the characters as one 16-bit word. -1 for other characters. */
const BITS: Int16Array = new Int16Array(1 << 16).fill(-1);
const ALPHABET = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
for (let bits = 0; bits < 1 << 12; bits++) {
  BITS[(ALPHABET[bits >> 6] as number) | ((ALPHABET[bits & 63] as number) << 8)] = bits;
}

/** The length of `"sha512-…=="` in bytes, with its quotes. */
export const SHA512_TEXT = 97;

/**
 * Checks whether the JSON at `at` is an integrity of exactly one sha512 hash in its usual form. If it is, writes the hash after
 * the end of `to`, but does not change the length of `to`.
 */
export function readSha512(text: DataView, at: number, to: GrowingBytes): boolean {
  const end = at + SHA512_TEXT;
  // `"sha` and `512-`
  if (end > text.byteLength || text.getInt32(at, true) !== 0x61687322) return false;
  if (text.getInt32(at + 4, true) !== 0x2d323135) return false;
  to.reserve(HASH_BYTES);
  const { view, length } = to;
  let bad = 0;
  let place = length;
  for (at += 8; at < end - 5; at += 4, place += 3) {
    const word = text.getInt32(at, true);
    const one = BITS[word & 0xffff] as number;
    const two = BITS[word >>> 16] as number;
    bad |= one | two;
    // writes three bytes, and a fourth that the next write replaces
    view.setInt32(place, (one >> 4) | ((one & 15) << 12) | (two & 0xf00) | ((two & 255) << 16), true);
  }
  // two characters are left, whose last four bits are unused, then `=="`
  const last = BITS[text.getUint16(at, true)] as number;
  view.setUint8(place, last >> 4);
  return (bad | last) >= 0 && (last & 15) === 0 && text.getUint32(end - 4, true) >>> 8 === 0x223d3d;
}
