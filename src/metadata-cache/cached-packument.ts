/** The data of a cached packument that the index has. */
export interface CacheEntry {
  readonly etag?: string;
  /** Milliseconds since 1970 when a registry last confirmed the packument. */
  readonly fetchedAt: number;
}

/** A cached packument. The cache does not interpret `record`, which has about 11 kB. */
export interface CachedPackument extends CacheEntry {
  readonly name: string;
  readonly record: Uint8Array;
}

/** Records that were read from groups, by name. A group never changes, so each fits every index that has its name in that group. */
export type GroupRecords = ReadonlyMap<string, { readonly group: number; readonly record: Uint8Array }>;
