import { enOrder } from "../base/collate.ts";
import { isObject, type Json } from "../base/json.ts";
import { failure, InstallError } from "../errors.ts";

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

/**
 * A JSON value as text, its keys in npm's order at every level. Values that JSON has not are left out.
 * @throws InstallError ETOODEEP
 */
export function sortedJson(value: unknown, indent: string): string {
  const breaks = ["\n"];
  // Each object is joined into one flat string: half a million pieces alive at once cost more than all the rest.
  const text = (item: unknown, depth: number): string => {
    if (typeof item === "string") return quote(item);
    if (item === null || typeof item !== "object") return JSON.stringify(item) ?? "null";
    if (depth > MAX_DEPTH) throw new InstallError(failure("ETOODEEP", "Something in the lockfile nests too deep."));
    breaks[depth + 1] ??= breaks[depth] + indent;
    const list = Array.isArray(item);
    const parts: string[] = [];
    if (list) for (const child of item) parts.push(text(child, depth + 1));
    else {
      for (const key of sortedKeys(item as Json)) {
        const child = (item as Json)[key];
        // npm's writer loses `__proto__` by assigning it
        if (child !== undefined && key !== "__proto__") parts.push(`${quote(key)}: ${text(child, depth + 1)}`);
      }
    }
    if (parts.length === 0) return list ? "[]" : "{}";
    const inner = breaks[depth + 1] + parts.join(`,${breaks[depth + 1]}`) + breaks[depth];
    return list ? `[${inner}]` : `{${inner}}`;
  };
  return text(value, 0);
}
