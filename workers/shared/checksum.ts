/**
 * Sums bytes as 32-bit words, in two interleaved sums, which a processor computes at the same time. Each step is reversible, so that a
 * change within one word always changes its sum; other changes almost always do.
 * @param seed gives other sums for the same bytes
 */
export function checksum(bytes: Uint8Array, seed: number): number {
  // Words must start at a multiple of four.
  const { buffer, byteOffset, length } = bytes.byteOffset & 3 ? bytes.slice() : bytes;
  const words = new Int32Array(buffer, byteOffset, length >>> 2);
  let even = seed ^ length;
  let odd = ~seed;
  const pairs = words.length & ~1;
  for (let at = 0; at < pairs; at += 2) {
    even = Math.imul(even ^ (words[at] as number), 0x9e3779b1);
    even ^= even >>> 15;
    odd = Math.imul(odd ^ (words[at + 1] as number), 0x85ebca6b);
    odd ^= odd >>> 13;
  }
  if (pairs < words.length) even = Math.imul(even ^ (words[pairs] as number), 0x9e3779b1);
  for (let at = words.length * 4; at < length; at++) odd = Math.imul(odd ^ (bytes[at] as number), 0x85ebca6b);
  return even ^ Math.imul(odd, 0xc2b2ae35);
}
