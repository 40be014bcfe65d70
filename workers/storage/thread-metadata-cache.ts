import type { Failure } from "../../src/api/failure.ts";
import { MetadataCaches, type MetadataUsage } from "../../src/metadata-cache/metadata-caches.ts";
import { incompressibleStart, isRecord } from "../../src/registry/record-check.ts";
import { PLATFORM_TOOLS } from "../host/platform-tools.ts";
import { isAbsence } from "./absence.ts";
import { createIdbStore } from "./idb-blobs.ts";
import { createMemoryStore } from "./memory-blobs.ts";
import { RunCache, type RunCacheOptions } from "./run-cache.ts";

// Loaded unless `cache` is `none`.

/** This thread's hold on the stored metadata: IndexedDB, or where there is none memory of this thread's own. */
export class ThreadMetadataCache {
  readonly #store: MetadataCaches;
  readonly #lasting: boolean;
  readonly #listeners = new Set<(warning: Failure) => void>();
  readonly #writing = new Set<Promise<void>>();

  constructor() {
    const shared = "indexedDB" in globalThis;
    this.#lasting = shared;
    const locks = shared ? globalThis.navigator?.locks : undefined;
    this.#store = new MetadataCaches(shared ? createIdbStore() : createMemoryStore(), {
      ...PLATFORM_TOOLS,
      incompressibleStart: (record) => (isAbsence(record) ? record.length : incompressibleStart(record)),
      isRecord: (record) => isAbsence(record) || isRecord(record),
      warn: (warning) => {
        for (const listener of this.#listeners) listener(warning);
      },
      ...(locks && { locks }),
    });
  }

  /** What one run takes from the store and puts into it. */
  runCache(options: Omit<RunCacheOptions, "store" | "lasting" | "writing">): RunCache {
    this.#listeners.add(options.warn);
    return new RunCache({
      ...options,
      store: this.#store,
      lasting: this.#lasting,
      writing: (flush) => {
        this.#listeners.delete(options.warn);
        this.#writing.add(flush);
        void flush.finally(() => this.#writing.delete(flush));
      },
    });
  }

  /** Resolves once what is being written is written. */
  async rest(): Promise<void> {
    await Promise.all(this.#writing);
  }

  /** Once what is being written is written. */
  async usage(): Promise<MetadataUsage> {
    await this.rest();
    return await this.#store.usage();
  }

  async clear(): Promise<void> {
    await this.rest();
    await this.#store.clear();
  }
}
