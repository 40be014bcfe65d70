import { type CacheIndex, dropDead, type Place } from "./cache-index.ts";
import type { Kept } from "./ports.ts";

/** A record to be written. */
export interface Member extends Kept {
  /** The group in which its writer knew the name; undefined: in none. */
  readonly from: number | undefined;
  /** The same record in a new place: what others have learnt of it since stays. */
  readonly moved?: true;
}

export interface PackedGroup {
  readonly blob: Uint8Array;
  readonly members: readonly Member[];
}

/** What else a shelf has to say to the index. */
export interface Changes {
  /** Entries that a registry has vouched for again. */
  readonly renewed: Map<string, Place>;
  /** Groups that were used for the first time today. */
  readonly used: Set<number>;
  /** Entries that lead to nothing readable, and the group they lead to. */
  readonly lost: Map<string, number>;
}

export interface Writing {
  readonly groups: readonly PackedGroup[];
  /** The batch that new groups join; undefined: one of their own. */
  readonly batch: number | undefined;
  readonly changes: Changes;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Merged {
  /** New groups by their numbers. */
  readonly added: Map<number, Uint8Array>;
  /** Groups without a live record. */
  readonly dead: number[];
}

export const DAY = 86_400_000;

export const noChanges = (): Changes => ({ renewed: new Map(), used: new Set(), lost: new Map() });

export const isEmpty = ({ renewed, used, lost }: Changes): boolean => renewed.size + used.size + lost.size === 0;

/** Says to an index what others than new records have to say. What was said of a record that is no longer there is void. */
export function applyChanges(index: CacheIndex, { renewed, used, lost }: Changes, today: number): void {
  for (const [name, place] of renewed) {
    if (index.entries.get(name)?.group === place.group) index.entries.set(name, place);
  }
  for (const [name, group] of lost) if (index.entries.get(name)?.group === group) index.entries.delete(name);
  for (const id of used) {
    const group = index.groups.get(id);
    if (group) index.groups.set(id, { ...group, used: today });
  }
}

/** Puts a shelf's writing into the index as it is now, which other tabs may have changed since the shelf was opened. */
export function merge(index: CacheIndex, { groups, batch, changes, now }: Writing): Merged {
  const today = Math.floor(now / DAY);
  const added = new Map<number, Uint8Array>();
  applyChanges(index, changes, today);
  let id = Math.max(now, ...index.groups.keys());
  for (const { blob, members } of groups) {
    id++;
    index.groups.set(id, { batch: batch ?? id, bytes: blob.length, count: members.length, used: today });
    batch ??= id;
    added.set(id, blob);
    for (const member of members) {
      const current = index.entries.get(member.name);
      if (isNewer(member, current)) index.entries.set(member.name, placeOf(member, current, id));
    }
  }
  const dead = dropDead(index);
  for (const gone of dead) added.delete(gone);
  return { added, dead };
}

/** Against what another tab has written meanwhile. */
function isNewer({ from, moved, fetchedAt }: Member, current: Place | undefined): boolean {
  if (current?.group === from) return true;
  return !moved && (!current || current.fetchedAt <= fetchedAt);
}

function placeOf({ moved, etag, fetchedAt }: Member, current: Place | undefined, group: number): Place {
  if (moved && current) return { ...current, group };
  return { group, fetchedAt, ...(etag === undefined ? {} : { etag }) };
}
