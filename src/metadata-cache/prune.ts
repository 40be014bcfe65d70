import type { BlobStore } from "../blobs/blob-store.ts";
import { dropGroups, type Group, readIndex, writeIndex } from "./cache-index.ts";
import { groupKey, indexKey, isGroupKey, namespaceAt } from "./keys.ts";

/** Days after which what nobody used goes: a token that was changed leaves data that nobody can ask for. */
const KEEP_DAYS = 30;

export interface Pruning {
  /** Day since 1970. */
  today: number;
  /** Bytes that must become free, by what was used least recently. */
  need: number;
  /** Keys of groups that are in use now. */
  spare: ReadonlySet<string>;
}

/**
 * Deletes groups that no index names, those that were not used for long, and as many more as must be. Groups go first, then
 * the entries that led to them: an entry that leads nowhere is a miss, while an index may not fit where there is no room.
 */
export async function prune(blobs: BlobStore, { today, need, spare }: Pruning): Promise<void> {
  // In this order: a group that is written after its keys were listed is not among them.
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
  for (const [namespace, ids] of touched) await forget(blobs, namespace, ids);
}

/** Every namespace's index; null for one that cannot be read. */
export async function readIndexes(
  blobs: BlobStore,
  keys: readonly string[],
): Promise<Map<string, ReturnType<typeof readIndex>>> {
  const namespaces = keys.map(namespaceAt).filter((namespace) => namespace !== undefined);
  const found = namespaces.length > 0 ? await blobs.getMany(namespaces.map(indexKey)) : [];
  return new Map(namespaces.map((namespace, i) => [namespace, found[i] ? readIndex(found[i]) : null]));
}

/** An index without entries is deleted. */
async function forget(blobs: BlobStore, namespace: string, ids: ReadonlySet<number>): Promise<void> {
  const key = indexKey(namespace);
  await blobs.update(key, (old) => {
    const index = old && readIndex(old);
    if (!index) return { puts: new Map(), deletes: [key] };
    dropGroups(index, ids);
    const isBare = index.groups.size === 0;
    return { puts: new Map(isBare ? [] : [[key, writeIndex(index)]]), deletes: isBare ? [key] : [] };
  });
}
