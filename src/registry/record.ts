import type { Failure } from "../api/failure.ts";
import { sortPausing } from "../base/sort-pausing.ts";
import { InstallError } from "../errors/failure.ts";
import { invalidDocument } from "../errors/packages.ts";
import { compareVersions, type Version } from "../spec/version.ts";

// The layout of a record: the parts of a packument that an installer reads, in one block of bytes, which threads share and the
// metadata cache stores. `condense` writes records and `Packument` reads them. condense.ts shows an example.
//
// 1. 32-bit little-endian words: HEADER of them, then the number of each version's *shape*, then the releases (numbers of
//    versions, lowest first), then the lengths of the slices.
// 2. The slices, one directly after the other: the versions' keys, the shapes, PREFIX, and `dist-tags`, `time` and
//    `policyRestrictions` as JSON (empty if absent).
// 3. From the position in word HASHES: the versions' sha512 hashes, HASH_BYTES bytes each.
//
// A shape is a byte of flags and a manifest without the members that the flags stand for. Most versions of a package share one.

/** Index of the word with the format's number, {@link CURRENT_FORMAT}. */
export const FORMAT = 0;
/** Index of the word with the record's size in bytes. */
export const LENGTH = 1;
/** Index of the word with the number of words. */
export const WORD_COUNT = 2;
/** Index of the word with the number of versions. */
export const VERSIONS = 3;
/** Index of the word with the number of releases, the versions that are not prereleases. */
export const RELEASES = 4;
/** Index of the word with the record's flags: {@link UNCHECKED_TIME}, {@link NON_PLAIN_KEYS}. */
export const RECORD_FLAGS = 5;
/** Index of the word with the position of the hashes. */
export const HASHES = 6;
/** The number of words in the header. */
export const HEADER = 7;

/** Identifies the layout and the choice of members. Change the number whenever one of them changes. */
export const CURRENT_FORMAT = 0x31504857;

/** The slices after the keys and the shapes. A regular tarball's URL is the prefix, the version's key and `.tgz`. */
export const PREFIX = 0;
export const DIST_TAGS = 1;
export const TIME = 2;
export const RESTRICTIONS = 3;
export const PARTS = 4;

/** A flag of the record: some publish time does not look like `2020-01-31T12:…`, so it may be an invalid date. */
export const UNCHECKED_TIME = 1;
/** A flag of the record: some version's key has escapes or is not plain ASCII. */
export const NON_PLAIN_KEYS = 2;

/** Flags of a shape. Each stands for a member that follows from the packument and is left out: name, version, dist. */
export const SAME_NAME = 1;
export const SAME_VERSION = 2;
export const REGULAR_DIST = 4;

/** The size of a sha512 hash, in bytes. */
export const HASH_BYTES = 64;

/** Makes the EINVALIDPACKUMENT error of a package's document. */
export function invalidPackument(name: string, why: string, details: Failure["details"] = {}): InstallError {
  return new InstallError(invalidDocument(name, why, { package: name, details }));
}

/** Returns the record, or a copy if its position in its buffer does not suit 32-bit words. */
export function aligned(record: Uint8Array): Uint8Array {
  return record.byteOffset & 3 ? record.slice() : record;
}

/** Returns the words of an aligned record. */
export function asUint32(record: Uint8Array): Uint32Array {
  return new Uint32Array(record.buffer, record.byteOffset, record.length >> 2);
}

/** A version and its number in the document's order. */
export interface VersionEntry {
  readonly version: Version;
  readonly entry: number;
}

/**
 * Sorts versions given in the document's order, and returns their numbers, lowest version first. Of equal versions, the
 * last one comes first.
 */
export function* sortedEntries(candidates: VersionEntry[]): Generator<undefined, number[]> {
  // most documents are nearly in order, which makes the sort fast
  const sorted = yield* sortPausing(candidates.reverse(), (a, b) => compareVersions(a.version, b.version));
  return sorted.map(({ entry }) => entry);
}

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** A buffer for texts from shared memory. Most of them fit. */
const decodeScratch = new Uint8Array(1 << 14);

/** Decodes a slice as UTF-8. Bytes in shared memory are copied first, because a decoder refuses them. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  const slice = bytes.subarray(start, end);
  if (bytes.buffer instanceof ArrayBuffer) return DECODER.decode(slice);
  if (slice.length > decodeScratch.length) return DECODER.decode(slice.slice());
  decodeScratch.set(slice);
  return DECODER.decode(decodeScratch.subarray(0, slice.length));
}

/** Returns the text of a JSON string, given without its quotes. Throws a SyntaxError if it is not one. */
export function readKey(bytes: Uint8Array, start: number, end: number): string {
  return plainEnd(bytes, start, end) === end
    ? latin1(bytes, start, end)
    : (JSON.parse(`"${decodeUtf8(bytes, start, end)}"`) as string);
}

const codes: number[] = [];

/** Returns a slice as text, one character per byte, faster than a decoder does. A slice longer than 256 bytes must be ASCII. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  // more arguments might not fit on the stack
  if (end - start > 256) return decodeUtf8(bytes, start, end);
  codes.length = end - start;
  for (let at = start; at < end; at++) codes[at - start] = bytes[at] as number;
  return String.fromCharCode.apply(null, codes);
}

/** The ASCII characters that JSON strings contain unescaped. */
const PLAIN_ASCII: Uint8Array = new Uint8Array(256).fill(1, 32, 127);
PLAIN_ASCII[34] = PLAIN_ASCII[92] = 0;

/** Returns the first position from `at` to `end` that is not plain ASCII, or is a quote or a backslash. */
export function plainEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && PLAIN_ASCII[bytes[at] as number]) at++;
  return at;
}
