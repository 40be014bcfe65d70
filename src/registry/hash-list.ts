import { HASH } from "./record.ts";

/** Twelve bits for two characters of base64, read as one 16-bit word; -1 for others. */
const BITS: Int16Array = new Int16Array(1 << 16).fill(-1);
const ALPHABET = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
for (let bits = 0; bits < 1 << 12; bits++) {
  BITS[(ALPHABET[bits >> 6] as number) | ((ALPHABET[bits & 63] as number) << 8)] = bits;
}

/** Bytes of `"sha512-…=="`, quotes included. */
export const SHA512_TEXT = 97;

/** The bytes of versions' sha512 hashes; zeroes for a version without. */
export class HashList {
  bytes: Uint8Array = new Uint8Array(HASH << 6);
  #view: DataView = new DataView(this.bytes.buffer);

  clear(entry: number): void {
    this.#reserve(entry);
    this.bytes.fill(0, entry * HASH, (entry + 1) * HASH);
  }

  /** Whether the JSON at `at` is an integrity of one sha512 as everybody writes it, which is then noted. */
  read(text: DataView, at: number, entry: number): boolean {
    const end = at + SHA512_TEXT;
    // `"sha` and `512-`
    if (end > text.byteLength || text.getInt32(at, true) !== 0x61687322) return false;
    if (text.getInt32(at + 4, true) !== 0x2d323135) return false;
    this.#reserve(entry);
    const view = this.#view;
    let to = entry * HASH;
    let bad = 0;
    let from = at + 8;
    for (; from < end - 5; from += 4, to += 3) {
      const word = text.getInt32(from, true);
      const one = BITS[word & 0xffff] as number;
      const two = BITS[word >>> 16] as number;
      bad |= one | two;
      // three bytes, and one that the next three replace
      view.setInt32(to, (one >> 4) | ((one & 15) << 12) | (two & 0xf00) | ((two & 255) << 16), true);
    }
    // two characters are left, of which the last four bits mean nothing, then `=="`
    const last = BITS[text.getUint16(from, true)] as number;
    view.setUint8(to, last >> 4);
    return (bad | last) >= 0 && (last & 15) === 0 && text.getUint32(end - 4, true) >>> 8 === 0x223d3d;
  }

  #reserve(entry: number): void {
    if (entry * HASH < this.bytes.length) return;
    const larger = new Uint8Array((entry + 1) * HASH * 2);
    larger.set(this.bytes);
    this.bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
