import type { Manifest } from "../api/manifest.ts";
import { isObject, type Json } from "../base/json.ts";
import { nameFromFolder, relativePath, resolvePath } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { invalidLock, missingTarget } from "../errors/lockfile.ts";
import type { ProjectFiles } from "../project/files.ts";
import { type JsonText, parseJsonText } from "../project/json-text.ts";
import { normaliseManifest } from "../registry/normalise-manifest.ts";
import { type LockFlags, lockFlags } from "./lock-flags.ts";
import { carryResolved } from "./resolved.ts";

/** What a lock says of one place. Checked: whatever is here has the type it claims. */
export interface LockEntry extends LockFlags {
  readonly location: string;
  /** For a link, the location of its target; else null. */
  readonly target: string | null;
  /** The entry read as a manifest; its `name` is the folder's where the lock gives none. */
  readonly manifest: Manifest;
  /** `file:` paths are absolute. */
  readonly resolved: string | null;
  readonly integrity: string | null;
  readonly hasShrinkwrap: boolean;
}

/** A lockfile as a tree starts from it (npm-tree §18). */
export interface LockData {
  /** Where the new lock goes: `npm-shrinkwrap.json` when there is one, else `package-lock.json`. */
  filename: "npm-shrinkwrap.json" | "package-lock.json";
  /** Whether there was a lock that could be read; only then does it decide anything. */
  loaded: boolean;
  /** The version to write. */
  lockfileVersion: number;
  /** The version it had. Below 2, or undefined: its entries are to be fetched again for their edges. */
  originalLockfileVersion: number | undefined;
  /** From before npm 5: not even `requires`. */
  ancient: boolean;
  text: string;
  newline: string | undefined;
  /** Every place but the root, in the lock's order. */
  packages: Map<string, LockEntry>;
  /** Top-level keys that are kept as they are, in order. */
  extra: Map<string, unknown>;
  /** The text of a `yarn.lock` beside it, for `parseYarnLock`. */
  yarn: string | null;
}

export interface LockSource {
  files: ProjectFiles;
  /** Absolute folder of the project. */
  root: string;
  /** The project's manifest: version 1 locks do not say what the root depends on. */
  manifest: Manifest;
}

/** The lock's place and nothing of its content: what `update` of everything starts from. Null when there is none. */
export function lockWithoutEntries({ files, root }: Pick<LockSource, "files" | "root">): LockData | null {
  const read = (name: string): string => files.text(resolvePath(root, name)) ?? "";
  const shrinkwrap = read("npm-shrinkwrap.json");
  const text = shrinkwrap || read("package-lock.json");
  const yarn = read("yarn.lock") || null;
  if (!text && !yarn) return null;
  const filename = shrinkwrap ? "npm-shrinkwrap.json" : "package-lock.json";
  const [packages, extra] = [new Map<string, LockEntry>(), new Map<string, unknown>()];
  const version = { lockfileVersion: 3, originalLockfileVersion: 3 };
  return { filename, loaded: text !== "", ...version, ancient: false, text, newline: undefined, packages, extra, yarn };
}

/**
 * The project's lock, whichever of npm's it is: npm-shrinkwrap.json before package-lock.json, versions 1 to 3, merge
 * conflicts resolved, else a yarn.lock's text. One that cannot be parsed counts as absent, as in npm. Null: none there.
 * @throws InstallError EMISSINGTARGET (a link to nowhere), EINVALIDLOCK (an entry that is no object)
 */
export async function readLock(place: LockSource): Promise<LockData | null> {
  const lock = lockWithoutEntries(place);
  if (!lock?.loaded) return lock && { ...lock, originalLockfileVersion: undefined };
  const parsed = await parseLock(lock.text, lock.filename);
  if (!parsed) return { ...lock, loaded: false, originalLockfileVersion: undefined };
  const data = isObject(parsed.value) ? parsed.value : {};
  const version = typeof data["lockfileVersion"] === "number" ? data["lockfileVersion"] : undefined;
  const old = isObject(data["dependencies"]) && !data["packages"];
  const packages = old
    ? (await import("./old-lock.ts")).packagesOfOldLock(data, place.root)
    : (data["packages"] ?? Object.create(null));
  if (!isObject(packages)) throw invalidLock(`"packages" is no object`);
  return {
    ...lock,
    originalLockfileVersion: version,
    lockfileVersion: version && version !== 1 ? version : 3,
    ancient: !((version ?? 0) >= 2) && !data["requires"],
    newline: parsed.newline,
    packages: readEntries(packages, place.root),
    extra: extraKeys(data),
  };
}

async function parseLock(text: string, file: string): Promise<JsonText | null> {
  try {
    const conflict = /<{7}/.test(text) && /={7}/.test(text) && />{7}/.test(text);
    if (conflict) return (await import("./merge-conflict.ts")).mergeConflict(text, file);
    const parsed = parseJsonText(text, file);
    return parsed.value === null ? null : parsed;
  } catch (error) {
    if (error instanceof InstallError && error.code === "EJSONPARSE") return null;
    throw error;
  }
}

const WRITTEN = new Set(["name", "lockfileVersion", "requires", "packages", "dependencies", "__proto__"]);

function extraKeys(data: Json): Map<string, unknown> {
  return new Map(Object.entries(data).filter(([key]) => !WRITTEN.has(key)));
}

function readEntries(packages: Json, root: string): Map<string, LockEntry> {
  const entries = new Map<string, LockEntry>();
  for (const [key, raw] of Object.entries(packages)) {
    if (!isObject(raw)) throw invalidLock(`"${key}" is no object`);
    const location = locationOf(key, root);
    // `a/../b` is `b`; what comes back to the root is the root, and that is read from package.json
    if (location !== "") entries.set(location, readEntry(raw, location, root));
  }
  for (const { target, location } of entries.values()) {
    if (target === null || target === "" || entries.has(target)) continue;
    throw missingTarget(location, target);
  }
  return entries;
}

function locationOf(key: string, root: string): string {
  const plain = key !== "" && !/(?:^|\/)\.{0,2}(?:\/|$)/.test(key);
  return plain ? key : relativePath(root, resolvePath(root, key));
}

function readEntry(raw: Json, location: string, root: string): LockEntry {
  const text = (key: string): string | null => (typeof raw[key] === "string" ? (raw[key] as string) : null) || null;
  const link = Boolean(raw["link"]);
  const resolved = text("resolved");
  // a link to the project itself has an empty one
  if (link && typeof raw["resolved"] !== "string") throw invalidLock(`"${location}" is a link without "resolved"`);
  return {
    location,
    target: link ? relativePath(root, resolvePath(root, resolved ?? "")) : null,
    manifest: entryManifest(raw, location.startsWith("..") ? resolvePath(root, location) : `${root}/${location}`),
    resolved: link ? null : carryResolved(resolved, root, null),
    integrity: text("integrity"),
    hasShrinkwrap: Boolean(raw["hasShrinkwrap"]),
    ...lockFlags(raw),
  };
}

const SECTIONS = [
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "acceptDependencies",
] as const;

/** The entry as a manifest, less what has not the type it should have. */
function entryManifest(raw: Json, path: string): Manifest {
  for (const section of SECTIONS) if (section in raw && !isObject(raw[section])) delete raw[section];
  for (const key of ["name", "version"]) if (key in raw && typeof raw[key] !== "string") delete raw[key];
  raw["name"] ||= nameFromFolder(path);
  return normaliseManifest(raw);
}
