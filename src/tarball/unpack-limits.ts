import type { UnpackLimits } from "../api/install.ts";

const MEBIBYTE = 1024 * 1024;

/** The default limits. Published packages stay well within them. npm's own client also stops at a ratio of 1000. */
export const UNPACK_LIMITS: UnpackLimits = {
  tarball: 256 * MEBIBYTE,
  file: 256 * MEBIBYTE,
  package: 512 * MEBIBYTE,
  ratio: 1000,
  files: 200_000,
};

/** Returns the most bytes that a tarball of `bytes` bytes may unpack to. */
export function unpackedLimit(bytes: number, limits: UnpackLimits): number {
  return Math.min(limits.package, Math.max(MEBIBYTE, bytes * limits.ratio));
}
