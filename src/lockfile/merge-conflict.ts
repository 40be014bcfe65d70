// Loaded on demand: when a lock contains a merge's conflict markers.

import type { Json } from "../base/json.ts";
import { checkedJson, type JsonText, parseJsonText } from "../project/json-text.ts";

/** The most characters of a lock with conflict markers. It is parsed three times, without a pause. */
const MAX_CONFLICTED = 4 * 2 ** 20;

/**
 * Resolves a lock with a merge's conflict markers, as npm does (npm-tree §18.1): takes the changes between the common parent and
 * "ours", and applies them to "theirs". If there is no `|||||||` part, the parent is the text outside the markers.
 * @throws InstallError EJSONPARSE if one of the three is not JSON; ELIMIT
 */
export function mergeConflict(conflicted: string, file: string): JsonText {
  const text = checkedJson(conflicted, file, MAX_CONFLICTED);
  const parts = { ours: "", theirs: "", parent: "" };
  let state: keyof typeof parts | "top" = "top";
  for (const line of text.split(/[\n\r]+/)) {
    if (/\|{7}/.test(line)) state = "parent";
    else if (/<{7}/.test(line)) state = "ours";
    else if (/={7}/.test(line)) state = "theirs";
    else if (/>{7}/.test(line)) state = "top";
    else {
      for (const part of ["ours", "theirs", "parent"] as const)
        if (state === part || state === "top") parts[part] += line;
    }
  }
  const parent = parseJsonText(parts.parent, file).value;
  const ours = parseJsonText(parts.ours, file).value;
  const theirs = parseJsonText(parts.theirs, file);
  if (isTree(ours) && isTree(theirs.value)) applyChanges(isTree(parent) ? parent : {}, ours, theirs.value);
  return theirs;
}

function isTree(value: unknown): value is Json {
  return value !== null && typeof value === "object";
}

function sameKind(a: unknown, b: unknown): boolean {
  return isTree(a) && isTree(b) && Array.isArray(a) === Array.isArray(b);
}

/** Checks for a key that every object inherits. npm ignores changes below such keys. */
function inherited(key: string): boolean {
  return key in Object.prototype;
}

/** Takes the changes between `parent` and `ours`, and applies them to `theirs`. */
function applyChanges(parent: Json, ours: Json, theirs: Json): void {
  for (const key of new Set([...Object.keys(parent), ...Object.keys(ours)])) {
    if (inherited(key) || same(parent[key], ours[key])) continue;
    if (!Object.hasOwn(ours, key)) delete theirs[key];
    else if (!sameKind(parent[key], ours[key]) || Array.isArray(ours[key])) theirs[key] = ours[key];
    // An object that "theirs" removed and "ours" changed returns with only our changes. If theirs is a scalar, it wins.
    else {
      theirs[key] ??= {};
      if (isTree(theirs[key])) applyChanges(parent[key] as Json, ours[key] as Json, theirs[key]);
    }
  }
}

/** Objects of the common parent, and whether the one of "ours" at the same place is the same. Each pair is compared once. */
const compared = new WeakMap<object, boolean>();

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!sameKind(a, b)) return false;
  const known = compared.get(a as object) ?? sameMembers(a, b);
  compared.set(a as object, known);
  return known;
}

function sameMembers(a: unknown, b: unknown): boolean {
  const keys = (tree: unknown): string[] => Object.keys(tree as Json).filter((key) => !inherited(key));
  if (keys(a).length !== keys(b).length) return false;
  return keys(a).every((key) => Object.hasOwn(b as Json, key) && same((a as Json)[key], (b as Json)[key]));
}
