import { seal, unseal } from "../blobs/seal.ts";
import { isTable, parseSealed } from "../blobs/sealed-json.ts";

/** The magic number of a directory: `wpd1`. */
const MAGIC = 0x31647077;

/** Letters of a fingerprint: 64 bits of a pack's hash. A reader also compares the whole hash, which the segment's list has. */
const FINGERPRINT_LENGTH = 14;

/** The most segments of a directory. More would slow down every read. The ones used least recently are dropped. */
const MAX_SEGMENTS = 2_000;

/** The key of the directory's blob. */
export const DIRECTORY = "1 d";

/** Packs that were written together. Later, only the day of the last use changes, and packs can be forgotten. */
export interface Segment {
  /** Bytes of tarballs, seek points and indexes. */
  bytes: number;
  /** Day of the last use, counted from 1970. A coarse unit, so that a read rarely causes a write. */
  used: number;
  /** The fingerprint of each pack, in order. Blanks stand for a forgotten pack. */
  fingerprints: string;
}

/**
 * Says which packs are stored, and where. A fingerprint takes 14 letters, so the directory of 10,000 packs is read at once.
 * A segment's number is about the time it was written, in milliseconds. No number is used twice, not even after the cache
 * was cleared.
 */
export interface Directory {
  readonly segments: Map<number, Segment>;
  /** Other hashes (SRI) of packs, each with the pack's sha512. */
  readonly aliases: Map<string, string>;
}

/** The place of a pack in its segment. */
export interface PackPosition {
  readonly segment: number;
  /** Index among the segment's packs, from 0. */
  readonly at: number;
}

export function emptyDirectory(): Directory {
  return { segments: new Map(), aliases: new Map() };
}

/** Returns sealed JSON: `[[segment, bytes, used, fingerprints, …], [alias, sha512, …]]`. */
export function writeDirectory({ segments, aliases }: Directory): Uint8Array {
  const rows = [...segments].flatMap(([id, { bytes, used, fingerprints }]) => [id, bytes, used, fingerprints]);
  return seal(MAGIC, [new TextEncoder().encode(JSON.stringify([rows, [...aliases].flat()]))]);
}

/** Reads a directory. Returns null if the blob is damaged or of another format. Its segments then count as orphans. */
export function readDirectory(blob: Uint8Array): Directory | null {
  const text = unseal(MAGIC, blob);
  if (!text) return null;
  const directory = emptyDirectory();
  const value = parseSealed(text);
  const [rows, aliases] = Array.isArray(value) ? value : [];
  if (!isTable(rows, ["number", "number", "number", "string"]) || !isTable(aliases, ["string", "string"])) return null;
  for (let at = 0; at < rows.length; at += 4) {
    const [id, bytes, used, fingerprints] = rows.slice(at, at + 4) as [number, number, number, string];
    directory.segments.set(id, { bytes, used, fingerprints });
  }
  for (let at = 0; at < aliases.length; at += 2) {
    const [alias, integrity] = aliases.slice(at, at + 2) as [string, string];
    directory.aliases.set(alias, integrity);
  }
  return directory;
}

/** Returns the fingerprint of a hash: 14 letters. */
export function fingerprintOf(hash: string): string {
  let [low, high] = [0x811c9dc5, 0x9e3779b1];
  for (let at = 0; at < hash.length; at++) {
    const letter = hash.charCodeAt(at);
    low = Math.imul(low ^ letter, 0x01000193);
    high = Math.imul(high ^ (high >>> 15) ^ letter, 0x85ebca6b);
  }
  return [low, high].map((word) => (word >>> 0).toString(32).padStart(FINGERPRINT_LENGTH / 2, "0")).join("");
}

/** Counts the packs of a segment, forgotten ones included. */
export function slotCount({ fingerprints }: Segment): number {
  return fingerprints.length / FINGERPRINT_LENGTH;
}

/** Counts the packs of all segments, without forgotten ones. */
export function packCount({ segments }: Directory): number {
  let count = 0;
  for (const { fingerprints } of segments.values()) {
    for (let at = 0; at < fingerprints.length; at += FINGERPRINT_LENGTH)
      if (fingerprints.slice(at, at + FINGERPRINT_LENGTH).trim()) count++;
  }
  return count;
}

/** Yields the positions of packs with these fingerprints. */
export function* positionsOf(
  { segments }: Directory,
  wanted: { has(fingerprint: string): boolean },
): Generator<readonly [fingerprint: string, position: PackPosition]> {
  for (const [segment, { fingerprints }] of segments) {
    for (let at = 0; at * FINGERPRINT_LENGTH < fingerprints.length; at++) {
      const fingerprint = fingerprints.slice(at * FINGERPRINT_LENGTH, (at + 1) * FINGERPRINT_LENGTH);
      if (wanted.has(fingerprint)) yield [fingerprint, { segment, at }];
    }
  }
}

/** Forgets a pack of `bytes` bytes. Returns false if the directory does not have it. */
export function forgetPack({ segments }: Directory, { segment, at }: PackPosition, bytes: number): boolean {
  const found = segments.get(segment);
  const start = at * FINGERPRINT_LENGTH;
  const end = start + FINGERPRINT_LENGTH;
  if (!found?.fingerprints.slice(start, end).trim()) return false;
  found.fingerprints =
    found.fingerprints.slice(0, start) + " ".repeat(FINGERPRINT_LENGTH) + found.fingerprints.slice(end);
  found.bytes -= bytes;
  return true;
}

/** Returns the segments used least recently, as many as free `need` bytes and bring the number below the limit. Skips spared ones. */
export function leastRecentlyUsed({ segments }: Directory, need: number, spare: ReadonlySet<number>): number[] {
  const doomed: number[] = [];
  let freed = 0;
  for (const [id, { bytes }] of [...segments].sort(([a, one], [b, other]) => one.used - other.used || a - b)) {
    if (freed >= need && segments.size - doomed.length < MAX_SEGMENTS) break;
    if (spare.has(id)) continue;
    freed += bytes;
    doomed.push(id);
  }
  return doomed;
}

/** Removes the aliases of packs that are no longer stored. */
export function dropAliases(directory: Directory): void {
  const { aliases } = directory;
  if (aliases.size === 0) return;
  const wanted = new Set([...aliases.values()].map(fingerprintOf));
  const stored = new Set<string>();
  for (const [fingerprint] of positionsOf(directory, wanted)) stored.add(fingerprint);
  for (const [alias, integrity] of aliases) if (!stored.has(fingerprintOf(integrity))) aliases.delete(alias);
}

// Keys of blobs. The first number is the format. Blobs of another format are neither read nor overwritten.

/** The key of a segment's list of packs. */
export function listKey(segment: number): string {
  return `1 i ${segment}`;
}

/** The key of a tarball. */
export function packBlobKey({ segment, at }: PackPosition): string {
  return `1 p ${segment} ${at}`;
}

/** The key of a large tarball's seek points. */
export function seekPointsKey({ segment, at }: PackPosition): string {
  return `1 w ${segment} ${at}`;
}

/** Returns the segment that a key belongs to; undefined for the key of anything else. */
export function segmentOfKey(key: string): number | undefined {
  const [, segment] = /^1 [ipw] (\d+)/.exec(key) ?? [];
  return segment === undefined ? undefined : Number(segment);
}

/** Returns all keys of a segment with `count` packs. */
export function segmentKeys(segment: number, count: number): string[] {
  const keys = [listKey(segment)];
  for (let at = 0; at < count; at++) keys.push(packBlobKey({ segment, at }), seekPointsKey({ segment, at }));
  return keys;
}
