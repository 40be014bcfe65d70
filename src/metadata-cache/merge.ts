import { dayOf } from "../blobs/ports.ts";
import { type CacheIndex, dropDeadGroups, type IndexEntry } from "./cache-index.ts";
import type { CachedPackument } from "./cached-packument.ts";

/** A record to write. */
export interface GroupMember extends CachedPackument {
  /** The name's group when the writer read the index; undefined if the name had none. */
  readonly from: number | undefined;
  /** Set if an unchanged record moves to a new group. Its entry keeps later renewals by other tabs. */
  readonly moved?: true;
}

export interface PackedGroup {
  readonly blob: Uint8Array;
  readonly members: readonly GroupMember[];
}

/** Changes to an index for which no record has to be written. */
export interface IndexChanges {
  /** Entries that a registry has confirmed. */
  readonly renewed: Map<string, IndexEntry>;
  /** Groups that were used for the first time today. */
  readonly used: Set<number>;
  /** Entries whose record cannot be read, and the group that they point to. */
  readonly lost: Map<string, number>;
}

export interface IndexWrite {
  readonly groups: readonly PackedGroup[];
  /** The batch that new groups join; undefined if they form a new batch. */
  readonly batch: number | undefined;
  readonly changes: IndexChanges;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface IndexWriteResult {
  /** Blobs of new groups by number. */
  readonly added: Map<number, Uint8Array>;
  /** Groups without a live record. */
  readonly dead: number[];
}

export const noIndexChanges = (): IndexChanges => ({ renewed: new Map(), used: new Set(), lost: new Map() });

export const isEmpty = ({ renewed, used, lost }: IndexChanges): boolean => renewed.size + used.size + lost.size === 0;

/** Applies changes to an index. A change is ignored if its record has been replaced since. */
export function applyIndexChanges(index: CacheIndex, { renewed, used, lost }: IndexChanges, today: number): void {
  for (const [name, entry] of renewed) {
    if (index.entries.get(name)?.group === entry.group) index.entries.set(name, entry);
  }
  for (const [name, group] of lost) if (index.entries.get(name)?.group === group) index.entries.delete(name);
  for (const id of used) {
    const group = index.groups.get(id);
    if (group) index.groups.set(id, { ...group, used: today });
  }
}

/**
 * Merges a cache's writes into the stored index. Other tabs may have changed that index since the cache was opened.
 *
 * 1. Apply the changes for which no record has to be written.
 * 2. Number the new groups: higher than any other, and at least the current time.
 * 3. Point each name to its new record, unless another tab has stored a newer one.
 * 4. Remove the groups that have no live record left. A new group may be one of them.
 */
export function mergeIntoIndex(index: CacheIndex, { groups, batch, changes, now }: IndexWrite): IndexWriteResult {
  const today = dayOf(now);
  const added = new Map<number, Uint8Array>();
  applyIndexChanges(index, changes, today);
  let id = Math.max(now, ...index.groups.keys());
  for (const { blob, members } of groups) {
    id++;
    index.groups.set(id, { batch: batch ?? id, bytes: blob.length, count: members.length, used: today });
    batch ??= id;
    added.set(id, blob);
    for (const member of members) {
      const current = index.entries.get(member.name);
      if (isNewer(member, current)) index.entries.set(member.name, entryFor(member, current, id));
    }
  }
  const dead = dropDeadGroups(index);
  for (const gone of dead) added.delete(gone);
  return { added, dead };
}

/** Checks whether a record replaces the stored one, which another tab may have written since. */
function isNewer({ from, moved, fetchedAt }: GroupMember, current: IndexEntry | undefined): boolean {
  if (current?.group === from) return true;
  return !moved && (!current || current.fetchedAt <= fetchedAt);
}

function entryFor({ moved, etag, fetchedAt }: GroupMember, current: IndexEntry | undefined, group: number): IndexEntry {
  if (moved && current) return { ...current, group };
  return { group, fetchedAt, ...(etag === undefined ? {} : { etag }) };
}
