import type { createMemoryStore } from "../../workers/storage/memory-blobs.ts";

/** Wraps `createMemoryStore` so that every blob that is written to any of its stores is also added to `written`. */
export function recordWrites(create: typeof createMemoryStore, written: unknown[]): typeof createMemoryStore {
  return (room) => {
    const store = create(room);
    const update: typeof store.update = (key, change) =>
      store.update(key, (before) => {
        const changes = change(before);
        written.push(...changes.puts);
        return changes;
      });
    return { ...store, update };
  };
}
