// Loaded on demand: when a lock contains a merge's conflict markers.

import type { Json } from "../base/json.ts";
import { checkedJson, type JsonText, LARGE_JSON, parseJsonText } from "../project/json-text.ts";
import { parseLargeJson } from "../project/large-json.ts";

/** The most characters of a lock with conflict markers, which is parsed three times. */
const MAX_CONFLICTED = 16 * 2 ** 20;
/** Lines, or members of objects, that are compared between two pauses. */
const AT_ONCE = 4_000;

/** Counts the lines and members so far. */
interface Compared {
  count: number;
  /** Objects of the common parent, and whether the one of "ours" at the same place is the same. Each pair is compared once. */
  readonly known: WeakMap<object, boolean>;
}

/**
 * Resolves a lock with a merge's conflict markers, as npm does (npm-tree §18.1): takes the changes between the common parent and
 * "ours", and applies them to "theirs". If there is no `|||||||` part, the parent is the text outside the markers. Pauses.
 * @throws InstallError EJSONPARSE if one of the three is not JSON; ELIMIT
 */
export function* mergeConflict(conflicted: string, file: string): Generator<undefined, JsonText> {
  const text = checkedJson(conflicted, file, MAX_CONFLICTED);
  const compared: Compared = { count: 0, known: new WeakMap() };
  const parts = { ours: "", theirs: "", parent: "" };
  let state: keyof typeof parts | "top" = "top";
  for (const line of text.split(/[\n\r]+/)) {
    if (++compared.count % AT_ONCE === 0) yield;
    if (/\|{7}/.test(line)) state = "parent";
    else if (/<{7}/.test(line)) state = "ours";
    else if (/={7}/.test(line)) state = "theirs";
    else if (/>{7}/.test(line)) state = "top";
    else {
      for (const part of ["ours", "theirs", "parent"] as const)
        if (state === part || state === "top") parts[part] += line;
    }
  }
  const { value: parent } = yield* parse(parts.parent, file);
  const { value: ours } = yield* parse(parts.ours, file);
  const theirs = yield* parse(parts.theirs, file);
  if (isTree(ours) && isTree(theirs.value)) {
    yield* applyChanges(isTree(parent) ? parent : {}, { ours, theirs: theirs.value, compared });
  }
  return theirs;
}

function* parse(text: string, file: string): Generator<undefined, JsonText> {
  return text.length > LARGE_JSON ? yield* parseLargeJson(text, file) : parseJsonText(text, file);
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

interface Sides {
  ours: Json;
  theirs: Json;
  compared: Compared;
}

/** Takes the changes between `parent` and `ours`, and applies them to `theirs`. */
function* applyChanges(parent: Json, { ours, theirs, compared }: Sides): Generator<undefined, void> {
  for (const key of new Set([...Object.keys(parent), ...Object.keys(ours)])) {
    if (inherited(key) || (yield* same(parent[key], ours[key], compared))) continue;
    if (!Object.hasOwn(ours, key)) delete theirs[key];
    else if (!sameKind(parent[key], ours[key]) || Array.isArray(ours[key])) theirs[key] = ours[key];
    // An object that "theirs" removed and "ours" changed returns with only our changes. If theirs is a scalar, it wins.
    else {
      theirs[key] ??= {};
      const own = theirs[key];
      if (isTree(own)) yield* applyChanges(parent[key] as Json, { ours: ours[key] as Json, theirs: own, compared });
    }
  }
}

function* same(a: unknown, b: unknown, compared: Compared): Generator<undefined, boolean> {
  if (++compared.count % AT_ONCE === 0) yield;
  if (a === b) return true;
  if (!sameKind(a, b)) return false;
  const known = compared.known.get(a as object) ?? (yield* sameMembers(a as Json, b as Json, compared));
  compared.known.set(a as object, known);
  return known;
}

function* sameMembers(a: Json, b: Json, compared: Compared): Generator<undefined, boolean> {
  const keys = (tree: Json): string[] => Object.keys(tree).filter((key) => !inherited(key));
  if (keys(a).length !== keys(b).length) return false;
  for (const key of keys(a)) if (!Object.hasOwn(b, key) || !(yield* same(a[key], b[key], compared))) return false;
  return true;
}
