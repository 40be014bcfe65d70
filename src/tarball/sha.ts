import type { HashName } from "./integrity.ts";

// Loaded on demand: in a page without WebCrypto.
//
// SHA-1 and SHA-2 by FIPS 180-4: constants (§4.2, §5.3), padding (§5.1), rounds (§6). A 64-bit word is two of 32 bits, the
// high one first. The constants are computed: they are fractions of the roots of the first primes.

type Words = Int32Array;
type Rounds = (state: Words, words: Words) => void;

/** Returns the first 64 fraction bits of a number's square or cube root. `fraction(2n, 2n)` is 0x6a09e667f3bcc908. */
function fraction(number: bigint, degree: bigint): bigint {
  const wanted = number << (64n * degree);
  let root = 0n;
  for (let bit = 1n << 68n; bit > 0n; bit >>= 1n) if ((root + bit) ** degree <= wanted) root += bit;
  return BigInt.asUintN(64, root);
}

function primes(count: number): bigint[] {
  const found: bigint[] = [];
  for (let n = 2n; found.length < count; n++) if (found.every((prime) => n % prime !== 0n)) found.push(n);
  return found;
}

const pairs = (numbers: readonly bigint[]): Words =>
  Int32Array.from(numbers.flatMap((n) => [Number(n >> 32n), Number(n & 0xffffffffn)]));
const highs = (numbers: readonly bigint[]): Words => Int32Array.from(numbers, (n) => Number(n >> 32n));

const PRIMES = primes(80);
const CUBES = PRIMES.map((prime) => fraction(prime, 3n));
const ROOTS = PRIMES.slice(0, 16).map((prime) => fraction(prime, 2n));
const K512 = pairs(CUBES);
const K256 = highs(CUBES.slice(0, 64));

interface Kind {
  start: Words;
  rounds: Rounds;
  /** Bytes of a block. */
  block: number;
  /** 32-bit words of the message schedule. */
  words: number;
  /** Bytes of the hash. */
  size: number;
}

const KINDS: Readonly<Record<HashName, Kind>> = {
  "SHA-512": { start: pairs(ROOTS.slice(0, 8)), rounds: rounds512, block: 128, words: 160, size: 64 },
  "SHA-384": { start: pairs(ROOTS.slice(8)), rounds: rounds512, block: 128, words: 160, size: 48 },
  "SHA-256": { start: highs(ROOTS.slice(0, 8)), rounds: rounds256, block: 64, words: 64, size: 32 },
  "SHA-1": {
    start: Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0),
    rounds: rounds1,
    block: 64,
    words: 80,
    size: 20,
  },
};

/** Returns the hash of bytes, computed synchronously. */
export function sha(algorithm: HashName, bytes: Uint8Array): ArrayBuffer {
  const { start, rounds, block, words: count, size } = KINDS[algorithm];
  const state = start.slice();
  const words = new Int32Array(count);
  const run = (from: Uint8Array): void => {
    const view = new DataView(from.buffer, from.byteOffset, from.length);
    for (let at = 0; at + block <= from.length; at += block) {
      for (let i = 0; i < block >> 2; i++) words[i] = view.getInt32(at + 4 * i);
      rounds(state, words);
    }
  };
  run(bytes);
  run(ending(bytes, block));
  const hash = new DataView(new ArrayBuffer(size));
  for (let at = 0; at < size; at += 4) hash.setInt32(at, state[at >> 2] as number);
  return hash.buffer;
}

/** Returns the last one or two blocks (§5.1): the remaining bytes, a one bit, zeros, and the number of bits. */
function ending(bytes: Uint8Array, block: number): Uint8Array {
  const left = bytes.length % block;
  const padded = new Uint8Array(left + 1 + block / 8 > block ? 2 * block : block);
  padded.set(bytes.subarray(bytes.length - left));
  padded[left] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, bytes.length / 2 ** 29);
  view.setUint32(padded.length - 4, bytes.length << 3);
  return padded;
}

/** SHA-1 (§6.1.2). */
function rounds1(state: Words, w: Words): void {
  for (let t = 16; t < 80; t++) w[t] = turn(w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!, 31);
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
  for (let t = 0; t < 80; t++) {
    const mixed =
      t < 20
        ? ((b & c) | (~b & d)) + 0x5a827999
        : t < 40
          ? (b ^ c ^ d) + 0x6ed9eba1
          : t < 60
            ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
            : (b ^ c ^ d) + 0xca62c1d6;
    const next = (turn(a, 27) + mixed + e + w[t]!) | 0;
    e = d;
    d = c;
    c = turn(b, 2);
    b = a;
    a = next;
  }
  for (const [i, value] of [a, b, c, d, e].entries()) state[i]! += value;
}

/** Rotates right. */
const turn = (x: number, by: number): number => (x >>> by) | (x << (32 - by));

/** SHA-256 (§6.2.2). */
function rounds256(state: Words, w: Words): void {
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    w[t] = w[t - 16]! + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w[t - 7]! + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as Eight;
  for (let t = 0; t < 64; t++) {
    const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K256[t]! + w[t]!;
    const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i]! += value;
}

type Eight = [number, number, number, number, number, number, number, number];

const OVER = 2 ** 32;

// Returns the high half of a 64-bit word that is rotated right. By 8: `turned(high, low, 8)`; by 34: `turned(low, high, 2)`.
// With `high` and `low` swapped, returns the low half.
const turned = (high: number, low: number, by: number): number => (high >>> by) | (low << (32 - by));
const big0 = (x: number, y: number): number => turned(x, y, 28) ^ turned(y, x, 2) ^ turned(y, x, 7);
const big1 = (x: number, y: number): number => turned(x, y, 14) ^ turned(x, y, 18) ^ turned(y, x, 9);
const small0 = (x: number, y: number): number => turned(x, y, 1) ^ turned(x, y, 8);
const small1 = (x: number, y: number): number => turned(x, y, 19) ^ turned(y, x, 29);

/** SHA-512 and SHA-384 (§6.4.2). */
function rounds512(state: Words, w: Words): void {
  for (let t = 32; t < 160; t += 2) {
    const x = w[t - 30]!;
    const xl = w[t - 29]!;
    const y = w[t - 4]!;
    const yl = w[t - 3]!;
    const s0 = small0(xl, x) ^ turned(xl, x, 7);
    const s1 = small1(yl, y) ^ turned(yl, y, 6);
    const low = (w[t - 31]! >>> 0) + (s0 >>> 0) + (w[t - 13]! >>> 0) + (s1 >>> 0);
    w[t + 1] = low;
    w[t] = w[t - 32]! + (small0(x, xl) ^ (x >>> 7)) + w[t - 14]! + (small1(y, yl) ^ (y >>> 6)) + ((low / OVER) | 0);
  }
  // The variables a to h of §6.4.2. An l marks the low half.
  let [a, b, c, d, e, f, g, h] = halves(state, 0);
  let [al, bl, cl, dl, el, fl, gl, hl] = halves(state, 1);
  for (let t = 0; t < 160; t += 2) {
    const choice = (el & fl) ^ (~el & gl);
    const low = (hl >>> 0) + (big1(el, e) >>> 0) + (choice >>> 0) + (K512[t + 1]! >>> 0) + (w[t + 1]! >>> 0);
    const one = (h + big1(e, el) + ((e & f) ^ (~e & g)) + K512[t]! + w[t]! + ((low / OVER) | 0)) | 0;
    const most = (al & bl) ^ (al & cl) ^ (bl & cl);
    const two = (big0(a, al) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    const lowA = (low >>> 0) + (big0(al, a) >>> 0) + (most >>> 0);
    const lowE = (low >>> 0) + (dl >>> 0);
    h = g;
    hl = gl;
    g = f;
    gl = fl;
    f = e;
    fl = el;
    e = (d + one + ((lowE / OVER) | 0)) | 0;
    el = lowE | 0;
    d = c;
    dl = cl;
    c = b;
    cl = bl;
    b = a;
    bl = al;
    a = (one + two + ((lowA / OVER) | 0)) | 0;
    al = lowA | 0;
  }
  const high = [a, b, c, d, e, f, g, h];
  for (const [i, added] of [al, bl, cl, dl, el, fl, gl, hl].entries()) {
    const low = (state[2 * i + 1]! >>> 0) + (added >>> 0);
    state[2 * i + 1] = low;
    state[2 * i]! += high[i]! + ((low / OVER) | 0);
  }
}

const halves = (state: Words, which: 0 | 1): Eight => state.filter((_, i) => i % 2 === which) as unknown as Eight;
