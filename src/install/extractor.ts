import type { Failure } from "../api/failure.ts";
import type { Outcome } from "../errors/failure.ts";
import type { RangeRead } from "../pack-cache/range-read.ts";
import type { ByteRange } from "../tarball/gunzip.ts";
import type { TarballRequest } from "../tarball/tarball-request.ts";

export type { TarballRequest };

/** A verified tarball. */
export interface Extracted {
  /** sha512 SRI of its bytes. */
  integrity: string;
  /** The bytes that were passed in. They may be a new array, because they were transferred to another thread and back. */
  tarball: Uint8Array;
  /** `encodePackIndex`. */
  index: Uint8Array;
  /** The inflated tarball, if the request asked for it. */
  archive?: Uint8Array;
  warnings: Failure[];
}

/** Parts of an archive to read out of a verified tarball. */
export interface TarballOrder {
  tarball: Uint8Array;
  /** Bytes that the tarball inflates to, from its index. */
  unpacked: number;
  /** In the archive; empty for all of it. */
  ranges: readonly ByteRange[];
}

/** Parts of a whole tarball, or parts that are inflated from seek points on. */
export type ReadOrder = TarballOrder | { rangeReads: readonly RangeRead[] };

/** Verifies, inflates and indexes tarballs: in workers, or in slices on this thread. A method rejects only if its worker is gone. */
export interface Extractor {
  /** Verifies and indexes a tarball. Transfers its bytes: the caller gets them back in the result. */
  extract(tarball: Uint8Array, request: TarballRequest): Promise<Outcome<Extracted>>;
  /** Returns parts of an archive in the order of the request, each in memory of its own. Does not transfer the caller's bytes. */
  read(order: ReadOrder): Promise<Outcome<Uint8Array[]>>;
  /** Makes the seek points of a large tarball (`makeSeekPoints`); null if it has none. Does not transfer the caller's bytes. */
  seekPoints(tarball: Uint8Array, unpacked: number): Promise<Outcome<Uint8Array | null>>;
  dispose(): void;
}
