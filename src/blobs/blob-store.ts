/** The keys that one transaction of a {@link BlobStore} writes and deletes. */
export interface BlobChange {
  readonly puts: ReadonlyMap<string, Uint8Array>;
  readonly deletes: readonly string[];
}

/**
 * A store of blobs by key. A transaction applies completely or not at all. Methods reject with the platform's error
 * (`QuotaExceededError` if there is no room). Callers never write to a blob that they put or got.
 */
export interface BlobStore {
  /** Reads blobs in one transaction, in the order of the keys. */
  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** Reads one blob and applies the result of `change`, in one transaction. `change` may put and delete any key. */
  update(key: string, change: (before: Uint8Array | undefined) => BlobChange): Promise<void>;
  keys(): Promise<string[]>;
  delMany(keys: readonly string[]): Promise<void>;
  clear(): Promise<void>;
  close(): void;
}
