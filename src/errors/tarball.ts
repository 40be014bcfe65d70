import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** TAR_BAD_ARCHIVE: the bytes are cut off, damaged or no archive. `why` continues a sentence about the tarball. */
export function brokenArchive(why: string): Failure {
  return failure("TAR_BAD_ARCHIVE", why);
}

/** TAR_ABORT: the tarball is larger than `limits` allow. `why` continues a sentence about the tarball. */
export function beyondLimits(why: string): Failure {
  return failure("TAR_ABORT", why);
}
