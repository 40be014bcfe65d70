import { enOrder } from "../base/collate.ts";
import { isObject, type Json } from "../base/json.ts";
import { failure, InstallError } from "../errors/failure.ts";

/** Keys that npm puts first in every object, even where one is a dependency's name. */
const FIRST: ReadonlyMap<string, number> = new Map(
  ["name", "version", "lockfileVersion", "resolved", "integrity", "requires", "packages", "dependencies"].map(
    (key, index) => [key, index],
  ),
);
const PLAIN = /^[ !#-[\]-~]*$/;
const INDEX = /^(?:0|[1-9]\d{0,9})$/;
/** No lockfile nests as deep; without a limit a hostile one would end in a stack overflow. */
const MAX_DEPTH = 500;

/**
 * An object's keys in npm's order (npm-tree §22.5): scalars and arrays before objects; in each group the favourites,
 * then en-order. Array indices come before everything, as in every JavaScript object: `Object.keys` has them there.
 */
function sortedKeys(object: Json): string[] {
  const rank = (key: string): number =>
    isIndex(key) ? -1 : (isObject(object[key]) ? 10 : 0) + (FIRST.get(key) ?? FIRST.size);
  const order = (a: string, b: string): number => {
    const one = rank(a);
    return one - rank(b) || (one < 0 ? 0 : enOrder(a, b));
  };
  const keys = Object.keys(object);
  // nearly all are in order already
  let last = "";
  let lastRank = -1;
  for (const key of keys) {
    const own = rank(key);
    if (own < lastRank || (own === lastRank && own >= 0 && enOrder(last, key) > 0)) return keys.sort(order);
    last = key;
    lastRank = own;
  }
  return keys;
}

function isIndex(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 48 && first <= 57 && INDEX.test(key) && Number(key) < 4294967295;
}

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Levels whose members are written in a step each. */
const STEPS = 2;

/**
 * A JSON value as text, its keys in npm's order at every level, with a pause after each member of the upper ones. Values that
 * JSON has not are left out.
 * @throws InstallError ETOODEEP
 */
export function* sortedJson(value: unknown, indent: string): Generator<undefined, string> {
  const breaks = ["\n"];
  function* steps(item: unknown, depth: number): Generator<undefined, string> {
    if (!isObject(item) || depth === STEPS) return text(item, depth);
    breaks[depth + 1] ??= breaks[depth] + indent;
    const parts: string[] = [];
    for (const key of membersOf(item)) {
      parts.push(`${quote(key)}: ${yield* steps(item[key], depth + 1)}`);
      yield;
    }
    return joined(parts, depth, "{}");
  }
  const joined = (parts: readonly string[], depth: number, brackets: "{}" | "[]"): string => {
    const inner = breaks[depth + 1] + parts.join(`,${breaks[depth + 1]}`) + breaks[depth];
    return parts.length === 0 ? brackets : `${brackets.charAt(0)}${inner}${brackets.charAt(1)}`;
  };
  const text = (item: unknown, depth: number): string => {
    if (typeof item === "string") return quote(item);
    if (item === null || typeof item !== "object") return JSON.stringify(item) ?? "null";
    if (depth > MAX_DEPTH) throw new InstallError(failure("ETOODEEP", "Something in the lockfile nests too deep."));
    breaks[depth + 1] ??= breaks[depth] + indent;
    const parts: string[] = [];
    if (Array.isArray(item)) {
      for (const child of item) parts.push(text(child, depth + 1));
      return joined(parts, depth, "[]");
    }
    for (const key of membersOf(item as Json)) parts.push(`${quote(key)}: ${text((item as Json)[key], depth + 1)}`);
    return joined(parts, depth, "{}");
  };
  return yield* steps(value, 0);
}

/** Keys of an object that are written, in order. */
function membersOf(object: Json): string[] {
  const keys = sortedKeys(object);
  const isWritten = (key: string): boolean => object[key] !== undefined && key !== "__proto__";
  // npm's writer loses `__proto__` by assigning it
  return keys.every(isWritten) ? keys : keys.filter(isWritten);
}
