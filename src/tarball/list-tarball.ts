// Loaded on demand: when a resolution needs a tarball's contents.

import type { Outcome } from "../errors/failure.ts";
import { fail, ok } from "../errors/failure.ts";
import { type VerifyOptions, verifyIntegrity } from "./integrity.ts";
import { type Pause, unpack } from "./unpack.ts";
import { UNPACK_LIMITS } from "./unpack-limits.ts";

/** The contents of a verified tarball that matter for a tree. Paths lack the archive's first folder. */
export interface TarballListing {
  /** sha512 SRI of the bytes. */
  integrity: string;
  /** The path of every file, in the archive's order. */
  paths: string[];
  /** The text of each `package.json` and of the root's `npm-shrinkwrap.json`, by path. */
  texts: Map<string, string>;
}

/** `integrity` comes from the lock or the packument. Without it the bytes are not verified. */
export interface TarballOptions extends VerifyOptions {
  /** The most bytes that the tarball may unpack to. */
  limit?: number;
  /** Called between parts of the work. By default there is no pause. */
  pause?: Pause;
}

/**
 * Verifies, unpacks and lists a package's tarball (gzip, or plain tar, which npm accepts too).
 * Fails with `EINTEGRITY`, `TAR_BAD_ARCHIVE`, `TAR_ENTRY_ERROR` or `TAR_ABORT`. Each message names the package and the URL.
 */
export async function readTarballListing(bytes: Uint8Array, options: TarballOptions): Promise<Outcome<TarballListing>> {
  const listing = await verifyAndList(bytes, options);
  return listing.ok ? listing : fail((await import("./web-page.ts")).refusedTarball(listing.failure, bytes, options));
}

async function verifyAndList(bytes: Uint8Array, options: TarballOptions): Promise<Outcome<TarballListing>> {
  const integrity = await verifyIntegrity(bytes, options);
  if (!integrity.ok) return integrity;
  const unpacked = await unpack(bytes, { ...UNPACK_LIMITS, ...(options.limit && { package: options.limit }) }, options);
  if (!unpacked.ok) return unpacked;
  const { archive, files } = unpacked.value;
  const paths: string[] = [];
  const texts = new Map<string, string>();
  const decoder = new TextDecoder();
  for (const { path, start, size } of files) {
    paths.push(path);
    if (/(?:^|\/)package\.json$/.test(path) || path === "npm-shrinkwrap.json")
      texts.set(path, decoder.decode(archive.subarray(start, start + size)));
  }
  return ok({ integrity: integrity.value, paths, texts });
}
