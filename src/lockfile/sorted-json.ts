import { enOrder } from "../base/collate.ts";
import { failure, InstallError } from "../errors.ts";

type Json = Record<string, unknown>;

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

function isObject(value: unknown): value is Json {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Whether JavaScript keeps a key ahead of all others whatever the order of insertion, as npm's writer then does too. */
function isIndex(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 48 && first <= 57 && INDEX.test(key) && Number(key) < 4294967295;
}

/**
 * npm's order of keys (npm-tree §22.5): scalars and arrays before objects; in each group the preferred keys, then
 * en-order. Keys that are array indices come before everything, by number.
 */
function order(object: Json): (a: string, b: string) => number {
  return (a, b) => {
    const index = isIndex(a);
    if (index || isIndex(b)) return index && isIndex(b) ? Number(a) - Number(b) : index ? -1 : 1;
    const nested = isObject(object[a]);
    if (nested !== isObject(object[b])) return nested ? 1 : -1;
    const one = FIRST.get(a) ?? 8;
    const two = FIRST.get(b) ?? 8;
    return one === two ? enOrder(a, b) : one - two;
  };
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
  const out: string[] = [];
  const write = (item: unknown, depth: number): void => {
    if (typeof item === "string") out.push(quote(item));
    else if (item === null || typeof item !== "object") out.push(JSON.stringify(item) ?? "null");
    else if (depth > MAX_DEPTH)
      throw new InstallError(failure("ETOODEEP", "Something in the lockfile nests too deep."));
    else {
      const list = Array.isArray(item);
      const keys = list ? item : Object.keys(item).sort(order(item as Json));
      breaks[depth + 1] ??= breaks[depth] + indent;
      let first = true;
      for (const key of keys) {
        const child: unknown = list ? key : (item as Json)[key as string];
        // npm's writer loses `__proto__` by assigning it
        if (!list && (child === undefined || key === "__proto__")) continue;
        out.push(first ? (list ? "[" : "{") : ",", breaks[depth + 1] as string);
        if (!list) out.push(quote(key as string), ": ");
        write(child, depth + 1);
        first = false;
      }
      out.push(first ? (list ? "[" : "{") : (breaks[depth] as string), list ? "]" : "}");
    }
  };
  write(value, 0);
  return out.join("");
}
