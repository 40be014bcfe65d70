import type { SinkLink } from "../api/sink.ts";
import { failure, InstallError } from "../errors/failure.ts";

// Checks all paths again, right before files are written: a wrong path would overwrite other files.

/** Throws the failure of a path that a sink refuses. @throws InstallError ESINKPATH always */
export function refusePath(path: string, why: string): never {
  throw new InstallError(failure("ESINKPATH", `${JSON.stringify(path)} ${why}.`, { details: { path } }));
}

/** Checks that a path does not leave its folder. Both `/` and `\` count as separators, as on Windows. */
function isInside(path: string): boolean {
  if (path.includes("\0") || /^[a-z]:/i.test(path)) return false;
  const parts = path.split("/");
  // Windows drops dots and blanks at the end of a name: `.. ` may be taken for `..`.
  return parts.every(Boolean) && !path.split(/[/\\]/).some((part) => /^\.[. ]*$/.test(part)) && path[0] !== "\\";
}

/** Checks that a path is relative, without `.`, `..`, empty parts, drive or NUL. @throws InstallError ESINKPATH */
export function checkInside(path: string): void {
  if (!isInside(path)) refusePath(path, "leaves its folder");
}

/** Matches a path that ends in a package's name, with or without a scope. Names have no leading dot. */
const LOCATION = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^./@][^/]*$/;
/** The folder in which a sink works, beside `node_modules`. Some disks ignore case. */
const RESERVED = /^\.webhoist-install(?:\/|$)/i;
const COMMAND = /(?:^|\/)node_modules\/\.bin\/[^/]+$/;

/** Checks that a path is a package's folder: `node_modules/a`, `packages/b/node_modules/@c/d`. @throws InstallError ESINKPATH */
export function checkLocation(location: string): void {
  checkInside(location);
  if (!LOCATION.test(location) || RESERVED.test(location))
    refusePath(location, "is not a folder that a package can have");
}

/** Checks whether a path that was read from a file is a package's folder. */
export function isLocation(location: string): boolean {
  try {
    checkLocation(location);
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks a link: its path is one of a package or a command. A command leads into the project. A link to a folder may lead out of
 * the project (`../shared`), as npm's `file:` dependencies do. @throws InstallError ESINKPATH
 */
export function checkLink({ path, to }: SinkLink): void {
  if (COMMAND.test(path)) checkInside(path);
  else checkLocation(path);
  if (!isInside(COMMAND.test(path) ? to : to.replace(/^(?:\.\.(?:\/|$))+/, "") || "x"))
    refusePath(path, "leads out of the project");
}

/** Returns the outermost `node_modules` of a path: `packages/a/node_modules` for `packages/a/node_modules/b/x.js`. */
export function rootOf(path: string): string {
  const [root] = /^(?:.*?\/)??node_modules(?=\/|$)/.exec(path) ?? [];
  return root ?? refusePath(path, "is not in node_modules");
}

export function rootsOf(...lists: Iterable<string>[]): Set<string> {
  const roots = new Set(["node_modules"]);
  for (const list of lists) for (const path of list) roots.add(rootOf(path));
  return roots;
}

/** Returns a link's target relative to the link's folder, as a disk stores it: `../vite/bin/vite.js`, `../../shared`. */
export function linkText({ path, to }: SinkLink): string {
  const from = path.split("/").slice(0, -1);
  const target = to.split("/").filter(Boolean);
  while (from.length > 0 && from[0] === target[0]) {
    from.shift();
    target.shift();
  }
  return [...from.fill(".."), ...target].join("/") || ".";
}

/** Returns the folders above a path, innermost first: `a/b` and `a` for `a/b/c`. */
export function foldersAbove(path: string): string[] {
  const found: string[] = [];
  for (let at = folderOf(path); at !== ""; at = folderOf(at)) found.push(at);
  return found;
}

/**
 * Checks whether one of `others` is above a path, below the folder `top`. Remembers in `free` the folders that are not below any, so
 * that many files of a deep folder take one look each. `free` is for one `top`.
 */
export function isBelowAny(path: string, top: string, others: ReadonlySet<string>, free: Set<string>): boolean {
  const passed: string[] = [];
  for (let at = folderOf(path); at.length > top.length && !free.has(at); at = folderOf(at)) {
    if (others.has(at)) return true;
    passed.push(at);
  }
  for (const folder of passed) free.add(folder);
  return false;
}

/** Returns the folder of a relative path; "" if it has none. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
