import type { Failure, Outcome } from "../errors.ts";

/** The tarball of one package, and what is known of it before it is opened. */
export interface Wanted {
  name: string;
  /** Where it came from, for messages. */
  url: string;
  /** SRI as the lock has it. Null: taken as it is, and its own hash computed. */
  integrity: string | null;
  limits: UnpackLimits;
  /** Whether the inflated archive is wanted too. */
  archive: boolean;
}

/** Where a bomb shows. */
export interface UnpackLimits {
  /** Bytes of the tarball. */
  tarball: number;
  /** Bytes of one file. */
  file: number;
  /** Bytes of all of the inflated archive. */
  package: number;
  /** Inflated bytes for each byte of the tarball; packages below a megabyte may have any. */
  ratio: number;
  /** Files in a package. */
  files: number;
}

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

/** Verifies, inflates and indexes: on another thread, or in slices on this one. Rejects only when that thread is gone. */
export interface Extractor {
  /** Takes the bytes with it. */
  extract(tarball: Uint8Array, wanted: Wanted): Promise<Outcome<Extracted>>;
  /** The archive in a tarball that was verified before. `unpacked`: what its index says. Leaves the caller's bytes. */
  inflate(tarball: Uint8Array, unpacked: number): Promise<Outcome<Uint8Array>>;
  dispose(): void;
}
