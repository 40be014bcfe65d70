import type { BlobStore } from "../blobs/blob-store.ts";
import { isQuota, PATIENCE, reasonOf, SETTLING, soon } from "../blobs/deadline.ts";
import { storeFailed, storeFull } from "../errors/store.ts";
import type { StoreTools } from "../metadata-cache/ports.ts";
import { applyNews, dayOf, type NewPack, type News, noNews, type StoredPacks, storePacks } from "./apply-changes.ts";
import {
  countOf,
  DIRECTORY,
  type Directory,
  emptyDirectory,
  keysOf,
  oldest,
  readDirectory,
  segmentAt,
} from "./directory.ts";

/** Bytes that all packs may take, where nothing else is said. */
export const BUDGET = 1e9;

export interface PackCacheTools extends Pick<StoreTools, "now" | "after" | "warn"> {
  /** Lets the thread do something else. */
  turn(): Promise<void>;
  /** Bytes that all packs may take. */
  budget(): Promise<number>;
  /** Bytes after which what waits is written. Default 16 MiB. */
  batch?: number;
}

/** Milliseconds for 16 MB to be written, or for one who waits behind that. */
const WRITING = 30_000;

/** The blobs, as long as they can be used. What goes wrong is said once, and then one does without. Never rejects. */
export class PackWriter {
  readonly #blobs: BlobStore;
  readonly #tools: PackCacheTools;
  #news: News = noNews();
  /** As the directory had them when it was last read. */
  #aliases: ReadonlyMap<string, string> = new Map();
  /** Whether there is news that the directory has not heard. */
  #isDirty = false;
  #isWriting = false;
  #broken = false;
  #full = false;
  #tidied = false;
  #budget: number | undefined;

  constructor(blobs: BlobStore, tools: PackCacheTools) {
    this.#blobs = blobs;
    this.#tools = tools;
  }

  get isBroken(): boolean {
    return this.#broken;
  }

  get isWritable(): boolean {
    return !this.#broken && !this.#full;
  }

  /** One transaction; null where they cannot be read. */
  read(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[] | null> {
    return this.#try(() => this.#blobs.getMany(keys));
  }

  /** As it is now, but for what this shelf has still to say to it. */
  async directory(): Promise<Directory> {
    const [blob] = (await this.read([DIRECTORY])) ?? [];
    const directory = (blob && readDirectory(blob)) ?? emptyDirectory();
    this.#aliases = new Map(directory.aliases);
    applyNews(directory, this.#news, this.#today());
    return directory;
  }

  /** Found, and so in use. */
  use(directory: Directory, segment: number): void {
    const today = this.#today();
    if (this.#news.used.has(segment)) return;
    this.#news.used.add(segment);
    if (directory.segments.get(segment)?.used !== today) this.#isDirty = true;
  }

  /** A pack that is missing or damaged. */
  lose(spot: News["lost"][number]): void {
    this.#news.lost.push(spot);
    this.#isDirty = true;
  }

  /** A segment whose list is missing or damaged. */
  loseAll(segment: number): void {
    this.#news.gone.add(segment);
    this.#isDirty = true;
  }

  /** Another hash of a pack. */
  alias(alias: string, integrity: string): void {
    if ((this.#news.aliases.get(alias) ?? this.#aliases.get(alias)) === integrity) return;
    this.#news.aliases.set(alias, integrity);
    this.#isDirty = true;
  }

  /** Writes packs and what there is to say, in one transaction. Undefined where nothing was written. */
  async write(packs: readonly NewPack[]): Promise<StoredPacks | undefined> {
    if (!this.isWritable || (packs.length === 0 && !this.#isDirty)) return undefined;
    this.#isWriting = true;
    try {
      this.#budget ??= await soon(this.#tools, this.#tools.budget(), PATIENCE).catch(() => BUDGET);
      return await this.#roomFor(packs);
    } catch (error) {
      this.fail(error);
      return undefined;
    } finally {
      this.#isWriting = false;
    }
  }

  /** There is no store any more. */
  fail(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#tools.warn(
      storeFailed(`The pack cache cannot be used, so no package is kept between visits (${reasonOf(error)}).`),
    );
  }

  async clear(): Promise<void> {
    await this.#try(() => this.#blobs.clear());
    this.#news = noNews();
    this.#aliases = new Map();
    this.#isDirty = false;
    this.#full = false;
  }

  close(): void {
    this.#broken = true;
    this.#blobs.close();
  }

  /** Tries, makes as much room as is written, tries, makes all the room there can be, tries, and gives up. */
  async #roomFor(packs: readonly NewPack[]): Promise<StoredPacks | undefined> {
    const bytes = packs.reduce(
      (sum, { length, index, seekPoints }) => sum + length + index.length + (seekPoints?.length ?? 0),
      0,
    );
    for (const need of [bytes, Number.POSITIVE_INFINITY, 0]) {
      try {
        const cached = await this.#commit(packs);
        if (cached) return cached;
        break;
      } catch (error) {
        if (!isQuota(error)) throw error;
        if (need === 0) break;
        // What cannot be deleted for lack of room is no reason not to try again.
        await this.#makeRoom(need).catch(() => {});
        await new Promise<void>((done) => void this.#tools.after(SETTLING, done));
      }
    }
    this.#full = true;
    this.#tools.warn(storeFull(bytes, "packages"));
    return undefined;
  }

  /** One transaction: packs, their list, and the directory that names them. Null where the budget has no room. */
  async #commit(packs: readonly NewPack[]): Promise<StoredPacks | null> {
    let cached = null as StoredPacks | null;
    this.#isDirty = false;
    const change = (before: Uint8Array | undefined): Pick<StoredPacks, "puts" | "deletes"> => {
      const known = before && readDirectory(before);
      const storing = { packs, news: this.#news, now: this.#tools.now(), budget: this.#budget ?? 0 };
      cached = storePacks(known ?? emptyDirectory(), storing);
      return cached ?? { puts: new Map(), deletes: [] };
    };
    await soon(this.#tools, this.#blobs.update(DIRECTORY, change), WRITING);
    if (cached && cached.added.length > 0) this.#news.used.add(cached.segment);
    // Once in a vault's life: there may be what a directory named that could not be read.
    if (cached && !this.#tidied) {
      this.#tidied = true;
      await this.#makeRoom(0).catch(() => {});
    }
    return cached;
  }

  /**
   * Deletes what no directory names, and of what was used least recently as much as must be. Only deletes: a directory may not
   * fit where there is no room, and one that leads nowhere is a miss.
   */
  async #makeRoom(need: number): Promise<void> {
    // In this order: a segment that is written after its keys were listed is not among them.
    const keys = await this.#blobs.keys();
    const { segments } = await this.directory();
    if (this.#broken) return;
    const doomed = keys.filter((key) => {
      const segment = segmentAt(key);
      return segment !== undefined && !segments.has(segment);
    });
    for (const id of need > 0 ? oldest({ segments, aliases: new Map() }, need, this.#news.used) : []) {
      const segment = segments.get(id);
      if (segment) doomed.push(...keysOf(id, countOf(segment)));
      this.loseAll(id);
    }
    if (doomed.length > 0) await this.#blobs.delMany(doomed);
  }

  #today(): number {
    return dayOf(this.#tools.now());
  }

  async #try<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.#broken) return null;
    try {
      return await soon(this.#tools, work(), this.#isWriting ? WRITING : PATIENCE);
    } catch (error) {
      this.fail(error);
      return null;
    }
  }
}
