import { enOrder } from "../base/collate.ts";
import { isObject, type Json } from "../base/json.ts";
import { sortPausing } from "../base/sort-pausing.ts";
import { failure, InstallError } from "../errors/failure.ts";

/** The keys that npm puts first in every object, even if one is the name of a dependency. */
const PREFERRED_KEYS: ReadonlyMap<string, number> = new Map(
  ["name", "version", "lockfileVersion", "resolved", "integrity", "requires", "packages", "dependencies"].map(
    (key, index) => [key, index],
  ),
);
const UNESCAPED = /^[ !#-[\]-~]*$/;
const ARRAY_INDEX = /^(?:0|[1-9]\d{0,9})$/;
/** The greatest depth of a lock. Real ones are flatter; a hostile one would overflow the stack. */
const MAX_LOCK_DEPTH = 500;

/**
 * Returns an object's keys in npm's order (npm-tree §22.5):
 * 1. Array indices, ascending, as `Object.keys` returns them.
 * 2. Keys whose values are not plain objects: first the preferred ones, then the rest in en-order.
 * 3. Keys whose values are plain objects, in the same way.
 */
function sortedKeys(object: Json): string[] {
  const keys = Object.keys(object);
  return inOrder(object, keys) ? keys : keys.sort(keyOrder(object));
}

/** The rank of a key: keys of a lower rank come first. */
function rankOf(object: Json, key: string): number {
  return isIndex(key) ? -1 : (isObject(object[key]) ? 10 : 0) + (PREFERRED_KEYS.get(key) ?? PREFERRED_KEYS.size);
}

function keyOrder(object: Json): (a: string, b: string) => number {
  return (a, b) => {
    const one = rankOf(object, a);
    return one - rankOf(object, b) || (one < 0 ? 0 : enOrder(a, b));
  };
}

/** Checks whether keys are already in order, as those of nearly all objects are. */
function inOrder(object: Json, keys: readonly string[]): boolean {
  let last = "";
  let lastRank = -1;
  for (const key of keys) {
    const own = rankOf(object, key);
    if (own < lastRank || (own === lastRank && own >= 0 && enOrder(last, key) > 0)) return false;
    last = key;
    lastRank = own;
  }
  return true;
}

function isIndex(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 48 && first <= 57 && ARRAY_INDEX.test(key) && Number(key) < 4294967295;
}

function quoteJson(text: string): string {
  return UNESCAPED.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** An object with more keys is sorted with pauses. */
const MANY = 5_000;
/** The number of upper levels whose members are each followed by a pause. */
const PAUSING_LEVELS = 2;

/**
 * Writes a JSON value as text, with keys in npm's order at every level. The generator pauses after each member of the upper
 * levels. If `indent` is null, the text is one line without blanks. Values that JSON cannot express are left out.
 * @throws InstallError ETOODEEP
 */
export function* sortedJson(value: unknown, indent: string | null): Generator<undefined, string> {
  const breaks = [indent === null ? "" : "\n"];
  const colon = indent === null ? ":" : ": ";
  function* steps(item: unknown, depth: number): Generator<undefined, string> {
    if (!isObject(item) || depth === PAUSING_LEVELS) return text(item, depth);
    breaks[depth + 1] ??= breaks[depth] + (indent ?? "");
    const parts: string[] = [];
    const keys = Object.keys(item);
    for (const key of keys.length > MANY ? yield* sortPausing(keys, keyOrder(item)) : sortedKeys(item)) {
      if (!isWritten(item, key)) continue;
      parts.push(`${quoteJson(key)}${colon}${yield* steps(item[key], depth + 1)}`);
      yield;
    }
    return joined(parts, depth, "{}");
  }
  const joined = (parts: readonly string[], depth: number, brackets: "{}" | "[]"): string => {
    const inner = breaks[depth + 1] + parts.join(`,${breaks[depth + 1]}`) + breaks[depth];
    return parts.length === 0 ? brackets : `${brackets.charAt(0)}${inner}${brackets.charAt(1)}`;
  };
  const text = (item: unknown, depth: number): string => {
    if (typeof item === "string") return quoteJson(item);
    if (item === null || typeof item !== "object") return JSON.stringify(item) ?? "null";
    if (depth > MAX_LOCK_DEPTH)
      throw new InstallError(
        failure(
          "ETOODEEP",
          `The lockfile would nest more than ${MAX_LOCK_DEPTH} levels deep. Check the lock and the manifests.`,
        ),
      );
    breaks[depth + 1] ??= breaks[depth] + (indent ?? "");
    const parts: string[] = [];
    if (Array.isArray(item)) {
      for (const child of item) parts.push(text(child, depth + 1));
      return joined(parts, depth, "[]");
    }
    for (const key of membersOf(item as Json))
      parts.push(`${quoteJson(key)}${colon}${text((item as Json)[key], depth + 1)}`);
    return joined(parts, depth, "{}");
  };
  return yield* steps(value, 0);
}

/** Returns the keys of an object that are written, in order. */
function membersOf(object: Json): string[] {
  const keys = sortedKeys(object);
  return keys.every((key) => isWritten(object, key)) ? keys : keys.filter((key) => isWritten(object, key));
}

/** Checks whether a member is written. npm's writer assigns each key, and so loses `__proto__`. */
function isWritten(object: Json, key: string): boolean {
  return object[key] !== undefined && key !== "__proto__";
}
