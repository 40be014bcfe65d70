import type { Outcome } from "../errors/failure.ts";

export type RequestKind = "packument" | "manifest" | "tarball";

/** One request to a registry. `url` is absolute; `origin` decides which credentials may be sent. */
export interface RegistryRequest {
  kind: RequestKind;
  /** Package name, for messages. */
  name: string;
  url: string;
  /** `full` documents carry `time`, `license`, `libc`; the abbreviated form does not. */
  metadata: "full" | "abbreviated";
  /** Of the document that is at hand: the same one need not be sent again. */
  etag?: string;
  /** Whoever asks keeps what comes: no other cache needs to. */
  kept?: true;
  /** How soon it is wanted, beside others that wait: lower is sooner, -1 before all. Default 0. */
  rank?: number;
  signal?: AbortSignal;
}

export interface RegistryResponse {
  bytes: Uint8Array;
  /** Bytes over the wire when known (content-length), else the length of the body. */
  transferred: number;
  etag?: string;
  /** The document at hand still holds: `bytes` are empty. */
  notModified?: true;
}

/** What the core is handed to reach a registry. Never throws: an outcome is data. */
export interface Transport {
  get(request: RegistryRequest): Promise<Outcome<RegistryResponse>>;
  /** This URL, if it has not been asked for yet, has at most this rank from here on. */
  hurry?(url: string, rank: number): void;
  dispose(): void;
}

/** The machine a lock is made for: part of the input, since it decides which versions are picked. */
export interface Platform {
  os: string;
  cpu: string;
  libc?: string;
  /** Node's version without `v`, e.g. `20.20.2`. */
  node: string;
  npm: string;
}

/** Files by path relative to the set's root, `/`-separated. Text or bytes. */
export type FileMap = Readonly<Record<string, string | Uint8Array>>;

/** What a verified tarball holds that matters for a tree. Paths have the first component stripped. */
export interface TarballListing {
  /** sha512 SRI of the bytes. */
  integrity: string;
  /** Every file's path in archive order. */
  paths: string[];
  /** Text of each `package.json` and of a root `npm-shrinkwrap.json`, by path. */
  texts: Map<string, string>;
}

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
