import type { Failure, Outcome } from "../errors.ts";
import { fail, ok } from "../errors.ts";
import type { TarballListing } from "../ports.ts";
import { gunzip } from "./gunzip.ts";
import { type Verified, verifyIntegrity } from "./integrity.ts";
import { untar } from "./untar.ts";

// One module to load when a tarball is first met.

/** `integrity` is what the lock or the packument promises; without it the bytes are taken as they are. */
export interface TarballOptions extends Verified {
  /** The most bytes it may unpack to. */
  limit?: number;
}

/**
 * Verifies, unpacks and lists a package's tarball (gzip, or plain tar as npm also takes it).
 * Fails with `EINTEGRITY`, `TAR_BAD_ARCHIVE`, `TAR_ENTRY_ERROR` or `TAR_ABORT`; each names the package and the URL.
 */
export async function openTarball(bytes: Uint8Array, options: TarballOptions): Promise<Outcome<TarballListing>> {
  const integrity = await verifyIntegrity(bytes, options);
  if (!integrity.ok) return integrity;
  const archive = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip(bytes, options.limit) : ok(bytes);
  if (!archive.ok) return refused(archive.failure, options);
  const entries = untar(archive.value);
  if (!entries.ok) return refused(entries.failure, options);
  const paths: string[] = [];
  const texts = new Map<string, string>();
  const decoder = new TextDecoder();
  for (const { path, start, size } of entries.value) {
    paths.push(path);
    if (/(?:^|\/)package\.json$/.test(path) || path === "npm-shrinkwrap.json")
      texts.set(path, decoder.decode(archive.value.subarray(start, start + size)));
  }
  return ok({ integrity: integrity.value, paths, texts });
}

function refused(why: Failure, { name, url }: TarballOptions): { ok: false; failure: Failure } {
  const message = `The tarball of ${name} was refused: ${why.message}.`;
  return fail({ ...why, message, package: name, details: { url } });
}
