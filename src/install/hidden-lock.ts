import { isObject, type Json } from "../base/json.ts";
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
  const skipped = new Set(plan.skipped.map(({ location }) => location));
  const kept: Json = { __proto__: null };
  for (const [location, entry] of Object.entries(packages)) {
    if (location === "" || !isObject(entry) || isGone(location, packages, skipped)) continue;
    kept[location] = entry;
  }
  const { dependencies: _, ...own } = data;
  const steps = sortedJson({ ...own, lockfileVersion: 3, requires: true, packages: kept }, indent || "  ");
  let step = steps.next();
  while (!step.done) step = steps.next();
  const text = `${step.value}\n`;
  return newline === "" || newline === "\n" ? text : text.replaceAll("\n", newline);
}

/** Left out, or what nobody needs any more; and whatever is below such a place. */
function isGone(location: string, packages: Json, skipped: ReadonlySet<string>): boolean {
  return selfAndAbove(location).some((path) => {
    const entry = Object.hasOwn(packages, path) ? packages[path] : null;
    const extraneous = isObject(entry) && entry["extraneous"] && !entry["inBundle"];
    return skipped.has(path) || (extraneous && (isPackage(path) || isOnTop(path, packages)));
  });
}

/** `a/b/c`, `a/b`, `a` */
function selfAndAbove(location: string): string[] {
  const paths: string[] = [];
  for (let end = location.length; end > 0; end = location.lastIndexOf("/", end - 1)) paths.push(location.slice(0, end));
  return paths;
}

function isPackage(location: string): boolean {
  return readLocation(location)?.kind === "package";
}

/** A folder of the project itself; npm keeps what it knows of one inside a package or another folder. */
function isOnTop(location: string, packages: Json): boolean {
  return !selfAndAbove(location).some((path) => path !== location && Object.hasOwn(packages, path));
}
