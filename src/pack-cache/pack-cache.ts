/** A verified tarball with its index. */
export interface CachedPack {
  /** sha512 SRI of the tarball. */
  readonly integrity: string;
  /** Other SRI hashes of the tarball. A lock may have only its sha1, for example. */
  readonly aliases: readonly string[];
  readonly tarball: Uint8Array;
  /** The encoded index of the tarball (`encodePackIndex`). */
  readonly index: Uint8Array;
  /** Makes the tarball's seek points (`makeSeekPoints`). Called when the pack is written. Never rejects. */
  readonly seekPoints?: (() => Promise<Uint8Array | null>) | undefined;
}

/** A pack that {@link PackCache.find} returned. */
export interface FoundPack {
  /** sha512 SRI of the tarball. */
  readonly integrity: string;
  readonly index: Uint8Array;
}

/** Caches verified tarballs between visits, by integrity. No method rejects: an unreadable pack is missing. */
export interface PackCache {
  /** Finds packs by single SRI hashes of any algorithm, in one or two transactions. Returns the packs by the given hash. */
  find(hashes: readonly string[]): Promise<ReadonlyMap<string, FoundPack>>;
  /** Reads tarballs by sha512 SRI, and checks their bytes. A missing or damaged pack is not returned, and is forgotten. */
  read(integrities: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Returns the seek points of large packs, for `readSeekPoints`. Packs without any, and packs not yet written, are not returned. */
  seekPoints(integrities: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Adds a verified pack, which is written later in a batch. Its bytes belong to the cache from then on: do not change them. */
  add(pack: CachedPack): void;
  /** Bytes that wait to be written. */
  readonly waiting: number;
  /** Resolves when all added packs are written, or dropped with a warning. */
  flush(): Promise<void>;
  usage(): Promise<{ bytes: number; packs: number }>;
  clear(): Promise<void>;
  /** Writes the packs that wait, and then closes the connection to the store. The next use opens it again. */
  close(): Promise<void>;
}
