import type { LockChange } from "../api/resolve.ts";
import { enOrder } from "../base/collate.ts";
import { isObject, type Json } from "../base/json.ts";
import { parseJsonText } from "../project/json-text.ts";

/**
 * What stands elsewhere or at another version after than before, by location in npm's order. A lock of version 1 is
 * read by its nested `dependencies`; an empty text is a lock without packages.
 * @throws InstallError EJSONPARSE
 */
export function diffLocks(beforeText: string, afterText: string): LockChange[] {
  const before = placesOf(beforeText);
  const after = placesOf(afterText);
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

interface Place {
  name: string;
  /** A version, or where a link leads. */
  version: string;
  identity: string;
}

function placesOf(text: string): Map<string, Place> {
  const lock = text.trim() && parseJsonText(text, "package-lock.json").value;
  const places = new Map<string, Place>();
  if (!isObject(lock)) return places;
  if (isObject(lock["packages"])) {
    for (const [location, entry] of Object.entries(lock["packages"])) {
      if (location && isObject(entry)) places.set(location, placeOf(location, entry));
    }
  } else addNested(places, "", lock["dependencies"]);
  return places;
}

function addNested(places: Map<string, Place>, above: string, dependencies: unknown): void {
  if (!isObject(dependencies)) return;
  for (const [name, entry] of Object.entries(dependencies)) {
    if (!isObject(entry)) continue;
    const location = `${above}${above && "/"}node_modules/${name}`;
    places.set(location, placeOf(location, entry));
    addNested(places, location, entry["dependencies"]);
  }
}

function placeOf(location: string, { name, version, resolved, integrity, link }: Json): Place {
  return {
    name: typeof name === "string" ? name : (location.split("node_modules/").pop() as string),
    version: String(link ? resolved : (version ?? resolved ?? "")),
    identity: JSON.stringify([name, version, resolved, integrity, link]),
  };
}
