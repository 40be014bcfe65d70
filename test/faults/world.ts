import { AsyncLocalStorage } from "node:async_hooks";
import type { BlobStore } from "../../src/blobs/blob-store.ts";
import type { TabLockRequest } from "../../src/metadata-cache/tab-lock.ts";
import { createMemoryStore } from "../../workers/storage/memory-blobs.ts";
import { Injected, type Injector } from "./injector.ts";

/** The storage of one origin: its databases and its locks. It outlives the runs that use it. */
export class Origin {
  readonly #stores = new Map<string, BlobStore>();
  readonly #held = new Set<string>();

  store(database: string): BlobStore {
    const store = this.#stores.get(database) ?? createMemoryStore();
    this.#stores.set(database, store);
    return store;
  }

  /** Returns an origin with the same blobs. */
  async copy(): Promise<Origin> {
    const origin = new Origin();
    for (const [database, store] of this.#stores) {
      const keys = await store.keys();
      const blobs = await store.getMany(keys);
      const puts = new Map(keys.map((key, i) => [key, blobs[i] as Uint8Array]));
      await origin.store(database).update("", () => ({ puts, deletes: [] }));
    }
    return origin;
  }

  /** Requests a lock as `navigator.locks` does, without a queue. */
  async lock<T>(name: string, request: TabLockRequest, run: (lock: unknown) => T | PromiseLike<T>): Promise<T> {
    while (this.#held.has(name)) {
      if (request.ifAvailable) return await run(null);
      request.signal?.throwIfAborted();
      await new Promise((done) => setTimeout(done, 1));
    }
    this.#held.add(name);
    try {
      return await run({ name });
    } finally {
      this.#held.delete(name);
    }
  }

  /** Releases all locks, as a browser does when a page is gone. */
  leave(): void {
    this.#held.clear();
  }
}

/** The world of one run: its origin, and the injector of its calls to storage. */
export interface World {
  origin: Origin;
  injector: Injector;
}

const worlds = new AsyncLocalStorage<World>();

/** Runs `work` so that the library's storage is that of `world`. Several worlds may be in use at once. */
export function inWorld<T>(world: World, work: () => Promise<T>): Promise<T> {
  return worlds.run(world, work);
}

function currentWorld(): World {
  const world = worlds.getStore();
  if (!world) throw new Error("storage is used outside of a world");
  return world;
}

/** Stands in for `createIdbStore`: a store of the current world, each of whose calls may fail. */
export function createFaultyStore(database = "webhoist"): BlobStore {
  const { origin, injector } = currentWorld();
  const real = origin.store(database);
  const name = (method: string): string => `${database} ${method}`;
  return {
    getMany: (keys) =>
      injector.call(name("getMany"), () => real.getMany(keys), {
        // A torn read: every second blob is cut, and the last one is missing.
        partial: async () =>
          (await real.getMany(keys)).map((blob, i, all) =>
            i === all.length - 1 ? undefined : i % 2 ? blob : blob?.slice(0, blob.length >> 1),
          ),
      }),
    // A transaction applies as a whole or not at all. Its answer may be lost after it was applied.
    update: (key, change) =>
      injector.call(name("update"), () => real.update(key, change), {
        partial: async () => {
          await real.update(key, change);
          throw new Injected("partial");
        },
      }),
    keys: () =>
      injector.call(name("keys"), () => real.keys(), {
        partial: async () => (await real.keys()).filter((_, i) => i % 2 === 0),
      }),
    delMany: (keys) =>
      injector.call(name("delMany"), () => real.delMany(keys), {
        partial: async () => {
          await real.delMany(keys);
          throw new Injected("partial");
        },
      }),
    clear: () => injector.call(name("clear"), () => real.clear()),
    close: () => {},
  };
}

/** Stands in for `navigator.locks`. */
export const faultyLocks = {
  request<T>(name: string, options: TabLockRequest, run: (lock: unknown) => T | PromiseLike<T>): Promise<T> {
    const { origin, injector } = currentWorld();
    const what = `lock ${options.ifAvailable ? "if available" : "wait"}`;
    return injector.call(what, () => origin.lock(name, options, run), {
      // The lock is granted, and its holder is thrown out.
      partial: () => Promise.reject(new Injected("partial")),
    });
  },
};

/** Stands in for `navigator.storage`. */
export const faultyStorage = {
  estimate(): Promise<{ quota: number; usage: number }> {
    const { injector } = currentWorld();
    return injector.call("storage.estimate", async () => ({ quota: 2e9, usage: 0 }));
  },
};
