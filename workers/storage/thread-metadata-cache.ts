// Loaded on demand: unless `cache` is `none`.

import type { Failure } from "../../src/api/failure.ts";
import { MetadataCaches, type MetadataUsage } from "../../src/metadata-cache/metadata-caches.ts";
import { incompressibleStart, isRecord } from "../../src/registry/record-check.ts";
import { PLATFORM_TOOLS } from "../host/platform-tools.ts";
import { isAbsence } from "./absence.ts";
import { createIdbStore } from "./idb-blobs.ts";
import { createMemoryStore } from "./memory-blobs.ts";
import { RunCache, type RunCacheOptions } from "./run-cache.ts";

/** A thread's access to the cached metadata: in IndexedDB, or in this thread's memory if there is none, or if it is private. */
export class ThreadMetadataCache {
  readonly #caches: MetadataCaches;
  readonly #lasting: boolean;
  readonly #listeners = new Set<(warning: Failure) => void>();
  readonly #writing = new Set<Promise<void>>();

  /** @param isPrivate whether no other installer may read what is cached */
  constructor(isPrivate = false) {
    const shared = !isPrivate && "indexedDB" in globalThis;
    this.#lasting = shared;
    const locks = shared ? globalThis.navigator?.locks : undefined;
    this.#caches = new MetadataCaches(shared ? createIdbStore() : createMemoryStore(), {
      ...PLATFORM_TOOLS,
      incompressibleStart: (record) => (isAbsence(record) ? record.length : incompressibleStart(record)),
      isRecord: (record) => isAbsence(record) || isRecord(record),
      warn: (warning) => {
        for (const listener of this.#listeners) listener(warning);
      },
      ...(locks && { locks }),
    });
  }

  /** Returns the cache of one run. */
  runCache(options: Omit<RunCacheOptions, "caches" | "lasting" | "writing">): RunCache {
    this.#listeners.add(options.warn);
    return new RunCache({
      ...options,
      caches: this.#caches,
      lasting: this.#lasting,
      writing: (flush) => {
        this.#listeners.delete(options.warn);
        this.#writing.add(flush);
        void flush.finally(() => this.#writing.delete(flush));
      },
    });
  }

  /** Resolves when all writes in progress are done. */
  async written(): Promise<void> {
    await Promise.all(this.#writing);
  }

  /** Returns the stored bytes and packuments, after all writes in progress. */
  async usage(): Promise<MetadataUsage> {
    await this.written();
    return await this.#caches.usage();
  }

  async clear(): Promise<void> {
    await this.written();
    await this.#caches.clear();
  }

  /** Closes the connection to the store, after all writes in progress. The next use opens it again. */
  async close(): Promise<void> {
    await this.written();
    this.#caches.close();
  }
}
