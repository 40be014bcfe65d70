// Loaded on demand: when a lock has no `packages` (version 1 and older), or with yarn-lock.ts.
//
// Converts the nested `dependencies` of such a lock to the `packages` of newer ones (npm-tree §18.6):
//
// 1. Visit the nested entries from the root down. Each gets the location of its folder: `node_modules/a/node_modules/b`.
// 2. Find the spec that an entry stands for. `version` may be a version, an alias, a path, a URL or a repository.
// 3. A folder becomes a link, and an entry for its target. Other entries get `version`, `resolved`, `integrity` and flags.
// 4. Old locks list requirements only as `requires`, without their kind. Each becomes an optional or dev dependency if the entry
//    that it resolves to has that flag and the dependent does not, otherwise a prod dependency.

import { isObject, type Json } from "../base/json.ts";
import { relativePath } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { invalidLock } from "../errors/lockfile.ts";
import type { NpmRules } from "../spec/npm-rules.ts";
import { parseSpec, type Spec } from "../spec/spec.ts";
import { cleanVersion } from "../spec/version.ts";
import { MAX_LOCATION } from "./lock-flags.ts";
import { carryResolved } from "./resolved.ts";

/** Entries to convert before other work gets the thread. */
const ENTRIES_AT_ONCE = 256;

/** The absolute folder of the project, and the rules of the npm whose answer is asked for. */
type OldLockSource = Pick<UpgradedLock, "root" | "rules">;

/** Returns the `packages` that npm derives from a version 1 lock. The project's own entry has no dependencies in it. */
export function* packagesOfOldLock(data: Json, { root, rules }: OldLockSource): Generator<undefined, Json> {
  const packages: Json = Object.create(null);
  let count = 0;
  function* load(location: string, name: string, lock: Json): Generator<undefined, void> {
    if (++count % ENTRIES_AT_ONCE === 0) yield;
    if (location.length > MAX_LOCATION) throw invalidLock(`"${location}" has more than ${MAX_LOCATION} characters`);
    const entry = addEntry({ packages, root, rules }, lock, { location, name });
    // entries nested under a link belong to its target
    const folder = entry["link"] ? (entry["resolved"] as string) : location;
    if (!isObject(lock["dependencies"])) return;
    for (const [child, value] of Object.entries(lock["dependencies"])) {
      if (isObject(value)) yield* load(`${folder}${folder && "/"}node_modules/${child}`, child, value);
    }
  }
  yield* load("", "", { ...data, requires: true });
  const names = Object.keys(packages);
  const folders = byFolder(packages, names);
  for (const location of names) {
    const entry = packages[location] as Json;
    count += isObject(entry["requires"]) ? Object.keys(entry["requires"]).length : 0;
    if (location) sortRequires(folders, location, entry);
    if (++count > ENTRIES_AT_ONCE) {
      count = 0;
      yield;
    }
  }
  return packages;
}

function textOrEmpty(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The result while it is being made. */
interface UpgradedLock {
  packages: Json;
  root: string;
  rules: NpmRules;
}

/** Steps 2 and 3: adds one entry, and returns it. */
function addEntry(into: UpgradedLock, lock: Json, at: { location: string; name: string }): Json {
  const { packages, root, rules } = into;
  const { location, name } = at;
  const spec = specOf(name, lock, root);
  if (spec?.type === "directory") {
    const target = relativePath(root, spec.fetchSpec);
    const link = { link: true, resolved: target };
    packages[location] = link;
    packages[target] ?? addEntry(into, { ...lock, version: null }, { location: target, name });
    return link;
  }
  const entry: Json = {};
  packages[location] = entry;
  if (isObject(lock["requires"])) entry["requires"] = lock["requires"];
  for (const flag of ["optional", "dev"]) if (lock[flag]) entry[flag] = true;
  if (location === "") entry["name"] = lock["name"];
  if (lock["integrity"]) entry["integrity"] = lock["integrity"];
  const registry = spec !== null && "registry" in spec;
  if (lock["version"] && !lock["integrity"]) {
    if (spec?.type === "git") {
      entry["resolved"] = carryResolved(spec.raw.slice(name.length + 1), root, { to: root, rules });
      return entry;
    }
    if (registry) entry["version"] = lock["version"];
  }
  if (registry) {
    if (lock["resolved"]) entry["resolved"] = lock["resolved"];
  } else if (spec?.type === "file") entry["resolved"] = `file:${relativePath(root, spec.fetchSpec)}`;
  else if (spec && "fetchSpec" in spec && spec.fetchSpec) entry["resolved"] = spec.fetchSpec;
  if (!entry["version"]) addVersion(entry, spec, name);
  if (lock["bundled"]) entry["inBundle"] = true;
  return entry;
}

/** Adds the version that follows from a tarball's name, an alias or a spec. */
function addVersion(entry: Json, spec: Spec | null, name: string): void {
  if (spec?.type === "file" || spec?.type === "remote") {
    const found = versionOfTarball(name, spec.fetchSpec) ?? versionOfTarball(name, textOrEmpty(entry["resolved"]));
    if (!found) return;
    entry["version"] = found.version;
    if (found.name !== name) entry["name"] = found.name;
  } else if (spec?.type === "alias") {
    entry["name"] = spec.subSpec.name;
    entry["version"] = spec.subSpec.fetchSpec;
  } else if (spec?.type === "version") entry["version"] = spec.fetchSpec;
}

/** Step 2: returns the spec of an entry: its `version`, or, if that does not suffice, `from` or `resolved`. */
function specOf(name: string, lock: Json, root: string): Spec | null {
  const [version, from, resolved] = [
    textOrEmpty(lock["version"]),
    textOrEmpty(lock["from"]),
    textOrEmpty(lock["resolved"]),
  ];
  try {
    if (version) {
      const spec = parseSpec(name || "root", version, root);
      if (lock["integrity"] || spec.type === "git") return spec;
    }
    if (from) {
      const spec = parseSpec(name || "root", from, root);
      if ("registry" in spec && version) return parseSpec(name || "root", version, root);
      if (!resolved) return spec;
    }
    if (resolved) return parseSpec(name || "root", resolved, root);
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
  }
  try {
    return parseSpec(name || "root", version, root);
  } catch {
    return null;
  }
}

/**
 * Reads name and version from a tarball's URL: `…/@a/b/-/b-1.2.3.tgz` is @a/b 1.2.3. Other URLs must contain the dependency's
 * name. Returns null if they do not.
 */
export function versionOfTarball(name: string, address: string): { name: string; version: string } | null {
  const base = address.slice(address.lastIndexOf("/") + 1);
  if (!base.endsWith(".tgz")) return null;
  let parts = name.split(/\/|%2f/i);
  if (/^https?:\//.test(address)) {
    const path = address.replace(/^https?:\/*[^/]*\//, "").split("/-/");
    if (path.length > 1 && path.pop() === base) parts = (path.pop() ?? "").split(/\/|%2f/i);
  }
  const project = parts.pop() ?? "";
  const scope = parts.pop() ?? "";
  if (!base.startsWith(`${project}-`)) return null;
  const version = cleanVersion(base.slice(project.length + 1, -4));
  return version === null ? null : { name: scope[0] === "@" ? `${scope}/${project}` : project, version };
}

/** The entries in the `node_modules` of each folder, by name. */
type Folders = ReadonlyMap<string, ReadonlyMap<string, Json>>;

function byFolder(packages: Json, locations: readonly string[]): Folders {
  const folders = new Map<string, Map<string, Json>>();
  for (const location of locations) {
    const [, folder, name] = /^(?:(.*)\/)?node_modules\/(.+)$/s.exec(location) ?? [];
    if (name === undefined) continue;
    const found = folders.get(folder ?? "") ?? new Map<string, Json>();
    folders.set(folder ?? "", found.set(name, packages[location] as Json));
  }
  return folders;
}

/** Step 4: distributes `requires` over the dependency sections. */
function sortRequires(folders: Folders, location: string, entry: Json): void {
  if (!isObject(entry["requires"])) return;
  const around = foldersAround(folders, location);
  for (const [name, spec] of Object.entries(entry["requires"])) {
    const dependency = around.find((names) => names.has(name))?.get(name);
    let section = "dependencies";
    if (dependency?.["optional"] && !entry["optional"]) section = "optionalDependencies";
    else if (dependency?.["dev"] && !entry["dev"]) section = "devDependencies";
    const deps = (entry[section] ?? {}) as Json;
    entry[section] = deps;
    deps[name] = spec;
  }
  delete entry["requires"];
}

/** Returns the packages that Node finds from a location: in its own node_modules, then in those of the folders above. */
function foldersAround(folders: Folders, location: string): ReadonlyMap<string, Json>[] {
  const found: ReadonlyMap<string, Json>[] = [];
  for (let folder = location; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const names = folders.get(folder);
    if (names) found.push(names);
    if (folder === "") return found;
  }
}
