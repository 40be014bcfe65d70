import type { OpenedTarball } from "../../src/engine/need.ts";
import { placeBundle } from "../../src/engine/place-bundle.ts";
import { InstallError, type Outcome, ok } from "../../src/errors/failure.ts";
import { type LockData, readLock } from "../../src/lockfile/read-lock.ts";
import { ProjectFiles } from "../../src/project/files.ts";
import { parsePackageJson } from "../../src/project/package-json.ts";
import { webDigest } from "../../src/tarball/integrity.ts";
import type { TarballListing } from "../../src/tarball/list-tarball.ts";
import { readTarballListing } from "../../src/tarball/list-tarball.ts";

// Loaded when a tarball must be opened, which most resolutions never need.

/** Deep, so that an entry that climbs out of the package shows as one that does. */
const ROOT = "/0/1/2/3";

interface Wanted {
  name: string;
  url: string;
  integrity: string | null;
}

/** Verifies and lists a tarball, and reads the shrinkwrap in it if there is one. */
export async function openPackage(bytes: Uint8Array, wanted: Wanted): Promise<Outcome<OpenedTarball>> {
  const listing = await listTarball(bytes, wanted);
  return listing.ok ? await opened(listing.value, wanted.name) : listing;
}

/** Verifies and lists a tarball. */
export async function listTarball(
  bytes: Uint8Array,
  { name, url, integrity }: Wanted,
): Promise<Outcome<TarballListing>> {
  const digest = webDigest(globalThis.crypto?.subtle);
  return await readTarballListing(bytes, { name, url, digest, ...(integrity ? { integrity } : {}) });
}

/** A listing with what puts it into a tree. */
export async function opened(listing: TarballListing, name: string): Promise<Outcome<OpenedTarball>> {
  const text = listing.texts.get("npm-shrinkwrap.json");
  const answer = (shrinkwrap: LockData | null): Outcome<OpenedTarball> =>
    ok({ ...listing, place: (node, context) => placeBundle(node, { ...listing, shrinkwrap }, context) });
  if (text === undefined) return answer(null);
  try {
    const files = new ProjectFiles({ "npm-shrinkwrap.json": text }, ROOT);
    const { manifest } = parsePackageJson(listing.texts.get("package.json") ?? "{}", `${name}: package.json`);
    return answer(await readLock({ files, root: ROOT, manifest }));
  } catch (error) {
    if (error instanceof InstallError) return { ok: false, failure: { ...error.failure, package: name } };
    throw error;
  }
}

/** A listing as bytes, for shared memory. */
export function encodeListing({ integrity, paths, texts }: TarballListing): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ integrity, paths, texts: [...texts] }));
}

/** `bytes` may be shared, which a decoder refuses: they are copied first. */
export function decodeListing(bytes: Uint8Array): TarballListing {
  const { integrity, paths, texts } = JSON.parse(new TextDecoder().decode(bytes.slice()));
  return { integrity, paths, texts: new Map(texts) };
}
