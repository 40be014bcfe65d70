import type { Outcome } from "../errors/failure.ts";
import { ok } from "../errors/failure.ts";
import { type VerifyOptions, verifyIntegrity } from "./integrity.ts";
import { unpack } from "./unpack.ts";
import { UNPACK_LIMITS } from "./unpack-limits.ts";

/** What a verified tarball holds that matters for a tree. Paths have the first component stripped. */
export interface TarballListing {
  /** sha512 SRI of the bytes. */
  integrity: string;
  /** Every file's path in archive order. */
  paths: string[];
  /** Text of each `package.json` and of a root `npm-shrinkwrap.json`, by path. */
  texts: Map<string, string>;
}

// One module to load when a tarball is first met.

/** `integrity` is what the lock or the packument promises; without it the bytes are taken as they are. */
export interface TarballOptions extends VerifyOptions {
  /** The most bytes it may unpack to. */
  limit?: number;
}

/**
 * Verifies, unpacks and lists a package's tarball (gzip, or plain tar as npm also takes it).
 * Fails with `EINTEGRITY`, `TAR_BAD_ARCHIVE`, `TAR_ENTRY_ERROR` or `TAR_ABORT`; each names the package and the URL.
 */
export async function readTarballListing(bytes: Uint8Array, options: TarballOptions): Promise<Outcome<TarballListing>> {
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
