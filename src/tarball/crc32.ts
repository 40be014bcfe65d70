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

/** CRC-32 as gzip has it (RFC 1952, §8). `crc` continues an earlier sum. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  tables ??= makeTables();
  const t = tables;
  const at = (index: number): number => t[index] as number;
  let c = ~crc;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    const low = c ^ word(bytes, i);
    const high = word(bytes, i + 4);
    c =
      at(1792 + (low & 255)) ^
      at(1536 + ((low >>> 8) & 255)) ^
      at(1280 + ((low >>> 16) & 255)) ^
      at(1024 + (low >>> 24)) ^
      at(768 + (high & 255)) ^
      at(512 + ((high >>> 8) & 255)) ^
      at(256 + ((high >>> 16) & 255)) ^
      at(high >>> 24);
  }
  for (; i < bytes.length; i++) c = at((c ^ (bytes[i] as number)) & 255) ^ (c >>> 8);
  return ~c >>> 0;
}

/** Four bytes as a little-endian unsigned number. */
export function word(bytes: Uint8Array, at: number): number {
  const byte = (index: number): number => bytes[at + index] as number;
  return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0;
}
