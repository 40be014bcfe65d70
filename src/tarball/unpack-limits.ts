import type { UnpackLimits } from "../api/install.ts";

/** The tarball of one package, and what is known of it before it is opened. */
export interface TarballRequest {
  name: string;
  /** Where it came from, for messages. */
  url: string;
  /** SRI as the lock has it. Null: taken as it is, and its own hash computed. */
  integrity: string | null;
  limits: UnpackLimits;
  /** Whether the inflated archive is wanted too. */
  archive: boolean;
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
