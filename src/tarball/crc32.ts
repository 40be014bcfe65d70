// Eight tables of 256: eight bytes a step. Table k maps a byte to its remainder after k more zero bytes.
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

/** Whether the machine's own words have their lowest byte first, as the sum reads them: every machine that has a browser. */
const LOWEST_FIRST = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** CRC-32 as gzip has it (RFC 1952, §8). `crc` continues an earlier sum. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  tables ??= makeTables();
  // What comes before the first whole word, then two words a step, then what is left.
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

/** An even number of words. */
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

/** Four bytes as a little-endian unsigned number. */
export function word(bytes: Uint8Array, at: number): number {
  const byte = (index: number): number => bytes[at + index] as number;
  return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0;
}
