import type { CachedPack, PackCache } from "../pack-cache/pack-cache.ts";
import { SEEK_POINTS_FROM } from "../pack-cache/seek-points.ts";
import type { Extracted, Extractor } from "./extractor.ts";

/** A smaller tarball (in bytes) gets no seek points, whatever it inflates to. */
const SMALL_TARBALL = 32 * 1024;

/** A pack to read: the sha512 SRI of its tarball, and the bytes that it inflates to. */
export interface ReadablePack {
  readonly integrity: string;
  readonly unpacked: number;
}

/** Tarballs and seek points that were read from the pack cache, by sha512 SRI. */
export interface CachedTarballs {
  readonly tarballs: ReadonlyMap<string, Uint8Array>;
  /** Undefined if no seek points were requested. */
  readonly seekPoints: ReadonlyMap<string, Uint8Array> | undefined;
}

/** The verified tarballs of an install. Each stays in memory until the pack cache has it, and is read from the cache after that. */
export class TarballStore {
  readonly #packCache: PackCache;
  readonly #extractor: Pick<Extractor, "seekPoints">;
  /** Tarballs in memory, by sha512 SRI. */
  readonly #inMemory = new Map<string, Uint8Array>();
  /** Packs that go to the cache with the next `store`. */
  readonly #waiting: CachedPack[] = [];

  constructor(packCache: PackCache, extractor: Pick<Extractor, "seekPoints">) {
    this.#packCache = packCache;
    this.#extractor = extractor;
  }

  /** Keeps a tarball in memory, and queues it for the cache. @param aliases other hashes by which the cache finds it */
  add(extracted: Extracted, unpacked: number, aliases: readonly string[]): void {
    this.#inMemory.set(extracted.integrity, extracted.tarball);
    this.#waiting.push(this.#cachedPack(extracted, unpacked, aliases));
  }

  /** Passes the queued packs to the cache, which writes them in batches. */
  store(): void {
    for (const pack of this.#waiting.splice(0)) this.#packCache.add(pack);
  }

  /** Puts a tarball back into a cache that has lost it. */
  restore(extracted: Extracted, unpacked: number): void {
    this.#packCache.add(this.#cachedPack(extracted, unpacked, []));
  }

  /** Waits until the cache has written everything, then releases the tarballs that the cache has. */
  async stored(): Promise<void> {
    await this.#packCache.flush();
    await this.releaseCached();
  }

  /** Releases the tarballs that the cache has by now. */
  async releaseCached(): Promise<void> {
    const cached = await this.#packCache.find([...this.#inMemory.keys()]);
    for (const integrity of cached.keys()) this.#inMemory.delete(integrity);
  }

  /** Returns a tarball that is in memory. */
  tarballInMemory(integrity: string): Uint8Array | undefined {
    return this.#inMemory.get(integrity);
  }

  /** Reads tarballs from the cache, and the seek points of those in `withSeekPoints`. */
  async read(integrities: readonly string[], withSeekPoints: readonly string[]): Promise<CachedTarballs> {
    const [tarballs, seekPoints] = await Promise.all([
      this.#packCache.read(integrities),
      withSeekPoints.length > 0 ? this.#packCache.seekPoints(withSeekPoints) : undefined,
    ]);
    return { tarballs, seekPoints };
  }

  dispose(): void {
    this.#inMemory.clear();
  }

  #cachedPack({ integrity, tarball, index }: Extracted, unpacked: number, aliases: readonly string[]): CachedPack {
    // Made when the cache writes the pack: an install does not wait for it.
    const seekPoints = async (): Promise<Uint8Array | null> => {
      const made = await this.#extractor.seekPoints(tarball, unpacked).catch(() => null);
      return made?.ok ? made.value : null;
    };
    const isLarge = tarball.length >= SMALL_TARBALL && unpacked >= SEEK_POINTS_FROM;
    return { integrity, aliases, tarball, index, ...(isLarge && { seekPoints }) };
  }
}
