import { isObject } from "../base/json.ts";
import { parseIntegrity } from "../tarball/integrity.ts";
import { DiskListing } from "./disk-listing.ts";
import { inParallel } from "./in-parallel.ts";
import type { ProjectDisk } from "./sink-fs.ts";
import { folderOf, isLocation, rootsOf } from "./sink-paths.ts";

/** The lock that npm keeps of an installed `node_modules`. */
export const HIDDEN_LOCK = "node_modules/.package-lock.json";

/** An entry of the hidden lock. */
export interface HeldEntry {
  kind: "package" | "bundled" | "link";
  version: string | undefined;
  /** sha512 SRI, if the entry has one. */
  integrity: string | undefined;
}

/** The state of a disk. It is found out without reading all files. */
export interface DiskState {
  /** Text of the hidden lock, or null if there is none. */
  text: string | null;
  entries: ReadonlyMap<string, HeldEntry>;
  /** Packages that are as the lock says: location to sha512 SRI. */
  held: ReadonlyMap<string, string>;
  /** True if every package is held, and `node_modules` has nothing else. */
  whole: boolean;
  /** The folders as they were read. */
  listing: DiskListing;
}

/** The number of requests to the disk at the same time. */
const AT_ONCE = 16;

/**
 * Reads `node_modules/.package-lock.json`, and decides for each package whether the disk still has it. npm trusts the file as a
 * whole (Arborist's `assertNoNewer`); this function decides package by package. A package is held if:
 *
 * 1. Its folder and its nested `node_modules` are not newer than the hidden lock.
 * 2. The version in its package.json is the lock's.
 * 3. Its nested `node_modules` has nothing that the lock does not list.
 * 4. It is not behind a link, and has only files and folders in it, except for commands in `.bin`. A verified tarball makes nothing
 *    else: npm leaves out the links of tarballs.
 *
 * Like npm, it does not notice a changed file deep in a package.
 */
export async function readDiskState(disk: ProjectDisk): Promise<DiskState> {
  const text = await disk.plainText(HIDDEN_LOCK);
  const listing = new DiskListing(disk);
  const entries = parseEntries(text);
  const time = Number((await disk.stat(HIDDEN_LOCK))?.mtimeMs ?? 0);
  const bad = new Set<string>();
  let all = true;
  await inParallel(entries, AT_ONCE, async ([location, entry]) => {
    if (entry.kind === "link") all &&= (await listing.kind(location)) === "other";
    else if (!(await isWhole({ disk, listing, entries, time }, location, entry))) bad.add(ownerOf(location, entries));
  });
  const held = new Map<string, string>();
  for (const [location, { kind, integrity }] of entries) {
    if (kind !== "package") continue;
    if (integrity && !bad.has(location)) held.set(location, integrity);
    else all = false;
  }
  return { text, entries, held, whole: all && (await hasNothingElse(listing, entries)), listing };
}

function parseEntries(text: string | null): Map<string, HeldEntry> {
  const entries = new Map<string, HeldEntry>();
  let lock: unknown;
  try {
    lock = JSON.parse(text ?? "null");
  } catch {
    return entries;
  }
  const packages = isObject(lock) && isObject(lock["packages"]) ? lock["packages"] : {};
  for (const [location, entry] of Object.entries(packages)) {
    // The lock lists folders of the project too.
    if (!isObject(entry) || !isLocation(location)) continue;
    const { version, integrity } = entry;
    const [hash, another] = typeof integrity === "string" ? parseIntegrity(integrity) : [];
    // One of several hashes does not say which tarball the files are from.
    const original = hash?.algorithm === "SHA-512" && !another ? `sha512-${hash.digest}` : undefined;
    // A patched package is not the original.
    const { patched } = entry;
    const patch = isObject(patched) ? `?patch=${String(patched["integrity"])}` : "";
    const sha512 = original && original + patch;
    const kind = entry["link"] === true ? "link" : entry["inBundle"] === true ? "bundled" : "package";
    entries.set(location, { kind, version: typeof version === "string" ? version : undefined, integrity: sha512 });
  }
  return entries;
}

interface DiskReading {
  disk: ProjectDisk;
  listing: DiskListing;
  entries: ReadonlyMap<string, HeldEntry>;
  /** The modification time of the hidden lock, in milliseconds. */
  time: number;
}

async function isWhole(reading: DiskReading, location: string, entry: HeldEntry): Promise<boolean> {
  const { disk, listing, entries, time } = reading;
  const isOld = async (folder: string): Promise<boolean> =>
    Math.floor(Number((await disk.stat(folder))?.mtimeMs ?? 0)) <= Math.floor(time);
  if ((await listing.kind(location)) !== "folder" || !(await isOld(location))) return false;
  const nested = `${location}/node_modules`;
  const kind = await listing.kind(nested);
  if (kind && (kind !== "folder" || !(await isOld(nested)))) return false;
  if ((await unlisted(listing, nested, entries)).length > 0) return false;
  if (!(await hasFilesOnly(listing, location, entries))) return false;
  return (await versionIn(disk, location)) === (entry.version ?? null);
}

/** Checks a package's folder, without the packages in it that the lock lists. */
function hasFilesOnly(
  listing: DiskListing,
  location: string,
  entries: ReadonlyMap<string, HeldEntry>,
): Promise<boolean> {
  const isCommand = (path: string): boolean => folderOf(path).endsWith("/node_modules/.bin");
  return listing.every(
    location,
    (path) => entries.has(path),
    (path, kind) => kind !== "other" || isCommand(path),
  );
}

/** Returns the version in a package.json without a leading `v`, as locks have it. Null if it has none; undefined if the file is missing or damaged. */
async function versionIn(disk: ProjectDisk, location: string): Promise<string | null | undefined> {
  const text = await disk.text(`${location}/package.json`);
  try {
    const manifest: unknown = JSON.parse(text?.replace(/^\uFEFF/, "") ?? "");
    if (!isObject(manifest)) return undefined;
    const { version } = manifest;
    return typeof version === "string" ? version.trim().replace(/^[=v\s]+/, "") : null;
  } catch {
    return undefined;
  }
}

/** Returns paths in a `node_modules` that the lock does not list, except `.bin` and the hidden lock. */
async function unlisted(
  listing: DiskListing,
  folder: string,
  entries: ReadonlyMap<string, HeldEntry>,
): Promise<string[]> {
  const found: string[] = [];
  for (const [name, kind] of await listing.list(folder)) {
    const path = `${folder}/${name}`;
    if (entries.has(path)) continue;
    if (kind === "folder" && name[0] === "@" && !folder.includes("/@", folder.lastIndexOf("node_modules"))) {
      found.push(...(await unlisted(listing, path, entries)));
    } else if (name !== ".bin" && path !== HIDDEN_LOCK) {
      found.push(path);
    }
  }
  return found;
}

async function hasNothingElse(listing: DiskListing, entries: ReadonlyMap<string, HeldEntry>): Promise<boolean> {
  for (const root of rootsOf(entries.keys())) if ((await unlisted(listing, root, entries)).length > 0) return false;
  return true;
}

/** Returns the package whose tarball brings a location. */
export function ownerOf(location: string, entries: ReadonlyMap<string, HeldEntry>): string {
  let owner = location;
  while (entries.get(owner)?.kind === "bundled") {
    const cut = owner.lastIndexOf("/node_modules/");
    if (cut < 0) break;
    owner = owner.slice(0, cut);
  }
  return owner;
}
