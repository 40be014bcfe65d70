import type { BlobStore } from "../blobs/blob-store.ts";
import { isQuota, PATIENCE, reasonOf, SETTLING, soon } from "../blobs/deadline.ts";
import { storeFailed, storeFull } from "../errors/store.ts";
import { type CacheIndex, emptyIndex, readIndex, writeIndex } from "./cache-index.ts";
import { groupKey, indexKey } from "./keys.ts";
import { DAY, merge, type Writing } from "./merge.ts";
import type { StoreTools } from "./ports.ts";
import { prune } from "./prune.ts";
import { claim } from "./tab-lock.ts";

/** The blobs, as long as they can be used. What goes wrong is said once, and then one does without. Never rejects. */
export class MetadataWriter {
  readonly tools: StoreTools;
  readonly #blobs: BlobStore;
  #broken = false;
  #full = false;
  #pruned = false;

  constructor(blobs: BlobStore, tools: StoreTools) {
    this.#blobs = blobs;
    this.tools = tools;
  }

  /** One transaction; all undefined where they cannot be read. */
  async read(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    if (this.#broken) return [];
    try {
      return await soon(this.tools, this.#blobs.getMany(keys), PATIENCE);
    } catch (error) {
      this.fail(error);
      return [];
    }
  }

  /** The index after it: undefined where nothing was written. `inUse` are groups that must not make room for it. */
  async write(namespace: string, writing: Writing, inUse: Iterable<number>): Promise<CacheIndex | undefined> {
    if (!this.isWritable) return undefined;
    const turn = await claim(this.tools, "write");
    try {
      const spare = new Set([...inUse].map((id) => groupKey(namespace, id)));
      const index = await this.#roomFor(writing, spare, () => this.#commit(namespace, writing));
      if (index) await this.#tidy(spare);
      return index;
    } catch (error) {
      this.fail(error);
      return undefined;
    } finally {
      turn.release();
    }
  }

  get isWritable(): boolean {
    return !this.#broken && !this.#full;
  }

  /** There is no store any more. */
  fail(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    const why = reasonOf(error);
    this.tools.warn(storeFailed(`The metadata cache cannot be used, so no metadata is kept between visits (${why}).`));
  }

  /** The store was emptied: there is room again. */
  cleared(): void {
    this.#full = false;
  }

  /** One transaction: groups and the index that names them. */
  async #commit(namespace: string, writing: Writing): Promise<CacheIndex> {
    const key = indexKey(namespace);
    let index = emptyIndex();
    await this.#blobs.update(key, (old) => {
      index = (old && readIndex(old)) ?? emptyIndex();
      const { added, dead } = merge(index, writing);
      const puts = new Map([...added].map(([id, blob]) => [groupKey(namespace, id), blob]));
      return { puts: puts.set(key, writeIndex(index)), deletes: dead.map((id) => groupKey(namespace, id)) };
    });
    return index;
  }

  /** Tries, makes as much room as is written, tries, makes all the room there can be, tries, and gives up. */
  async #roomFor<T>(writing: Writing, spare: ReadonlySet<string>, work: () => Promise<T>): Promise<T | undefined> {
    const bytes = writing.groups.reduce((sum, { blob }) => sum + blob.length, 0);
    const today = Math.floor(writing.now / DAY);
    for (const need of [bytes, Number.POSITIVE_INFINITY, 0]) {
      try {
        return await work();
      } catch (error) {
        if (!isQuota(error)) throw error;
        if (need === 0) continue;
        // What cannot be pruned for lack of room is no reason not to try again.
        await prune(this.#blobs, { today, need, spare }).catch(() => {});
        await new Promise<void>((done) => void this.tools.after(SETTLING, done));
      }
    }
    this.#full = true;
    this.tools.warn(storeFull(bytes, "metadata"));
    return undefined;
  }

  /** Once in a vault's life, after its first writing. */
  async #tidy(spare: ReadonlySet<string>): Promise<void> {
    if (this.#pruned) return;
    this.#pruned = true;
    const today = Math.floor(this.tools.now() / DAY);
    await prune(this.#blobs, { today, need: 0, spare }).catch(() => {});
  }
}
