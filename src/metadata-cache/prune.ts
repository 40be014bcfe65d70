import type { BlobStore } from "../blobs/blob-store.ts";
import { dropGroups, type Group, readIndex, writeIndex } from "./cache-index.ts";
import { groupKey, indexKey, isGroupKey, namespaceOfKey } from "./keys.ts";

/** Days after which unused groups are deleted. For example, groups of an old token are never read again. */
const KEEP_DAYS = 30;

export interface PruneOptions {
  /** Today, in days since 1970. */
  today: number;
  /** Bytes that must become free. The groups used least recently go first. */
  need: number;
  /** Keys of groups that are in use now, and stay. */
  spare: ReadonlySet<string>;
}

/**
 * Deletes groups of all namespaces:
 *
 * 1. Groups that no index names.
 * 2. Groups that were not used for 30 days.
 * 3. Of the others, the ones used least recently, until `need` bytes are free.
 *
 * Groups are deleted before the entries that point to them. An entry without its group is only a cache miss, but a changed
 * index may not fit while there is no room.
 */
export async function prune(blobs: BlobStore, { today, need, spare }: PruneOptions): Promise<void> {
  // Keys are listed before the indexes are read, so a group written in between cannot look like an orphan.
  const keys = await blobs.keys();
  const groups: { key: string; id: number; namespace: string; group: Group }[] = [];
  const touched = new Map<string, Set<number>>();
  for (const [namespace, index] of await readIndexes(blobs, keys)) {
    if (!index) touched.set(namespace, new Set());
    for (const [id, group] of index?.groups ?? []) groups.push({ key: groupKey(namespace, id), id, namespace, group });
  }
  const named = new Set(groups.map(({ key }) => key));
  const doomed = keys.filter((key) => isGroupKey(key) && !named.has(key));
  let freed = 0;
  for (const { key, id, namespace, group } of groups.sort((a, b) => a.group.used - b.group.used || a.id - b.id)) {
    if (spare.has(key) || (freed >= need && group.used >= today - KEEP_DAYS)) continue;
    freed += group.bytes;
    doomed.push(key);
    touched.set(namespace, (touched.get(namespace) ?? new Set()).add(id));
  }
  if (doomed.length > 0) await blobs.delMany(doomed);
  for (const [namespace, ids] of touched) await removeFromIndex(blobs, namespace, ids);
}

/** Reads the index of every namespace. An unreadable index is null. */
export async function readIndexes(
  blobs: BlobStore,
  keys: readonly string[],
): Promise<Map<string, ReturnType<typeof readIndex>>> {
  const namespaces = keys.map(namespaceOfKey).filter((namespace) => namespace !== undefined);
  const found = namespaces.length > 0 ? await blobs.getMany(namespaces.map(indexKey)) : [];
  return new Map(namespaces.map((namespace, i) => [namespace, found[i] ? readIndex(found[i]) : null]));
}

/** Removes groups from a namespace's index. An index that becomes empty, or is unreadable, is deleted. */
async function removeFromIndex(blobs: BlobStore, namespace: string, ids: ReadonlySet<number>): Promise<void> {
  const key = indexKey(namespace);
  await blobs.update(key, (before) => {
    const index = before && readIndex(before);
    if (!index) return { puts: new Map(), deletes: [key] };
    dropGroups(index, ids);
    const isBare = index.groups.size === 0;
    return { puts: new Map(isBare ? [] : [[key, writeIndex(index)]]), deletes: isBare ? [key] : [] };
  });
}
