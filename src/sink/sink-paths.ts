import type { SinkLink } from "../api/sink.ts";
import { failure, InstallError } from "../errors/failure.ts";

// Checked again where files are written, whatever was checked before: a path decides what is overwritten.

/** @throws InstallError ESINKPATH */
export function refusePath(path: string, why: string): never {
  throw new InstallError(failure("ESINKPATH", `${JSON.stringify(path)} ${why}.`, { details: { path } }));
}

/** The same for `/` and `\`, since one of the systems that this may be copied to takes both. */
function isInside(path: string): boolean {
  if (path.includes("\0") || /^[a-z]:/i.test(path)) return false;
  const parts = path.split("/");
  return parts.every((part) => part !== "" && part !== ".") && !path.split(/[/\\]/).includes("..") && path[0] !== "\\";
}

/** Relative, and without `.`, `..`, empty parts, drive or NUL. @throws InstallError ESINKPATH */
export function checkInside(path: string): void {
  if (!isInside(path)) refusePath(path, "leaves its folder");
}

// A name, or a scope and a name: npm's names have no `/` beyond that, and no dot in front.
const LOCATION = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^./@][^/]*$/;
const COMMAND = /(?:^|\/)node_modules\/\.bin\/[^/]+$/;

/** A package's folder: `node_modules/a`, `packages/b/node_modules/@c/d`. @throws InstallError ESINKPATH */
export function checkLocation(location: string): void {
  checkInside(location);
  if (!LOCATION.test(location)) refusePath(location, "is no place for a package");
}

/**
 * A link stands where a package or a command would. A command's leads into the project; a folder's may lead out of it
 * (`../shared`), as npm's `file:` dependencies do. @throws InstallError ESINKPATH
 */
export function checkLink({ path, to }: SinkLink): void {
  if (COMMAND.test(path)) checkInside(path);
  else checkLocation(path);
  if (!isInside(COMMAND.test(path) ? to : to.replace(/^(?:\.\.(?:\/|$))+/, "") || "x"))
    refusePath(path, "leads out of the project");
}

/**
 * The folders of packages that a path lies in or is, outermost first.
 *
 *     node_modules/a/node_modules/@b/c/x.js → node_modules/a, node_modules/a/node_modules/@b/c
 */
export function packageFolders(path: string): string[] {
  const found: string[] = [];
  for (const match of path.matchAll(/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^./@][^/]*(?=\/|$)/g))
    found.push(path.slice(0, match.index + match[0].length));
  return found;
}

/** Path of the outermost `node_modules` that a path lies in: `packages/a/node_modules/b/x.js` → `packages/a/node_modules`. */
export function rootOf(path: string): string {
  const [root] = /^(?:.*?\/)??node_modules(?=\/|$)/.exec(path) ?? [];
  return root ?? refusePath(path, "is not in node_modules");
}

export function rootsOf(...lists: Iterable<string>[]): Set<string> {
  const roots = new Set(["node_modules"]);
  for (const list of lists) for (const path of list) roots.add(rootOf(path));
  return roots;
}

/** What a link says on a disk: `to`, seen from the folder the link stands in. `../vite/bin/vite.js`, `../../shared`. */
export function linkText({ path, to }: SinkLink): string {
  const from = path.split("/").slice(0, -1);
  const goal = to.split("/").filter(Boolean);
  while (from.length > 0 && from[0] === goal[0]) {
    from.shift();
    goal.shift();
  }
  return [...from.fill(".."), ...goal].join("/") || ".";
}

/** The folder a relative path is in; "" for none. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
