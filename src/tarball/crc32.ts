// CRC-32 as in gzip (RFC 1952, §8), eight bytes per step. Table k of eight (256 entries each) maps a byte to its remainder
// after k more zero bytes.

let tables: Uint32Array | undefined;

function makeTables(): Uint32Array {
  const made = new Uint32Array(2048);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    made[n] = c;
  }
  for (let n = 256; n < 2048; n++) {
    const before = made[n - 256] as number;
    made[n] = (before >>> 8) ^ (made[before & 255] as number);
  }
  return made;
}

/** True if the machine stores the lowest byte of a word first, as the sum reads words. All machines with browsers do. */
const LOWEST_FIRST = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Returns the CRC-32 of bytes. `crc` is the sum of the bytes before them. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  tables ??= makeTables();
  // Sum the bytes before the first aligned word, then two words per step, then the remaining bytes.
  const first = -bytes.byteOffset & 3;
  const pairs = LOWEST_FIRST ? Math.max(0, (bytes.length - first) >> 3) : 0;
  if (pairs === 0) return ~sumBytes(bytes, ~crc, tables) >>> 0;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + first, pairs * 2);
  const sum = sumWords(words, sumBytes(bytes.subarray(0, first), ~crc, tables), tables);
  return ~sumBytes(bytes.subarray(first + words.byteLength), sum, tables) >>> 0;
}

function sumBytes(bytes: Uint8Array, sum: number, t: Uint32Array): number {
  let c = sum;
  for (let i = 0; i < bytes.length; i++) c = (t[(c ^ (bytes[i] as number)) & 255] as number) ^ (c >>> 8);
  return c;
}

/** Sums an even number of words. */
function sumWords(words: Uint32Array, sum: number, t: Uint32Array): number {
  let c = sum;
  for (let i = 0; i < words.length; i += 2) {
    const low = c ^ (words[i] as number);
    const high = words[i + 1] as number;
    c =
      (t[1792 + (low & 255)] as number) ^
      (t[1536 + ((low >>> 8) & 255)] as number) ^
      (t[1280 + ((low >>> 16) & 255)] as number) ^
      (t[1024 + (low >>> 24)] as number) ^
      (t[768 + (high & 255)] as number) ^
      (t[512 + ((high >>> 8) & 255)] as number) ^
      (t[256 + ((high >>> 16) & 255)] as number) ^
      (t[high >>> 24] as number);
  }
  return c;
}

/** Reads four bytes as an unsigned number, lowest byte first. Bytes behind the end count as 0. */
export function word(bytes: Uint8Array, at: number): number {
  const byte = (index: number): number => bytes[at + index] as number;
  return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0;
}
