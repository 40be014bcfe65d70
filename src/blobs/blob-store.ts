/** What one change of a {@link BlobStore} does. */
export interface BlobChange {
  readonly puts: ReadonlyMap<string, Uint8Array>;
  readonly deletes: readonly string[];
}

/**
 * Blobs by key. A transaction is whole: all of it or nothing. Rejects with what the platform says (a `QuotaExceededError`
 * where there is no room). A blob that was put or got is not written to.
 */
export interface BlobStore {
  /** In one transaction. */
  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** Reads one blob and does what `change` makes of it, in one transaction. `change` may put and delete any key. */
  update(key: string, change: (before: Uint8Array | undefined) => BlobChange): Promise<void>;
  keys(): Promise<string[]>;
  delMany(keys: readonly string[]): Promise<void>;
  clear(): Promise<void>;
  close(): void;
}
