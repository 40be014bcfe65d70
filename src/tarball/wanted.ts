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
  /** Files in a package; of folders as many. */
  files: number;
}

const MEBIBYTE = 1024 * 1024;

/** What npm's own client takes is well within these: 1000 is where it too calls an archive a bomb. */
export const UNPACK_LIMITS: UnpackLimits = {
  tarball: 256 * MEBIBYTE,
  file: 256 * MEBIBYTE,
  package: 512 * MEBIBYTE,
  ratio: 1000,
  files: 200_000,
};

/** The most bytes that a tarball of so many bytes may unpack to. */
export function unpackedLimit(bytes: number, limits: UnpackLimits): number {
  return Math.min(limits.package, Math.max(MEBIBYTE, bytes * limits.ratio));
}
