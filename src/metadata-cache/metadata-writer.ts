import type { BlobStore } from "../blobs/blob-store.ts";
import { describeError } from "../blobs/deadline.ts";
import { writeMakingRoom } from "../blobs/make-room.ts";
import { dayOf } from "../blobs/ports.ts";
import { storeFailed, storeFull } from "../errors/store.ts";
import { type CacheIndex, emptyIndex, readIndex, writeIndex } from "./cache-index.ts";
import { groupKey, indexKey } from "./keys.ts";
import { type IndexWrite, mergeIntoIndex } from "./merge.ts";
import type { MetadataCachePorts } from "./ports.ts";
import { prune } from "./prune.ts";
import { acquireTabLock } from "./tab-lock.ts";

/**
 * Reads and writes the blobs of all metadata caches. Never rejects: after the first error it warns once, and from then on
 * reads nothing and writes nothing.
 */
export class MetadataWriter {
  readonly ports: MetadataCachePorts;
  readonly #blobs: BlobStore;
  #broken = false;
  #full = false;
  #pruned = false;

  /** @param blobs a store with time limits */
  constructor(blobs: BlobStore, ports: MetadataCachePorts) {
    this.#blobs = blobs;
    this.ports = ports;
  }

  /** Reads blobs in one transaction. Returns an empty list if they cannot be read. */
  async read(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    if (this.#broken) return [];
    try {
      return await this.#blobs.getMany(keys);
    } catch (error) {
      this.disable(error);
      return [];
    }
  }

  /** Writes groups and their index. Returns the new index, or undefined if nothing was written. Groups `inUse` are never deleted. */
  async write(namespace: string, write: IndexWrite, inUse: Iterable<number>): Promise<CacheIndex | undefined> {
    if (!this.isWritable) return undefined;
    const lock = await acquireTabLock(this.ports, "write");
    try {
      const spare = new Set([...inUse].map((id) => groupKey(namespace, id)));
      const index = await this.#writeMakingRoom(namespace, write, spare);
      if (index) await this.#pruneOnce(spare);
      return index;
    } catch (error) {
      this.disable(error);
      return undefined;
    } finally {
      lock.release();
    }
  }

  get isWritable(): boolean {
    return !this.#broken && !this.#full;
  }

  /** Stops using the store, and warns. */
  disable(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    this.ports.warn(
      storeFailed(`Cannot use the metadata cache (${describeError(error)}). Packuments are not cached between visits.`),
    );
  }

  /** Allows writes again after the store was cleared. */
  cleared(): void {
    this.#full = false;
  }

  async #writeMakingRoom(
    namespace: string,
    write: IndexWrite,
    spare: ReadonlySet<string>,
  ): Promise<CacheIndex | undefined> {
    const bytes = write.groups.reduce((sum, { blob }) => sum + blob.length, 0);
    const index = await writeMakingRoom(this.ports, [bytes, Number.POSITIVE_INFINITY], {
      write: () => this.#commit(namespace, write),
      makeRoom: (need) => prune(this.#blobs, { today: dayOf(write.now), need, spare }),
    });
    if (index) return index;
    this.#full = true;
    this.ports.warn(storeFull(bytes, "metadata"));
    return undefined;
  }

  /** Writes groups and the index that names them, in one transaction. */
  async #commit(namespace: string, write: IndexWrite): Promise<CacheIndex> {
    const key = indexKey(namespace);
    let index = emptyIndex();
    await this.#blobs.update(key, (before) => {
      index = (before && readIndex(before)) ?? emptyIndex();
      const { added, dead } = mergeIntoIndex(index, write);
      const puts = new Map([...added].map(([id, blob]) => [groupKey(namespace, id), blob]));
      return { puts: puts.set(key, writeIndex(index)), deletes: dead.map((id) => groupKey(namespace, id)) };
    });
    return index;
  }

  /** Deletes orphans and outdated groups after the first write. */
  async #pruneOnce(spare: ReadonlySet<string>): Promise<void> {
    if (this.#pruned) return;
    this.#pruned = true;
    await prune(this.#blobs, { today: dayOf(this.ports.now()), need: 0, spare }).catch(() => {});
  }
}
