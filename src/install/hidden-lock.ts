import { isObject, type Json } from "../base/json.ts";
import { runToEnd } from "../base/run-to-end.ts";
import { sortedJson } from "../lockfile/sorted-json.ts";
import { readLocation } from "./location.ts";
import { parseLockText } from "./lock-nodes.ts";
import type { InstallPlan } from "./plan.ts";

/**
 * The text of `node_modules/.package-lock.json` as npm leaves it: the lock's own entries of what is there, without the
 * project's, always of version 3, laid out as the lock is.
 */
export function hiddenLock(lockText: string, plan: Pick<InstallPlan, "skipped">): string {
  const { data, packages, indent, newline } = parseLockText(lockText);
  const gone = goneFrom(packages, plan);
  const kept: Json = { __proto__: null };
  for (const [location, entry] of Object.entries(packages)) {
    if (location !== "" && !isBelow(location, gone)) kept[location] = entry;
  }
  const { dependencies: _, ...own } = data;
  const steps = sortedJson({ ...own, lockfileVersion: 3, requires: true, packages: kept }, indent || "  ");
  const text = `${runToEnd(steps)}\n`;
  return newline === "" || newline === "\n" ? text : text.replaceAll("\n", newline);
}

/** What is left out, and what nobody needs any more; npm keeps what it knows of a folder inside another one or a package. */
function goneFrom(packages: Json, { skipped }: Pick<InstallPlan, "skipped">): Set<string> {
  const gone = new Set(skipped.map(({ location }) => location));
  for (const [location, entry] of Object.entries(packages)) {
    if (!isObject(entry) || !entry["extraneous"] || entry["inBundle"]) continue;
    if (readLocation(location)?.kind === "package" || !above(location).some((path) => Object.hasOwn(packages, path)))
      gone.add(location);
  }
  return gone;
}

function isBelow(location: string, gone: ReadonlySet<string>): boolean {
  return gone.size > 0 && (gone.has(location) || above(location).some((path) => gone.has(path)));
}

/** `a/b/c`: `a/b`, `a` */
function above(location: string): string[] {
  const paths: string[] = [];
  for (let end = location.lastIndexOf("/"); end > 0; end = location.lastIndexOf("/", end - 1)) {
    paths.push(location.slice(0, end));
  }
  return paths;
}

/** For files that are not what came: by its integrity the next install would take them for that. */
export function withoutIntegrity(lock: string): string {
  const drop = (key: string, value: unknown): unknown => (key === "integrity" ? undefined : value);
  return `${JSON.stringify(JSON.parse(lock, drop), null, 2)}\n`;
}
