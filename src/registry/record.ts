import type { Failure } from "../api/failure.ts";
import { InstallError } from "../errors/failure.ts";
import { invalidDocument } from "../errors/packages.ts";
import { compareVersions, type Version } from "../spec/version.ts";

/**
 * A packument's record: what an installer reads of it, in one block of bytes that threads share and stores keep.
 *
 * 32-bit little-endian words come first: {@link HEADER} of them, then for each version the number of its *shape*, the
 * releases (numbers of versions, lowest first), and the lengths of the slices. The slices follow, one right after the
 * other: the versions' keys, the shapes, {@link PREFIX}, `dist-tags`, `time` and `policyRestrictions` as JSON (empty when
 * absent). From {@link COLD} on stand the versions' sha512 hashes, {@link HASH} bytes each.
 *
 * A shape is what versions of a package have in common, which is most often all: a byte of flags and a manifest less what
 * the flags say is left out.
 */
export const FORMAT = 0;
/** Bytes of the whole record. */
export const LENGTH = 1;
/** How many words there are. */
export const WORDS = 2;
export const VERSIONS = 3;
export const RELEASES = 4;
/** Flags of the whole: {@link ODD_TIME}, {@link ODD_KEYS}. */
export const FLAGS = 5;
export const HASHES = 6;
export const HEADER = 7;

/** The layout and the choice of members: another one is another number. */
export const CURRENT_FORMAT = 0x31504857;

/** Slices after the keys and the shapes. A regular tarball's URL is the prefix, the version's key and `.tgz`. */
export const PREFIX = 0;
export const DIST_TAGS = 1;
export const TIME = 2;
export const RESTRICTIONS = 3;
export const PARTS = 4;

/** Some publish time has an unusual form. */
export const UNCHECKED_TIME = 1;
/** Some version's key is not plain ASCII, or has escapes. */
export const NON_PLAIN_KEYS = 2;

/** Flags of a shape: a member that says what the packument says is left out, `dist` too. */
export const SAME_NAME = 1;
export const SAME_VERSION = 2;
export const REGULAR_DIST = 4;

export const HASH_BYTES = 64;

export function invalidPackument(name: string, why: string, details: Failure["details"] = {}): InstallError {
  return new InstallError(invalidDocument(name, why, { package: name, details }));
}

/** The record itself, or a copy of one whose place does not suit 32-bit words. */
export function aligned(record: Uint8Array): Uint8Array {
  return record.byteOffset & 3 ? record.slice() : record;
}

/** An aligned record by words. */
export function asUint32(record: Uint8Array): Uint32Array {
  return new Uint32Array(record.buffer, record.byteOffset, record.length >> 2);
}

/** A version, and its number in the document's order. */
export interface VersionEntry {
  readonly version: Version;
  readonly entry: number;
}

/** The numbers of versions that stand in the document's order, lowest version first; of equal ones the last comes first. */
export function inOrder(candidates: VersionEntry[]): number[] {
  // most documents have them in order already
  candidates.reverse().sort((a, b) => compareVersions(a.version, b.version));
  return candidates.map(({ entry }) => entry);
}

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Room for most texts. */
const scratch = new Uint8Array(1 << 14);

/** Text of a slice. A decoder refuses shared memory: such bytes are copied first. */
export function decode(bytes: Uint8Array, start: number, end: number): string {
  const slice = bytes.subarray(start, end);
  if (bytes.buffer instanceof ArrayBuffer) return DECODER.decode(slice);
  if (slice.length > scratch.length) return DECODER.decode(slice.slice());
  scratch.set(slice);
  return DECODER.decode(scratch.subarray(0, slice.length));
}

/** The text of a JSON string that stands between quotes. Throws a SyntaxError when it is none. */
export function readKey(bytes: Uint8Array, start: number, end: number): string {
  return plainEnd(bytes, start, end) === end
    ? latin1(bytes, start, end)
    : (JSON.parse(`"${decode(bytes, start, end)}"`) as string);
}

const codes: number[] = [];

/** A slice as text, a byte a character: quicker than a decoder, and than a view of the bytes. One beyond 256 must be ASCII. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  // so many arguments would not fit the stack
  if (end - start > 256) return decode(bytes, start, end);
  codes.length = end - start;
  for (let at = start; at < end; at++) codes[at - start] = bytes[at] as number;
  return String.fromCharCode.apply(null, codes);
}

/** ASCII that stands for itself between quotes. */
const PLAIN: Uint8Array = new Uint8Array(256).fill(1, 32, 127);
PLAIN[34] = PLAIN[92] = 0;

/** The first place from `at` to `end` that is not plain ASCII, or is a quote or a backslash. */
export function plainEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && PLAIN[bytes[at] as number]) at++;
  return at;
}
