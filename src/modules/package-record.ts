import type { InstalledProject } from "../api/install.ts";
import { isObject, type Json } from "../base/json.ts";

const locks = new WeakMap<InstalledProject, ReadonlyMap<string, string>>();

/** Returns the integrity that a project's lock has for a location; undefined for packages without one, such as folders. */
export function integrityOf(project: InstalledProject, location: string): string | undefined {
  let known = locks.get(project);
  if (!known) {
    known = integrities(project.lockfile);
    locks.set(project, known);
  }
  return known.get(location);
}

function integrities(lockfile: string): Map<string, string> {
  const found = new Map<string, string>();
  let lock: unknown;
  try {
    lock = JSON.parse(lockfile);
  } catch {
    return found;
  }
  const packages = isObject(lock) && isObject(lock["packages"]) ? lock["packages"] : {};
  for (const [location, entry] of Object.entries(packages))
    if (isObject(entry) && typeof entry["integrity"] === "string") found.set(location, entry["integrity"]);
  return found;
}

/** Returns the folder of the package that contains a file: `node_modules/a` for `node_modules/a/lib/b.js`; "" for the project. */
export function packageFolder(path: string): string {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
  return found ?? "";
}

export function textField(json: Json | undefined, name: string): string {
  const value = json?.[name];
  return typeof value === "string" ? value : "";
}
