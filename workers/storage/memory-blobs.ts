import type { BlobStore } from "../../src/blobs/blob-store.ts";

/** Returns a store in this thread's memory, for Node and for pages without IndexedDB. `room` is in bytes. */
export function createMemoryStore(room: number = 256 << 20): BlobStore {
  const blobs = new Map<string, Uint8Array>();
  let used = 0;
  const drop = (key: string): void => {
    used -= blobs.get(key)?.length ?? 0;
    blobs.delete(key);
  };
  return {
    getMany: async (keys) => keys.map((key) => blobs.get(key)),
    async update(key, change) {
      const { puts, deletes } = change(blobs.get(key));
      let after = used;
      for (const name of new Set([...deletes, ...puts.keys()])) after -= blobs.get(name)?.length ?? 0;
      for (const blob of puts.values()) after += blob.length;
      if (after > room && after > used) throw new DOMException("no room", "QuotaExceededError");
      for (const name of deletes) drop(name);
      for (const [name, blob] of puts) {
        drop(name);
        blobs.set(name, blob);
        used += blob.length;
      }
    },
    keys: async () => [...blobs.keys()],
    async delMany(keys) {
      for (const key of keys) drop(key);
    },
    async clear() {
      blobs.clear();
      used = 0;
    },
    close() {},
  };
}

/** A store that drops everything. */
export const NO_STORE: BlobStore = {
  getMany: async (keys) => keys.map(() => undefined),
  update: async () => {},
  keys: async () => [],
  delMany: async () => {},
  clear: async () => {},
  close() {},
};
