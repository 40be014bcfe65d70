import { seal, unseal } from "../blobs/seal.ts";
import type { Entry } from "./ports.ts";

/** `whi1`. */
const MAGIC = 0x31696877;

/** A blob of records that were written at one time. Never changed, but for `used`. */
export interface Group {
  /** Groups that are read together: those of a project. */
  readonly batch: number;
  readonly bytes: number;
  /** Records in it, live or not. */
  readonly count: number;
  /** Day since 1970 of the last use: coarse, so that reading does not always write. */
  readonly used: number;
}

/** Where a packument's record is. A record of that name in another group is dead. */
export interface Place extends Entry {
  readonly group: number;
}

/**
 * What is on a shelf. A group's number is about the millisecond it was written at: it does not come again, not even after
 * everything was cleared.
 */
export interface CacheIndex {
  readonly groups: Map<number, Group>;
  readonly entries: Map<string, Place>;
}

export function emptyIndex(): CacheIndex {
  return { groups: new Map(), entries: new Map() };
}

/** Sealed JSON: `[groups, entries]`, each a flat list. */
export function writeIndex({ groups, entries }: CacheIndex): Uint8Array {
  const rows = [...groups].flatMap(([id, { batch, bytes, count, used }]) => [id, batch, bytes, count, used]);
  const places = [...entries].flatMap(([name, { group, fetchedAt, etag }]) => [name, group, fetchedAt, etag ?? 0]);
  return seal(MAGIC, [new TextEncoder().encode(JSON.stringify([rows, places]))]);
}

/** Null where the blob is corrupt or of another format: its groups are nobody's. */
export function readIndex(blob: Uint8Array): CacheIndex | null {
  const bytes = unseal(MAGIC, blob);
  if (!bytes) return null;
  const index = emptyIndex();
  const [rows, places] = JSON.parse(new TextDecoder().decode(bytes)) as [number[], unknown[]];
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

/** Names by the group their live record is in. */
export function membersOf({ entries }: CacheIndex): Map<number, string[]> {
  const members = new Map<number, string[]>();
  for (const [name, { group }] of entries) {
    const names = members.get(group);
    if (names) names.push(name);
    else members.set(group, [name]);
  }
  return members;
}

/** Takes out the groups without a live record, and the answer names them. */
export function dropDead(index: CacheIndex): number[] {
  const live = membersOf(index);
  const dead = [...index.groups.keys()].filter((id) => !live.has(id));
  for (const id of dead) index.groups.delete(id);
  return dead;
}

/** Takes out groups, and the entries that lead to them. */
export function dropGroups(index: CacheIndex, ids: ReadonlySet<number>): void {
  for (const id of ids) index.groups.delete(id);
  for (const [name, { group }] of index.entries) if (ids.has(group)) index.entries.delete(name);
}
