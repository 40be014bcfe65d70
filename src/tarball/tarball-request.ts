import type { UnpackLimits } from "../api/install.ts";

/** A tarball to verify and index. */
export interface TarballRequest {
  name: string;
  /** The tarball's URL, for messages. */
  url: string;
  /** The integrity (SRI) in the lock. Null if there is none: then the tarball is not verified. */
  integrity: string | null;
  limits: UnpackLimits;
  /** Whether the caller also needs the inflated archive. */
  archive: boolean;
}
