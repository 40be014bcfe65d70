import type { BlobStore } from "../blobs/blob-store.ts";
import { describeError, STORE_TIMEOUT, timedStore, withTimeout } from "../blobs/deadline.ts";
import { writeMakingRoom } from "../blobs/make-room.ts";
import { type CachePorts, dayOf } from "../blobs/ports.ts";
import { storeFailed, storeFull } from "../errors/store.ts";
import {
  addPacks,
  applyDirectoryChanges,
  type DirectoryChanges,
  type NewPack,
  noDirectoryChanges,
  type PackWriteResult,
} from "./apply-changes.ts";
import {
  DIRECTORY,
  type Directory,
  emptyDirectory,
  leastRecentlyUsed,
  readDirectory,
  segmentKeys,
  segmentOfKey,
  slotCount,
} from "./directory.ts";

/** Bytes that all packs together may take, unless the caller gives a budget. */
export const DEFAULT_BUDGET = 1e9;

export interface PackCachePorts extends CachePorts {
  /** Resolves in a later turn of the thread, so that other work can run. */
  turn(): Promise<void>;
  /** Returns the bytes that all packs together may take. */
  budget(): Promise<number>;
  /** Bytes of waiting packs that start a write. Default 16 MiB. */
  batch?: number;
}

/**
 * Reads and writes the blobs of a pack cache, and collects the changes for its directory. Never rejects: after the first
 * error it warns once, and from then on reads nothing and writes nothing.
 */
export class PackWriter {
  readonly #blobs: BlobStore;
  /** The same store, with the shorter time limit of a read that waits behind no write. */
  readonly #quickBlobs: BlobStore;
  readonly #ports: PackCachePorts;
  #changes: DirectoryChanges = noDirectoryChanges();
  /** The directory's aliases when it was last read. */
  #aliases: ReadonlyMap<string, string> = new Map();
  /** True if `#changes` has a change that is not written yet. */
  #isDirty = false;
  #isWriting = false;
  #broken = false;
  #full = false;
  #tidied = false;
  #budget: number | undefined;

  constructor(blobs: BlobStore, ports: PackCachePorts) {
    this.#blobs = timedStore(blobs, ports);
    this.#quickBlobs = timedStore(blobs, ports, STORE_TIMEOUT);
    this.#ports = ports;
  }

  get isBroken(): boolean {
    return this.#broken;
  }

  get isWritable(): boolean {
    return !this.#broken && !this.#full;
  }

  /** Reads blobs in one transaction. Returns null if they cannot be read. */
  read(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[] | null> {
    return this.#try((blobs) => blobs.getMany(keys));
  }

  /** Reads the current directory, and applies this cache's unwritten changes to the copy. */
  async directory(): Promise<Directory> {
    const [blob] = (await this.read([DIRECTORY])) ?? [];
    const directory = (blob && readDirectory(blob)) ?? emptyDirectory();
    this.#aliases = new Map(directory.aliases);
    applyDirectoryChanges(directory, this.#changes, this.#today());
    return directory;
  }

  /** Marks a segment as used today. */
  markUsed(directory: Directory, segment: number): void {
    const today = this.#today();
    if (this.#changes.used.has(segment)) return;
    this.#changes.used.add(segment);
    if (directory.segments.get(segment)?.used !== today) this.#isDirty = true;
  }

  /** Records that a pack is missing or damaged. */
  markPackLost(position: DirectoryChanges["lost"][number]): void {
    this.#changes.lost.push(position);
    this.#isDirty = true;
  }

  /** Records that a segment is gone, or that its list is missing or damaged. */
  markSegmentGone(segment: number): void {
    this.#changes.gone.add(segment);
    this.#isDirty = true;
  }

  /** Records another hash of a pack. */
  addAlias(alias: string, integrity: string): void {
    if ((this.#changes.aliases.get(alias) ?? this.#aliases.get(alias)) === integrity) return;
    this.#changes.aliases.set(alias, integrity);
    this.#isDirty = true;
  }

  /** Writes packs and directory changes in one transaction. Returns undefined if nothing was written. */
  async write(packs: readonly NewPack[]): Promise<PackWriteResult | undefined> {
    if (!this.isWritable || (packs.length === 0 && !this.#isDirty)) return undefined;
    this.#isWriting = true;
    try {
      this.#budget ??= await withTimeout(this.#ports, this.#ports.budget(), STORE_TIMEOUT).catch(() => DEFAULT_BUDGET);
      return await this.#writeMakingRoom(packs);
    } catch (error) {
      this.disable(error);
      return undefined;
    } finally {
      this.#isWriting = false;
    }
  }

  /** Stops using the store, and warns. */
  disable(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#ports.warn(
      storeFailed(`Cannot use the package cache (${describeError(error)}). Packages are not cached between visits.`),
    );
  }

  async clear(): Promise<void> {
    await this.#try((blobs) => blobs.clear());
    this.#changes = noDirectoryChanges();
    this.#aliases = new Map();
    this.#isDirty = false;
    this.#full = false;
  }

  /** Closes the connection to the store. The next use opens it again. */
  close(): void {
    this.#blobs.close();
  }

  async #writeMakingRoom(packs: readonly NewPack[]): Promise<PackWriteResult | undefined> {
    const bytes = packs.reduce(
      (sum, { length, index, seekPoints }) => sum + length + index.length + (seekPoints?.length ?? 0),
      0,
    );
    // Changes of the directory alone are not worth deleting packs for.
    const deletions = bytes > 0 ? [bytes, Number.POSITIVE_INFINITY] : [];
    const result = await writeMakingRoom(this.#ports, deletions, {
      write: () => this.#commit(packs),
      makeRoom: (need) => this.#makeRoom(need),
    });
    if (result) return result;
    this.#full = true;
    this.#ports.warn(storeFull(bytes, "packages"));
    return undefined;
  }

  /** Writes packs, their list and the directory in one transaction. Returns null if the budget has no room. */
  async #commit(packs: readonly NewPack[]): Promise<PackWriteResult | null> {
    let result = null as PackWriteResult | null;
    this.#isDirty = false;
    const change = (before: Uint8Array | undefined): Pick<PackWriteResult, "puts" | "deletes"> => {
      const known = before && readDirectory(before);
      const write = { packs, changes: this.#changes, now: this.#ports.now(), budget: this.#budget ?? 0 };
      result = addPacks(known ?? emptyDirectory(), write);
      return result ?? { puts: new Map(), deletes: [] };
    };
    await this.#blobs.update(DIRECTORY, change);
    if (result && result.added.length > 0) this.#changes.used.add(result.segment);
    // After the first write, delete the orphans of a directory that could not be read.
    if (result && !this.#tidied) {
      this.#tidied = true;
      await this.#makeRoom(0).catch(() => {});
    }
    return result;
  }

  /**
   * Deletes the blobs that no directory names, and the segments used least recently until `need` bytes are free. Does not
   * write the directory, which may not fit while there is no room. A directory entry without its blob is only a cache miss.
   */
  async #makeRoom(need: number): Promise<void> {
    // Keys are listed before the directory is read, so a segment written in between cannot look like an orphan.
    const keys = await this.#blobs.keys();
    const { segments } = await this.directory();
    if (this.#broken) return;
    const doomed = keys.filter((key) => {
      const segment = segmentOfKey(key);
      return segment !== undefined && !segments.has(segment);
    });
    const dropped = need > 0 ? leastRecentlyUsed({ segments, aliases: new Map() }, need, this.#changes.used) : [];
    for (const id of dropped) {
      const segment = segments.get(id);
      if (segment) doomed.push(...segmentKeys(id, slotCount(segment)));
      this.markSegmentGone(id);
    }
    if (doomed.length > 0) await this.#blobs.delMany(doomed);
  }

  #today(): number {
    return dayOf(this.#ports.now());
  }

  async #try<T>(work: (blobs: BlobStore) => Promise<T>): Promise<T | null> {
    if (this.#broken) return null;
    try {
      return await work(this.#isWriting ? this.#blobs : this.#quickBlobs);
    } catch (error) {
      this.disable(error);
      return null;
    }
  }
}
