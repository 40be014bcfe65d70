import { gzipSync } from "fflate";
import { sha } from "../../src/tarball/sha.ts";

// Helpers that run in Node and in pages.

/** Compresses to one member, with the same bytes each time. */
export function gzip(bytes: Uint8Array | string, level: 0 | 6 | 9 = 6): Uint8Array<ArrayBuffer> {
  const plain = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  return gzipSync(plain, { mtime: 1, level }) as Uint8Array<ArrayBuffer>;
}

/** Returns the SRI of bytes. */
export function sri(bytes: Uint8Array, algorithm: "SHA-512" | "SHA-384" | "SHA-256" | "SHA-1" = "SHA-512"): string {
  const hash = String.fromCharCode(...new Uint8Array(sha(algorithm, bytes)));
  return `${algorithm.toLowerCase().replace("-", "")}-${btoa(hash)}`;
}

/** Returns a copy with one byte changed. A negative offset counts from the end. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
  const changed = Uint8Array.from(bytes);
  const place = at < 0 ? bytes.length + at : at;
  changed[place] = (changed[place] as number) ^ 0x41;
  return changed;
}
