// Loaded on demand: when the engine needs the contents of a tarball, which most resolutions do not.

import type { OpenedTarball } from "../../src/engine/need.ts";
import { type Bundle, placeBundle } from "../../src/engine/place-bundle.ts";
import { InstallError, type Outcome, ok } from "../../src/errors/failure.ts";
import { readLock } from "../../src/lockfile/read-lock.ts";
import { ProjectFiles } from "../../src/project/files.ts";
import { parsePackageJson } from "../../src/project/package-json.ts";
import { npmRules } from "../../src/spec/npm-rules.ts";
import { webDigest } from "../../src/tarball/integrity.ts";
import type { TarballListing } from "../../src/tarball/list-tarball.ts";
import { readTarballListing } from "../../src/tarball/list-tarball.ts";
import { nextTurn } from "../host/yield.ts";

/** An npm that reads shrinkwraps. The engine decides whether one counts. */
const SHRINKWRAP_NPM = "11.19.1";
/** The folder of the shrinkwrap's paths. It is deep, so that a path that climbs out of the package is recognised. */
const ROOT = "/0/1/2/3";

interface TarballNeed {
  name: string;
  url: string;
  integrity: string | null;
}

/** Verifies and lists a tarball, and reads its shrinkwrap if there is one. */
export async function openForEngine(bytes: Uint8Array, need: TarballNeed): Promise<Outcome<OpenedTarball>> {
  const listing = await listTarball(bytes, need);
  return listing.ok ? await fromListing(listing.value, need.name) : listing;
}

/** Verifies and lists a tarball. */
export async function listTarball(
  bytes: Uint8Array,
  { name, url, integrity }: TarballNeed,
): Promise<Outcome<TarballListing>> {
  const digest = webDigest(globalThis.crypto?.subtle);
  return await readTarballListing(bytes, { name, url, digest, pause: nextTurn, ...(integrity ? { integrity } : {}) });
}

/**
 * Reads the shrinkwrap of a listed tarball, and adds the function that places its contents into a tree. A shrinkwrap that cannot be read
 * fails when it is placed, if it counts: npm 12 reads none, and npm 11 only one that the metadata speaks of.
 */
export async function fromListing(listing: TarballListing, name: string): Promise<Outcome<OpenedTarball>> {
  const text = listing.texts.get("npm-shrinkwrap.json");
  const withPlacing = (shrinkwrap: Bundle["shrinkwrap"]): Outcome<OpenedTarball> =>
    ok({ ...listing, place: (node, context) => placeBundle(node, { ...listing, shrinkwrap }, context) });
  if (text === undefined) return withPlacing(null);
  try {
    const files = new ProjectFiles({ "npm-shrinkwrap.json": text }, ROOT);
    const { manifest } = parsePackageJson(listing.texts.get("package.json") ?? "{}", `${name}: package.json`);
    return withPlacing(await readLock({ files, root: ROOT, manifest, rules: npmRules(SHRINKWRAP_NPM) }));
  } catch (error) {
    if (error instanceof InstallError) return withPlacing(new InstallError({ ...error.failure, package: name }));
    throw error;
  }
}

/** Encodes a listing for shared memory. */
export function encodeListing({ integrity, paths, texts }: TarballListing): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ integrity, paths, texts: [...texts] }));
}

/** Decodes a listing. Copies `bytes` first, because a decoder refuses shared memory. */
export function decodeListing(bytes: Uint8Array): TarballListing {
  const { integrity, paths, texts } = JSON.parse(new TextDecoder().decode(bytes.slice()));
  return { integrity, paths, texts: new Map(texts) };
}
