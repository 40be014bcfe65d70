import type { LockChange } from "../api/resolve.ts";
import { enOrder } from "../base/collate.ts";
import { isObject, type Json } from "../base/json.ts";
import { shownValue } from "../base/shown-value.ts";
import { withoutSecrets } from "../errors/without-secrets.ts";
import { MAX_LOCK, parseJsonText } from "../project/json-text.ts";

/**
 * Returns the packages that differ between two locks, sorted by location. A lock of version 1 is read from its nested
 * `dependencies`. An empty text is a lock without packages.
 * @throws InstallError EJSONPARSE
 */
export function diffLocks(beforeText: string, afterText: string): LockChange[] {
  const before = packagesOf(beforeText);
  const after = packagesOf(afterText);
  const changes: LockChange[] = [];
  for (const location of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(location), after.get(location)];
    if (old && now && old.identity === now.identity) continue;
    changes.push({
      location,
      name: (now ?? old)?.name ?? "",
      kind: old ? (now ? "changed" : "removed") : "added",
      ...(old && { before: old.version }),
      ...(now && { after: now.version }),
    });
  }
  return changes.sort((a, b) => enOrder(a.location, b.location));
}

interface LockedPackage {
  name: string;
  /** The version, or the target of a link. */
  version: string;
  /** The values that are compared, as one text. */
  identity: string;
}

function packagesOf(text: string): Map<string, LockedPackage> {
  const lock = text.trim() && parseJsonText(text, "package-lock.json", MAX_LOCK).value;
  const packages = new Map<string, LockedPackage>();
  if (!isObject(lock)) return packages;
  if (isObject(lock["packages"])) {
    for (const [location, entry] of Object.entries(lock["packages"])) {
      if (location && isObject(entry)) packages.set(location, lockedPackage(location, entry));
    }
  } else addNested(packages, lock["dependencies"]);
  return packages;
}

/** Adds the packages of nested `dependencies`, each before those below it. A list instead of recursion: they may nest very deep. */
function addNested(packages: Map<string, LockedPackage>, dependencies: unknown): void {
  const open = [{ above: "", entries: entriesOf(dependencies) }];
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const { done, value } = last.entries.next();
    if (done) {
      open.pop();
      continue;
    }
    const [name, entry] = value;
    if (!isObject(entry)) continue;
    const location = `${last.above}${last.above && "/"}node_modules/${name}`;
    packages.set(location, lockedPackage(location, entry));
    open.push({ above: location, entries: entriesOf(entry["dependencies"]) });
  }
}

function entriesOf(dependencies: unknown): Iterator<[string, unknown]> {
  return Object.entries(isObject(dependencies) ? dependencies : {}).values();
}

function lockedPackage(location: string, { name, version, resolved, integrity, link }: Json): LockedPackage {
  return {
    name: typeof name === "string" ? name : (location.split("node_modules/").pop() as string),
    version: withoutSecrets(shownValue(link ? resolved : (version ?? resolved ?? ""))),
    identity: JSON.stringify([name, version, resolved, integrity, link]),
  };
}
