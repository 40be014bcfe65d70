import { InstallError, type Outcome, ok } from "../src/errors.ts";
import { placeBundle } from "../src/ideal/bundle.ts";
import type { OpenedTarball } from "../src/ideal/need.ts";
import { type LockData, readLock } from "../src/lockfile/read-lock.ts";
import { ProjectFiles } from "../src/project/files.ts";
import { parsePackageJson } from "../src/project/package-json.ts";
import { webDigest } from "../src/tarball/integrity.ts";
import { openTarball } from "../src/tarball/listing.ts";

// Loaded when a tarball must be opened, which most resolutions never need.

/** Deep, so that an entry that climbs out of the package shows as one that does. */
const ROOT = "/0/1/2/3";

/** Verifies and lists a tarball, and reads the shrinkwrap in it if there is one. */
export async function openPackage(
  bytes: Uint8Array,
  { name, url, integrity }: { name: string; url: string; integrity: string | null },
): Promise<Outcome<OpenedTarball>> {
  const digest = webDigest(globalThis.crypto?.subtle);
  const listing = await openTarball(bytes, { name, url, digest, ...(integrity ? { integrity } : {}) });
  if (!listing.ok) return listing;
  const text = listing.value.texts.get("npm-shrinkwrap.json");
  const opened = (shrinkwrap: LockData | null): Outcome<OpenedTarball> =>
    ok({ ...listing.value, place: (node, context) => placeBundle(node, { ...listing.value, shrinkwrap }, context) });
  if (text === undefined) return opened(null);
  try {
    const files = new ProjectFiles({ "npm-shrinkwrap.json": text }, ROOT);
    const { manifest } = parsePackageJson(listing.value.texts.get("package.json") ?? "{}", `${name}: package.json`);
    return opened(await readLock({ files, root: ROOT, manifest }));
  } catch (error) {
    if (error instanceof InstallError) return { ok: false, failure: { ...error.failure, package: name } };
    throw error;
  }
}
