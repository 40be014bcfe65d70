// Reads the lock from which a tree starts (npm-tree §18):
//
// 1. npm-shrinkwrap.json is used before package-lock.json (§18.1). The text of a yarn.lock is returned too.
// 2. Resolve conflict markers and parse. A text that cannot be parsed counts as absent.
// 3. Without `packages` (version 1), convert `dependencies` to `packages` (§18.6).
// 4. Check each entry, and drop members of the wrong type. The root's entry is ignored: package.json is read instead (§18.2).
// 5. Check that each link has its target. Keep unknown top-level keys (§18.5).

import type { LockHashes, LockMarks } from "../api/lock-marks.ts";
import type { Manifest } from "../api/manifest.ts";
import { isObject, type Json } from "../base/json.ts";
import { nameFromFolder, relativePath, resolvePath } from "../base/posix-path.ts";
import { runWithPauses } from "../base/run-to-end.ts";
import { InstallError } from "../errors/failure.ts";
import { invalidLock, missingTarget, newerLock } from "../errors/lockfile.ts";
import type { ProjectFiles } from "../project/files.ts";
import { type JsonText, LARGE_JSON, parseJsonText } from "../project/json-text.ts";
import { normaliseManifest } from "../registry/normalise-manifest.ts";
import type { NpmRules } from "../spec/npm-rules.ts";
import { type LockFlags, lockFlags, MAX_LOCATION } from "./lock-flags.ts";
import { carryResolved } from "./resolved.ts";

/** The newest version of a lock that npm 12 reads. */
const NEWEST_LOCK = 4;
const MARKS = ["patched", "packageExtensionsApplied", "npmExtensionApplied"] as const;
const HASHES = ["packageExtensionsHash", "npmExtensionHash"] as const;

/** A checked lock entry: its members have the types stated here. */
export interface LockEntry extends LockFlags {
  readonly location: string;
  /** The location of a link's target. Null if this is not a link. */
  readonly target: string | null;
  /** The entry as a manifest. Its `name` is the folder's if the lock has none. */
  readonly manifest: Manifest;
  /** The tarball's URL or path. Paths after `file:` are absolute. */
  readonly resolved: string | null;
  readonly integrity: string | null;
  readonly hasShrinkwrap: boolean;
  /** What a lock of version 4 says besides. Null if nothing, or if this npm does not know it. */
  readonly marks: LockMarks | null;
}

/** The lock from which a tree starts. */
export interface LockData {
  /** The file for the new lock: `npm-shrinkwrap.json` if there is one, otherwise `package-lock.json`. */
  filename: "npm-shrinkwrap.json" | "package-lock.json";
  /** True if a readable npm lock was found. Otherwise `packages` is empty. */
  loaded: boolean;
  /** The version of the lock to write. */
  lockfileVersion: number;
  /** The version of the lock that was read. Below 2 or undefined: manifests must be fetched again for their edges (§18.6). */
  originalLockfileVersion: number | undefined;
  /** True if the lock is older than npm 5, and so has no `requires` either. */
  ancient: boolean;
  text: string;
  newline: string | undefined;
  /** The entries by location, without the root's, in the lock's order. */
  packages: Map<string, LockEntry>;
  /** The hashes of the root's entry that say which rules changed the entries. */
  hashes: LockHashes;
  /** The names of what a lock of version 4 has and this npm drops. */
  lost: readonly string[];
  /** Top-level keys that are kept unchanged, in order. */
  extra: Map<string, unknown>;
  /** The text of the project's `yarn.lock`, for `parseYarnLock`. */
  yarn: string | null;
}

/** The project whose lock is read. */
export interface LockSource {
  files: ProjectFiles;
  /** The absolute folder of the project. */
  root: string;
  /** The project's manifest. Version 1 locks do not contain the root's dependencies. */
  manifest: Manifest;
  /** Lets other work run. Called many times for a large lock. */
  /** The rules of the npm whose answer is asked for. */
  rules: NpmRules;
  pause?: (() => Promise<void>) | undefined;
}

/**
 * Step 1: returns the lock's file name and text without its entries. `update` of all packages starts from it. Null if there
 * is no lock.
 */
export function lockWithoutEntries({ files, root, rules }: Omit<LockSource, "manifest">): LockData | null {
  const read = (name: string): string => files.text(resolvePath(root, name)) ?? "";
  const shrinkwrap = rules.readsShrinkwraps ? read("npm-shrinkwrap.json") : "";
  const text = shrinkwrap || read("package-lock.json");
  const yarn = read("yarn.lock") || null;
  if (!text && !yarn) return null;
  const filename = shrinkwrap ? "npm-shrinkwrap.json" : "package-lock.json";
  const [packages, extra] = [new Map<string, LockEntry>(), new Map<string, unknown>()];
  const version = { lockfileVersion: 3, originalLockfileVersion: 3 };
  const entries = { packages, hashes: {}, lost: [], extra };
  return { filename, loaded: text !== "", ...version, ancient: false, text, newline: undefined, ...entries, yarn };
}

/**
 * Reads the project's lock, versions 1 to 3. Returns null if there is neither an npm lock nor a yarn.lock.
 * @throws InstallError EMISSINGTARGET (a link without a target), EINVALIDLOCK (an entry that is not an object), ELIMIT
 */
export async function readLock(source: LockSource): Promise<LockData | null> {
  const lock = lockWithoutEntries(source);
  if (!lock?.loaded) return lock && { ...lock, originalLockfileVersion: undefined };
  const { root, rules, pause = async () => {} } = source;
  const parsed = await parseLock(lock.text, lock.filename, pause);
  if (!parsed) return { ...lock, loaded: false, originalLockfileVersion: undefined };
  const data = isObject(parsed.value) ? parsed.value : {};
  const version = typeof data["lockfileVersion"] === "number" ? data["lockfileVersion"] : undefined;
  const old = isObject(data["dependencies"]) && !data["packages"];
  const packages = old
    ? await runWithPauses((await import("./old-lock.ts")).packagesOfOldLock(data, { root, rules }), pause)
    : (data["packages"] ?? Object.create(null));
  if (!isObject(packages)) throw invalidLock(`"packages" is not an object`);
  if (rules.knowsLock4 && (version ?? 0) > NEWEST_LOCK) throw newerLock(lock.filename, version as number);
  return {
    ...lock,
    originalLockfileVersion: version,
    lockfileVersion: version && version !== 1 ? version : 3,
    ancient: !((version ?? 0) >= 2) && !data["requires"],
    newline: parsed.newline,
    packages: await runWithPauses(readLockEntries(packages, { root, rules }), pause),
    hashes: rules.knowsLock4 ? hashesOf(packages[""]) : {},
    lost: rules.knowsLock4 ? [] : await runWithPauses(lostFeatures(packages), pause),
    extra: extraKeys(data),
  };
}

/** Step 2: resolves conflict markers and parses. Returns null if the text cannot be parsed. */
async function parseLock(text: string, file: string, pause: () => Promise<void>): Promise<JsonText | null> {
  try {
    const conflict = ["<<<<<<<", "=======", ">>>>>>>"].every((mark) => text.includes(mark));
    if (conflict) return await (await import("./merge-conflict.ts")).mergeConflict(text, file, pause);
    const parsed =
      text.length > LARGE_JSON
        ? await runWithPauses((await import("../project/large-json.ts")).parseLargeJson(text, file), pause)
        : parseJsonText(text, file);
    return parsed.value === null ? null : parsed;
  } catch (error) {
    if (error instanceof InstallError && error.code === "EJSONPARSE") return null;
    throw error;
  }
}

/** The top-level keys that are written anew, and so are not kept. */
const REWRITTEN = new Set(["lockfileVersion", "requires", "packages", "dependencies", "__proto__"]);

function hashesOf(root: unknown): LockHashes {
  const hashes: Json = {};
  if (isObject(root)) for (const key of HASHES) if (typeof root[key] === "string") hashes[key] = root[key];
  return hashes;
}

/** Returns the members of a version 4 lock that an older npm drops when it writes the lock again. */
function* lostFeatures(packages: Json): Generator<undefined, string[]> {
  const lost = new Set<string>();
  for (const [at, key] of Object.keys(packages).entries()) {
    if (at % ENTRIES_AT_ONCE === ENTRIES_AT_ONCE - 1) yield;
    const entry = packages[key];
    if (isObject(entry)) for (const name of key === "" ? HASHES : MARKS) if (name in entry) lost.add(name);
  }
  return [...lost];
}

function extraKeys(data: Json): Map<string, unknown> {
  return new Map(Object.entries(data).filter(([key]) => !REWRITTEN.has(key)));
}

type EntrySource = Pick<LockSource, "root" | "rules">;

/** Entries to read before other work gets the thread. */
const ENTRIES_AT_ONCE = 256;

function* readLockEntries(packages: Json, source: EntrySource): Generator<undefined, Map<string, LockEntry>> {
  const { root } = source;
  const entries = new Map<string, LockEntry>();
  for (const [at, key] of Object.keys(packages).entries()) {
    if (at % ENTRIES_AT_ONCE === ENTRIES_AT_ONCE - 1) yield;
    const raw = packages[key];
    if (!isObject(raw)) throw invalidLock(`the entry "${key}" is not an object`);
    if (key.length > MAX_LOCATION) throw invalidLock(`"${key}" has more than ${MAX_LOCATION} characters`);
    const location = locationOf(key, root);
    // `a/../b` is `b`. A path that leads back to the root is the root's entry, which is not used.
    if (location !== "") entries.set(location, readEntry(raw, location, source));
  }
  for (const { target, location } of entries.values()) {
    if (target === null || target === "" || entries.has(target)) continue;
    throw missingTarget(location, target);
  }
  return entries;
}

/** Returns the marks of an entry, which npm keeps as they are, or null. */
function marksOf(raw: Json): LockMarks | null {
  let marks: Json | null = null;
  for (const key of MARKS) if (isObject(raw[key])) marks = { ...(marks ?? {}), [key]: raw[key] };
  return marks;
}

function locationOf(key: string, root: string): string {
  const plain = key !== "" && !/(?:^|\/)\.{0,2}(?:\/|$)/.test(key);
  return plain ? key : relativePath(root, resolvePath(root, key));
}

function readEntry(raw: Json, location: string, { root, rules }: EntrySource): LockEntry {
  const text = (key: string): string | null => (typeof raw[key] === "string" ? (raw[key] as string) : null) || null;
  const link = Boolean(raw["link"]);
  const resolved = text("resolved");
  // a link to the project itself has an empty `resolved`
  if (link && typeof raw["resolved"] !== "string") throw invalidLock(`the link "${location}" has no "resolved"`);
  return {
    location,
    target: link ? relativePath(root, resolvePath(root, resolved ?? "")) : null,
    manifest: entryManifest(raw, location.startsWith("..") ? resolvePath(root, location) : `${root}/${location}`),
    resolved: link ? null : carryResolved(resolved, root, { to: null, rules }),
    integrity: text("integrity"),
    hasShrinkwrap: Boolean(raw["hasShrinkwrap"]),
    marks: rules.knowsLock4 ? marksOf(raw) : null,
    ...lockFlags(raw),
  };
}

const OBJECT_FIELDS = [
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "acceptDependencies",
] as const;

/** Returns the entry as a manifest, without members of the wrong type. */
function entryManifest(raw: Json, path: string): Manifest {
  for (const section of OBJECT_FIELDS) if (section in raw && !isObject(raw[section])) delete raw[section];
  for (const key of ["name", "version"]) if (key in raw && typeof raw[key] !== "string") delete raw[key];
  raw["name"] ||= nameFromFolder(path);
  return normaliseManifest(raw);
}
