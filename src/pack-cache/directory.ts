import { seal, unseal } from "../blobs/seal.ts";

/** `wpd1`. */
const MAGIC = 0x31647077;

/** By which a directory knows a pack: 64 bits. Who reads compares the whole hash, in the segment's list. */
const LETTERS = 14;

/** More are a burden to every reading: those that were used least recently go. */
const MOST_SEGMENTS = 2_000;

export const DIRECTORY = "1 d";

/** Packs that were written together. Nothing of it changes but its last use and what is forgotten of it. */
export interface Segment {
  /** Of tarballs, waypoints and indexes. */
  bytes: number;
  /** Day since 1970 of the last use: coarse, so that reading does not always write. */
  used: number;
  /** Of each pack, in order, the letters it is known by; blanks where one was forgotten. */
  names: string;
}

/**
 * What is where: 14 letters a pack, so that 10,000 are read at once. A segment's number is about the millisecond it was
 * written at: it does not come again, not even after everything was cleared.
 */
export interface Directory {
  readonly segments: Map<number, Segment>;
  /** Other hashes (SRI), and the sha512 that each leads to. */
  readonly aliases: Map<string, string>;
}

/** Where a pack may be. */
export interface Spot {
  readonly segment: number;
  /** Its place among the segment's packs, from 0. */
  readonly at: number;
}

export function emptyDirectory(): Directory {
  return { segments: new Map(), aliases: new Map() };
}

/** Sealed JSON: `[[segment, bytes, used, names, …], [alias, sha512, …]]`. */
export function writeDirectory({ segments, aliases }: Directory): Uint8Array {
  const rows = [...segments].flatMap(([id, { bytes, used, names }]) => [id, bytes, used, names]);
  return seal(MAGIC, [new TextEncoder().encode(JSON.stringify([rows, [...aliases].flat()]))]);
}

/** Null where the blob is corrupt or of another format: its segments are nobody's. */
export function readDirectory(blob: Uint8Array): Directory | null {
  const text = unseal(MAGIC, blob);
  if (!text) return null;
  const directory = emptyDirectory();
  const [rows, aliases] = JSON.parse(new TextDecoder().decode(text)) as [unknown[], string[]];
  for (let at = 0; at < rows.length; at += 4) {
    const [id, bytes, used, names] = rows.slice(at, at + 4) as [number, number, number, string];
    directory.segments.set(id, { bytes, used, names });
  }
  for (let at = 0; at < aliases.length; at += 2) {
    const [alias, integrity] = aliases.slice(at, at + 2) as [string, string];
    directory.aliases.set(alias, integrity);
  }
  return directory;
}

/** Letters that follow from a hash, as many for each. */
export function nameOf(hash: string): string {
  let [low, high] = [0x811c9dc5, 0x9e3779b1];
  for (let at = 0; at < hash.length; at++) {
    const letter = hash.charCodeAt(at);
    low = Math.imul(low ^ letter, 0x01000193);
    high = Math.imul(high ^ (high >>> 15) ^ letter, 0x85ebca6b);
  }
  return [low, high].map((word) => (word >>> 0).toString(32).padStart(LETTERS / 2, "0")).join("");
}

export function countOf({ names }: Segment): number {
  return names.length / LETTERS;
}

/** Packs that were not forgotten. */
export function liveCount({ segments }: Directory): number {
  let count = 0;
  for (const { names } of segments.values()) {
    for (let at = 0; at < names.length; at += LETTERS) if (names.slice(at, at + LETTERS).trim()) count++;
  }
  return count;
}

/** Where there are packs of these names. */
export function* spotsOf(
  { segments }: Directory,
  names: { has(name: string): boolean },
): Generator<readonly [name: string, spot: Spot]> {
  for (const [segment, { names: own }] of segments) {
    for (let at = 0; at * LETTERS < own.length; at++) {
      const name = own.slice(at * LETTERS, (at + 1) * LETTERS);
      if (names.has(name)) yield [name, { segment, at }];
    }
  }
}

/** Forgets one pack of so many bytes. False: it was not there. */
export function forget({ segments }: Directory, { segment, at }: Spot, bytes: number): boolean {
  const found = segments.get(segment);
  const start = at * LETTERS;
  if (!found?.names.slice(start, start + LETTERS).trim()) return false;
  found.names = found.names.slice(0, start) + " ".repeat(LETTERS) + found.names.slice(start + LETTERS);
  found.bytes -= bytes;
  return true;
}

/** The segments that were used least recently, until these many bytes are free; none that are spared. */
export function oldest({ segments }: Directory, need: number, spare: ReadonlySet<number>): number[] {
  const doomed: number[] = [];
  let freed = 0;
  for (const [id, { bytes }] of [...segments].sort(([a, one], [b, other]) => one.used - other.used || a - b)) {
    if (freed >= need && segments.size - doomed.length < MOST_SEGMENTS) break;
    if (spare.has(id)) continue;
    freed += bytes;
    doomed.push(id);
  }
  return doomed;
}

/** Takes out aliases that lead nowhere. */
export function dropAliases(directory: Directory): void {
  const { aliases } = directory;
  if (aliases.size === 0) return;
  const wanted = new Set([...aliases.values()].map(nameOf));
  const there = new Set<string>();
  for (const [name] of spotsOf(directory, wanted)) there.add(name);
  for (const [alias, integrity] of aliases) if (!there.has(nameOf(integrity))) aliases.delete(alias);
}

// Keys of blobs. The first number is the format: what another format has written is neither read nor overwritten.

/** The list of a segment's packs, with their indexes. */
export function listKey(segment: number): string {
  return `1 i ${segment}`;
}

export function packKey({ segment, at }: Spot): string {
  return `1 p ${segment} ${at}`;
}

/** Where inflating that pack can begin, if it is a large one. */
export function seekPointsKey({ segment, at }: Spot): string {
  return `1 w ${segment} ${at}`;
}

/** The segment whose key it is. */
export function segmentAt(key: string): number | undefined {
  const [, segment] = /^1 [ipw] (\d+)/.exec(key) ?? [];
  return segment === undefined ? undefined : Number(segment);
}

/** All that is stored of a segment with so many packs. */
export function keysOf(segment: number, count: number): string[] {
  const keys = [listKey(segment)];
  for (let at = 0; at < count; at++) keys.push(packKey({ segment, at }), seekPointsKey({ segment, at }));
  return keys;
}
