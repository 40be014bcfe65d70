// Loaded on demand: when a lock contains a merge's conflict markers.

import type { Json } from "../base/json.ts";
import { runWithPauses } from "../base/run-to-end.ts";
import { checkedJson, type JsonText } from "../project/json-text.ts";

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
 * "ours", and applies them to "theirs". If there is no `|||||||` part, the parent is the text outside the markers.
 * @throws InstallError EJSONPARSE if one of the three is not JSON; ELIMIT
 */
export async function mergeConflict(conflicted: string, file: string, pause: () => Promise<void>): Promise<JsonText> {
  const { parseLargeJson } = await import("../project/large-json.ts");
  const compared: Compared = { count: 0, known: new WeakMap() };
  const text = checkedJson(conflicted, file, MAX_CONFLICTED);
  const parts = await runWithPauses(partsOf(text, compared), pause);
  const { value: parent } = await runWithPauses(parseLargeJson(parts.parent, file), pause);
  const { value: ours } = await runWithPauses(parseLargeJson(parts.ours, file), pause);
  const theirs = await runWithPauses(parseLargeJson(parts.theirs, file), pause);
  if (isTree(ours) && isTree(theirs.value)) {
    const sides = { ours, theirs: theirs.value, compared };
    await runWithPauses(applyChanges(isTree(parent) ? parent : {}, sides), pause);
  }
  return theirs;
}

interface Parts {
  ours: string;
  theirs: string;
  parent: string;
}

/** Returns the three texts that the markers divide. A line outside of them belongs to each. */
function* partsOf(text: string, compared: Compared): Generator<undefined, Parts> {
  const parts: Parts = { ours: "", theirs: "", parent: "" };
  let state: keyof Parts | "top" = "top";
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
  return parts;
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
