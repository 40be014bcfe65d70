import { isObject } from "../base/json.ts";
import { inParallel } from "./in-parallel.ts";
import type { ProjectDisk } from "./sink-fs.ts";
import { checkLocation, rootsOf } from "./sink-paths.ts";

export const HIDDEN_LOCK = "node_modules/.package-lock.json";

/** What stands at a location, by the hidden lock. */
export interface HeldEntry {
  kind: "package" | "bundled" | "link";
  version: string | undefined;
  /** sha512 SRI, where it names one. */
  integrity: string | undefined;
}

/** What is on a disk, as far as it can be known without reading it all. */
export interface DiskState {
  /** Text of the hidden lock; null: there is none. */
  text: string | null;
  entries: ReadonlyMap<string, HeldEntry>;
  /** Location to sha512 SRI: packages that are as the lock says. */
  held: ReadonlyMap<string, string>;
  /** All that is there is held, and nothing else is there: no other folders, links or commands. */
  whole: boolean;
}

// How many requests a disk is asked at once.
const AT_ONCE = 16;

/**
 * Reads `node_modules/.package-lock.json`. npm trusts it where no package's folder is newer and none is missing or unknown
 * (Arborist's `assertNoNewer`); so do we, but package by package, and the version in its package.json must be the lock's.
 * Changes to a file deep in a package are not seen, by npm neither.
 */
export async function readDiskState(disk: ProjectDisk): Promise<DiskState> {
  const text = await disk.text(HIDDEN_LOCK);
  const entries = parseEntries(text);
  const time = Number((await disk.stat(HIDDEN_LOCK))?.mtimeMs ?? 0);
  const bad = new Set<string>();
  await inParallel(await behindLinks(disk, entries.keys(), bad), AT_ONCE, async (location) => {
    const entry = entries.get(location)!;
    if (entry.kind !== "link" && !(await isWhole({ disk, entries, time }, location, entry)))
      bad.add(ownerOf(location, entries));
  });
  const held = new Map<string, string>();
  let all = true;
  for (const [location, { kind, integrity }] of entries) {
    if (kind !== "package") continue;
    if (integrity && !bad.has(location)) held.set(location, integrity);
    else all = false;
  }
  return { text, entries, held, whole: all && (await hasNothingElse(disk, entries)) };
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
    // Folders of the project are listed, too.
    if (!isObject(entry) || !isLocation(location)) continue;
    const { version, integrity } = entry;
    const [sha512] =
      /(?:^|(?<=\s))sha512-[A-Za-z0-9+/]{86}==/.exec(typeof integrity === "string" ? integrity : "") ?? [];
    const kind = entry["link"] === true ? "link" : entry["inBundle"] === true ? "bundled" : "package";
    entries.set(location, { kind, version: typeof version === "string" ? version : undefined, integrity: sha512 });
  }
  return entries;
}

function isLocation(location: string): boolean {
  try {
    checkLocation(location);
    return true;
  } catch {
    return false;
  }
}

/** Those of the locations that can be looked at; the others are bad. */
async function behindLinks(disk: ProjectDisk, locations: Iterable<string>, bad: Set<string>): Promise<string[]> {
  const all = [...locations];
  const linked: string[] = [];
  for (const root of rootsOf(all)) if (await disk.linkOnTheWay(root)) linked.push(`${root}/`);
  for (const location of all) if (linked.some((root) => location.startsWith(root))) bad.add(location);
  return all.filter((location) => !bad.has(location));
}

interface Look {
  disk: ProjectDisk;
  entries: ReadonlyMap<string, HeldEntry>;
  /** Milliseconds, of the hidden lock. */
  time: number;
}

async function isWhole({ disk, entries, time }: Look, location: string, entry: HeldEntry): Promise<boolean> {
  const isOld = async (folder: string): Promise<boolean | null> => {
    const stat = await disk.stat(folder);
    if (!stat) return null;
    return stat.isDirectory() && Math.floor(Number(stat.mtimeMs)) <= Math.floor(time);
  };
  if (!(await isOld(location))) return false;
  if ((await versionIn(disk, location)) !== (entry.version ?? null)) return false;
  const nested = `${location}/node_modules`;
  if ((await isOld(nested)) === false) return false;
  return (await strangers(disk, nested, entries)).length === 0;
}

/** As a lock has it: without the `v` that some write. Null where there is none, undefined where the file is no good. */
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

/** What is in a `node_modules` and not in the lock, files and commands aside. */
async function strangers(
  disk: ProjectDisk,
  folder: string,
  entries: ReadonlyMap<string, HeldEntry>,
): Promise<string[]> {
  const found: string[] = [];
  for (const { name } of await disk.list(folder)) {
    const path = `${folder}/${name}`;
    if (entries.has(path)) continue;
    if (`${name}`[0] === "@" && !folder.includes("/@", folder.lastIndexOf("node_modules"))) {
      found.push(...(await strangers(disk, path, entries)));
    } else if (name !== ".bin" && path !== HIDDEN_LOCK) {
      found.push(path);
    }
  }
  return found;
}

async function hasNothingElse(disk: ProjectDisk, entries: ReadonlyMap<string, HeldEntry>): Promise<boolean> {
  for (const root of rootsOf(entries.keys())) if ((await strangers(disk, root, entries)).length > 0) return false;
  return true;
}

/** The package whose tarball brings what is at a location. */
export function ownerOf(location: string, entries: ReadonlyMap<string, HeldEntry>): string {
  let owner = location;
  while (entries.get(owner)?.kind === "bundled") {
    const cut = owner.lastIndexOf("/node_modules/");
    if (cut < 0) break;
    owner = owner.slice(0, cut);
  }
  return owner;
}
