import type { BlobStore } from "../blobs/blob-store.ts";
import { STORE_TIMEOUT, timedStore } from "../blobs/deadline.ts";
import { endSentence, InstallError } from "../errors/failure.ts";
import { storeFailed } from "../errors/store.ts";
import { emptyIndex, readIndex } from "./cache-index.ts";
import type { GroupRecords } from "./cached-packument.ts";
import { indexKey } from "./keys.ts";
import { MetadataCache } from "./metadata-cache.ts";
import { MetadataWriter } from "./metadata-writer.ts";
import type { MetadataCachePorts } from "./ports.ts";
import { readIndexes } from "./prune.ts";
import { acquireTabLock, type TabLock, type TabLockOptions } from "./tab-lock.ts";

/** Bytes of records that are kept for each of the last namespaces. */
const KNOWN_BYTES = 16 << 20;
const KNOWN_NAMESPACES = 2;

export interface MetadataUsage {
  /** Bytes of packuments as stored. */
  bytes: number;
  packuments: number;
  namespaces: number;
}

/** The metadata caches of all registries, in one blob store (docs/metadata-cache.md). */
export class MetadataCaches {
  readonly #blobs: BlobStore;
  readonly #ports: MetadataCachePorts;
  readonly #writer: MetadataWriter;
  /** By namespace: the records of the last run, so that the next one need not read and inflate them. */
  readonly #known = new Map<string, GroupRecords>();

  constructor(blobs: BlobStore, ports: MetadataCachePorts) {
    this.#blobs = timedStore(blobs, ports, STORE_TIMEOUT);
    this.#ports = ports;
    this.#writer = new MetadataWriter(this.#blobs, ports);
  }

  /** Opens the cache of a namespace (see {@link namespaceOf}). Never rejects: an unreadable store gives an empty cache. */
  async open(namespace: string): Promise<MetadataCache> {
    const [blob] = await this.#writer.read([indexKey(namespace)]);
    return new MetadataCache(
      namespace,
      this.#writer,
      (blob && readIndex(blob)) ?? emptyIndex(),
      this.#known.get(namespace),
    );
  }

  /** Keeps the records that a run has read, for the next run of this thread. */
  keep(namespace: string, cache: MetadataCache): void {
    this.#known.delete(namespace);
    this.#known.set(namespace, cache.read(KNOWN_BYTES));
    for (const oldest of this.#known.keys()) if (this.#known.size > KNOWN_NAMESPACES) this.#known.delete(oldest);
  }

  /**
   * Locks a namespace before a fetch. A second tab that needs the same packuments waits until the first has written them,
   * and then opens the cache again. It waits for a limited time only.
   * @throws `signal.reason` if the signal aborts during the wait
   */
  lock(namespace: string, options?: TabLockOptions): Promise<TabLock> {
    return acquireTabLock(this.#ports, `fetch ${namespace}`, options);
  }

  /** Counts the stored packuments and their bytes. Returns zeros if the store cannot be read. */
  async usage(): Promise<MetadataUsage> {
    const usage = { bytes: 0, packuments: 0, namespaces: 0 };
    try {
      for (const index of (await readIndexes(this.#blobs, await this.#blobs.keys())).values()) {
        if (!index) continue;
        usage.namespaces++;
        usage.packuments += index.entries.size;
        for (const { bytes } of index.groups.values()) usage.bytes += bytes;
      }
    } catch (error) {
      this.#writer.disable(error);
    }
    return usage;
  }

  /** Deletes all packuments of all namespaces. @throws InstallError ESTORE */
  async clear(): Promise<void> {
    try {
      await this.#blobs.clear();
      this.#known.clear();
      this.#writer.cleared();
    } catch (error) {
      throw new InstallError(storeFailed(endSentence(`Cannot clear the metadata cache: ${String(error)}`)));
    }
  }

  close(): void {
    this.#blobs.close();
  }
}
