// A sealed blob: a magic number (4 bytes), a checksum of the content (4 bytes), the content, and blanks that pad the blob to
// a multiple of four bytes.

const HEAD = 8;

/** Sums 32-bit words. Each step is reversible, so a change within one word always changes the sum; other changes almost always do. */
function checksum(words: Uint32Array): number {
  let sum = words.length;
  for (let at = HEAD / 4; at < words.length; at++) {
    sum = Math.imul(sum ^ (words[at] as number), 0x9e3779b1);
    sum ^= sum >>> 15;
  }
  return sum >>> 0;
}

/** Returns a sealed blob that owns its buffer. `magic` identifies the kind of blob and its format. */
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

/** Returns the content with its padding, as a view; null if the blob is damaged or of another kind. */
export function unseal(magic: number, blob: Uint8Array): Uint8Array<ArrayBuffer> | null {
  if (blob.length < HEAD || blob.length % 4 !== 0) return null;
  // A word array must start at a multiple of four, and some stores return a view into a larger buffer.
  const bytes = (blob.byteOffset % 4 === 0 ? blob : blob.slice()) as Uint8Array<ArrayBuffer>;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return words[0] === magic && words[1] === checksum(words) ? bytes.subarray(HEAD) : null;
}
