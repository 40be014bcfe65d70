// A blob is a magic number, a checksum of the rest, and the rest, filled up with blanks to a multiple of four bytes.

const HEAD = 8;

/** Any change within one word is seen for certain, since every step can be undone; others all but certainly. */
function checksum(words: Uint32Array): number {
  let sum = words.length;
  for (let at = HEAD / 4; at < words.length; at++) {
    sum = Math.imul(sum ^ (words[at] as number), 0x9e3779b1);
    sum ^= sum >>> 15;
  }
  return sum >>> 0;
}

/** One array that owns its buffer. `magic` says what it is and of which format. */
export function seal(magic: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, HEAD);
  const words = new Uint32Array((length + 3) >> 2);
  const bytes = new Uint8Array(words.buffer);
  let at = HEAD;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes.fill(32, at);
  words[0] = magic;
  words[1] = checksum(words);
  return bytes;
}

/** What was sealed, not copied and with its filling; null where anything is wrong. */
export function unseal(magic: number, blob: Uint8Array): Uint8Array<ArrayBuffer> | null {
  if (blob.length < HEAD || blob.length % 4 !== 0) return null;
  // Words must start at a multiple of four, and not every store gives back a buffer of one's own.
  const bytes = (blob.byteOffset % 4 === 0 ? blob : blob.slice()) as Uint8Array<ArrayBuffer>;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return words[0] === magic && words[1] === checksum(words) ? bytes.subarray(HEAD) : null;
}
