import type { Failure } from "../api/failure.ts";

/** What is known of a stored packument without reading it. */
export interface Entry {
  readonly etag?: string;
  /** Milliseconds since 1970 when a registry last vouched for it. */
  readonly fetchedAt: number;
}

/** A stored packument: its record, about 11 kB, is opaque here. */
export interface Kept extends Entry {
  readonly name: string;
  readonly record: Uint8Array;
}

/** Exclusive locks that all tabs of an origin share: `navigator.locks` is one. */
export interface Locks {
  request<T>(name: string, options: LockOptions, run: (lock: unknown) => T | PromiseLike<T>): Promise<T>;
}

export interface LockOptions {
  ifAvailable?: boolean;
  signal?: AbortSignal;
}

/** What the store is handed. */
export interface StoreTools {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once, after so many milliseconds; the answer takes that back. */
  after(milliseconds: number, run: () => void): () => void;
  /** zlib's format (RFC 1950), whose checksum `inflate` looks at: it rejects what is not whole. */
  deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  /** Where the part of a record begins that does not compress. */
  incompressibleStart(record: Uint8Array): number;
  /** Whether a record is of the form that is read today. */
  isRecord(record: Uint8Array): boolean;
  /** Hears of each thing once: ESTORE, ESTOREFULL. */
  warn(failure: Failure): void;
  /** Left out where there are none, and where the blobs are this tab's own. */
  locks?: Locks | undefined;
  group?: GroupSize;
}

/** Of a group there is at most so much: records, and bytes before anything is deflated. */
export interface GroupSize {
  readonly records: number;
  readonly bytes: number;
}
