import type { Failure } from "../api/failure.ts";
import type { Outcome } from "../errors/failure.ts";
import type { RangeRead } from "../pack-cache/range-read.ts";
import type { Range } from "../tarball/gunzip.ts";
import type { TarballRequest } from "../tarball/tarball-request.ts";

export type { TarballRequest };

/** A tarball that was verified and can be read. */
export interface Extracted {
  /** sha512 SRI of its bytes. */
  integrity: string;
  /** Given back: the bytes went to another thread. */
  tarball: Uint8Array;
  /** `encodePackIndex`. */
  index: Uint8Array;
  archive?: Uint8Array;
  warnings: Failure[];
}

/** Parts of the archive in a tarball that was verified before; all of it where there are no ranges. */
export interface TarballOrder {
  tarball: Uint8Array;
  /** Bytes that it inflates to, as its index has it. */
  unpacked: number;
  ranges: readonly Range[];
}

/** That, or what is wanted of stretches of such a tarball. */
export type ReadOrder = TarballOrder | { rangeReads: readonly RangeRead[] };

/** Verifies, inflates and indexes: on another thread, or in slices on this one. Rejects only when that thread is gone. */
export interface Extractor {
  /** Takes the bytes with it. */
  extract(tarball: Uint8Array, wanted: TarballRequest): Promise<Outcome<Extracted>>;
  /** In the order asked for, in memory of their own. Leaves the caller's bytes. */
  read(order: ReadOrder): Promise<Outcome<Uint8Array[]>>;
  /** `makeWaypoints`, as a task that gives way to others. Leaves the caller's bytes. */
  seekPoints(tarball: Uint8Array, unpacked: number): Promise<Outcome<Uint8Array | null>>;
  dispose(): void;
}
