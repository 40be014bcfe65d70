import { seal, unseal } from "../blobs/seal.ts";
import { isTable, parseSealed } from "../blobs/sealed-json.ts";
import type { CacheEntry } from "./cached-packument.ts";

/** The magic number of an index: `whi1`. */
const MAGIC = 0x31696877;

/** A blob of records that were written together. Only `used` ever changes. */
export interface Group {
  /** Groups of one batch are read together. A batch holds the packuments of one project. */
  readonly batch: number;
  readonly bytes: number;
  /** Number of records, live and dead. */
  readonly count: number;
  /** Day of the last use, counted from 1970. A coarse unit, so that a read rarely causes a write. */
  readonly used: number;
}

/** The group of a packument's live record. Records of that name in other groups are dead. */
export interface IndexEntry extends CacheEntry {
  readonly group: number;
}

/**
 * The contents of one metadata cache. A group's number is about the time it was written, in milliseconds. No number is used
 * twice, not even after the cache was cleared.
 */
export interface CacheIndex {
  readonly groups: Map<number, Group>;
  readonly entries: Map<string, IndexEntry>;
}

export function emptyIndex(): CacheIndex {
  return { groups: new Map(), entries: new Map() };
}

/** Returns sealed JSON: `[groups, entries]`, each a flat list. */
export function writeIndex({ groups, entries }: CacheIndex): Uint8Array {
  const rows = [...groups].flatMap(([id, { batch, bytes, count, used }]) => [id, batch, bytes, count, used]);
  const places = [...entries].flatMap(([name, { group, fetchedAt, etag }]) => [name, group, fetchedAt, etag ?? 0]);
  return seal(MAGIC, [new TextEncoder().encode(JSON.stringify([rows, places]))]);
}

/** Reads an index. Returns null if the blob is damaged or of another format. Its groups then count as orphans. */
export function readIndex(blob: Uint8Array): CacheIndex | null {
  const bytes = unseal(MAGIC, blob);
  if (!bytes) return null;
  const index = emptyIndex();
  const value = parseSealed(bytes);
  const [rows, places] = Array.isArray(value) ? value : [];
  const isWhole =
    isTable(rows, new Array(5).fill("number")) && isTable(places, ["string", "number", "number", "string|number"]);
  if (!isWhole) return null;
  for (let at = 0; at < rows.length; at += 5) {
    const [id, batch, bytes, count, used] = rows.slice(at, at + 5) as [number, number, number, number, number];
    index.groups.set(id, { batch, bytes, count, used });
  }
  for (let at = 0; at < places.length; at += 4) {
    const [name, group, fetchedAt, etag] = places.slice(at, at + 4) as [string, number, number, string | 0];
    if (index.groups.has(group)) index.entries.set(name, { group, fetchedAt, ...(etag === 0 ? {} : { etag }) });
  }
  return index;
}

/** Returns the names of the live records of each group. */
export function namesByGroup({ entries }: CacheIndex): Map<number, string[]> {
  const byGroup = new Map<number, string[]>();
  for (const [name, { group }] of entries) {
    const names = byGroup.get(group);
    if (names) names.push(name);
    else byGroup.set(group, [name]);
  }
  return byGroup;
}

/** Removes the groups without a live record, and returns their numbers. */
export function dropDeadGroups(index: CacheIndex): number[] {
  const live = namesByGroup(index);
  const dead = [...index.groups.keys()].filter((id) => !live.has(id));
  for (const id of dead) index.groups.delete(id);
  return dead;
}

/** Removes groups, and the entries that point to them. */
export function dropGroups(index: CacheIndex, ids: ReadonlySet<number>): void {
  for (const id of ids) index.groups.delete(id);
  for (const [name, { group }] of index.entries) if (ids.has(group)) index.entries.delete(name);
}
