/** A pack as it is stored: the tarball as it came, and its index as bytes (`encodePackIndex`). */
export interface CachedPack {
  /** sha512 SRI of the tarball. */
  readonly integrity: string;
  /** Other hashes it is known by (SRI): a lock may have only its sha1. */
  readonly aliases: readonly string[];
  readonly tarball: Uint8Array;
  readonly index: Uint8Array;
  /** Asked when it is written: `makeWaypoints` of the tarball. Never rejects. */
  readonly seekPoints?: (() => Promise<Uint8Array | null>) | undefined;
}

/** Verified tarballs that are kept between visits, by integrity. No method rejects: what cannot be stored is done without. */
export interface PackCache {
  /** Of these single SRI hashes (any algorithm), the packs that are here: hash asked for to index bytes. In one or two transactions. */
  find(hashes: readonly string[]): Promise<ReadonlyMap<string, { integrity: string; index: Uint8Array }>>;
  /** The tarballs of these (sha512 SRI), checked; what is gone or damaged is missing from the answer, and forgotten. */
  read(integrities: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Of large packs, where inflating can begin: `readWaypoints` reads it. Those that have none, or whose tarball is not stored yet, are missing. */
  seekPoints(integrities: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Takes a verified pack; written with others in batches. The bytes are the shelf's from here on; nobody writes to them. */
  add(pack: CachedPack): void;
  /** Bytes that wait to be written. */
  readonly waiting: number;
  /** Resolves once everything that was added is written, or given up with a warning. */
  flush(): Promise<void>;
  usage(): Promise<{ bytes: number; packs: number }>;
  clear(): Promise<void>;
  /** Lets go of everything; what waits is written first. */
  close(): Promise<void>;
}
