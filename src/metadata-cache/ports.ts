import type { CachePorts } from "../blobs/ports.ts";
import type { TabLocks } from "./tab-lock.ts";

/** The functions that a metadata cache is given: the platform's, and those that know the format of a record. */
export interface MetadataCachePorts extends CachePorts {
  /** Compresses to zlib's format (RFC 1950). */
  deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  /** Reads zlib's format. Rejects if the data is damaged: the format ends in a checksum. */
  inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  /** Returns the offset of a record's hashes, the part that does not compress. */
  incompressibleStart(record: Uint8Array): number;
  /** Checks whether a record has the current format. */
  isRecord(record: Uint8Array): boolean;
  /** Absent if the platform has no locks, or if no other tab shares the blobs. */
  locks?: TabLocks | undefined;
  group?: GroupSize;
}

/** The limits of one group. */
export interface GroupSize {
  readonly records: number;
  /** Bytes before compression. */
  readonly bytes: number;
}
