import { isObject, type Json } from "../base/json.ts";
import { runToEnd } from "../base/run-to-end.ts";
import { sortedJson } from "../lockfile/sorted-json.ts";
import { parseLocation } from "./location.ts";
import { parseLockText } from "./lock-nodes.ts";
import type { InstallPlan } from "./plan.ts";

/**
 * Returns the text of `node_modules/.package-lock.json` as npm writes it: the lock's entries of installed packages, without the
 * project's own entry, always of version 3, in the layout of the lock.
 * @param wrongMarks returns the members of an entry that do not hold, such as the mark of a patch that was not applied
 */
export function hiddenLock(
  lockText: string,
  plan: Pick<InstallPlan, "skipped">,
  wrongMarks: (location: string) => readonly string[] = () => [],
): string {
  const { data, packages, indent, newline } = parseLockText(lockText);
  const gone = goneFrom(packages, plan);
  const kept: Json = { __proto__: null };
  for (const [location, entry] of Object.entries(packages)) {
    if (location === "" || isBelow(location, gone)) continue;
    if (isObject(entry)) for (const mark of wrongMarks(location)) delete entry[mark];
    kept[location] = entry;
  }
  const { dependencies: _, ...own } = data;
  const steps = sortedJson({ ...own, lockfileVersion: 3, requires: true, packages: kept }, indent || "  ");
  const text = `${runToEnd(steps)}\n`;
  return newline === "" || newline === "\n" ? text : text.replaceAll("\n", newline);
}

/** Returns locations that are not installed: skipped and extraneous entries, and those in a package without an entry. npm keeps an extraneous folder inside another entry. */
function goneFrom(packages: Json, { skipped }: Pick<InstallPlan, "skipped">): Set<string> {
  const gone = new Set(skipped.map(({ location }) => location));
  for (const [location, entry] of Object.entries(packages)) {
    const parts = parseLocation(location);
    if (parts?.kind === "package" && parts.above !== "" && !Object.hasOwn(packages, parts.above)) gone.add(location);
    if (!isObject(entry) || !entry["extraneous"] || entry["inBundle"]) continue;
    if (parts?.kind === "package" || !above(location).some((path) => Object.hasOwn(packages, path))) gone.add(location);
  }
  return gone;
}

function isBelow(location: string, gone: ReadonlySet<string>): boolean {
  return gone.size > 0 && (gone.has(location) || above(location).some((path) => gone.has(path)));
}

/** Returns the paths above a path: `a/b` and `a` for `a/b/c`. */
function above(location: string): string[] {
  const paths: string[] = [];
  for (let end = location.lastIndexOf("/"); end > 0; end = location.lastIndexOf("/", end - 1)) {
    paths.push(location.slice(0, end));
  }
  return paths;
}

/** Removes the integrities, for files that `afterExtract` may have changed: a later install would take them for the originals. */
export function withoutIntegrity(lock: string): string {
  const drop = (key: string, value: unknown): unknown => (key === "integrity" ? undefined : value);
  return `${JSON.stringify(JSON.parse(lock, drop), null, 2)}\n`;
}
