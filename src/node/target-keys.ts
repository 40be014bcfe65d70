import { isObject, type Json } from "../base/json.ts";
import { nodeError } from "./node-error.ts";

/** The keys of an `exports` or `imports` map. Built once for each map, because a project may resolve thousands of names in it. */
export interface TargetKeys {
  readonly map: Json;
  /** True if the map mixes paths and conditions, which `exports` must not. */
  readonly isMixed: boolean;
  /** True if all keys begin with a dot. */
  readonly hasPaths: boolean;
  /** The patterns by the text before their star, and then by the text behind it. Both begin with the longest. */
  readonly patterns: ByLength<ByLength<string>>;
}

export interface FoundKey {
  readonly key: string;
  /** The text that the key's `*` stands for; null if it has none. */
  readonly star: string | null;
}

const known = new WeakMap<Json, TargetKeys>();

/** Returns the indexed keys of a map. */
export function targetKeys(map: Json): TargetKeys {
  const found = known.get(map);
  if (found) return found;
  const keys = indexKeys(map);
  known.set(map, keys);
  return keys;
}

/** Returns the full form of `exports`: `"./a.js"`, `["./a.js"]` and `{ "import": "./a.js" }` are short for `{ ".": … }`. */
export function exportsKeys(exports: unknown, manifest: string): TargetKeys {
  if (typeof exports === "string" || Array.isArray(exports)) return indexKeys({ ".": exports });
  if (!isObject(exports)) return indexKeys({});
  const keys = targetKeys(exports);
  if (keys.isMixed)
    throw nodeError("ERR_INVALID_PACKAGE_CONFIG", `"exports" of ${manifest} mixes paths and conditions.`);
  return keys.hasPaths ? keys : indexKeys({ ".": exports });
}

/**
 * Finds the key for a name: an exact one, else the best pattern by PATTERN_KEY_COMPARE. The pattern with the longer text before its
 * star wins, then the longer one. Tries each length of such texts once, and not every pattern.
 */
export function findKey({ map, patterns }: TargetKeys, name: string): FoundKey | null {
  if (Object.hasOwn(map, name) && !name.includes("*") && !name.endsWith("/")) return { key: name, star: null };
  for (const [head, tails] of patterns.matches((length) => name.slice(0, length), name.length)) {
    const most = name.length - head.length - 1;
    // A star stands for at least one character: `./a*.js` matches `./ab.js` but not `./a.js`.
    for (const [tail, key] of tails.matches((length) => name.slice(name.length - length), most))
      return { key, star: name.slice(head.length, name.length - tail.length) };
  }
  return null;
}

/** Lists at most 20 keys for a message. */
export function listKeys({ map }: TargetKeys): string {
  const keys = Object.keys(map);
  return keys.length > 20 ? `${keys.slice(0, 20).join(", ")} and ${keys.length - 20} others` : keys.join(", ");
}

function indexKeys(map: Json): TargetKeys {
  const keys = Object.keys(map);
  const paths = keys.filter((key) => key[0] === ".").length;
  const patterns = new ByLength<ByLength<string>>();
  for (const key of keys) {
    const at = key.indexOf("*");
    if (at < 0 || key.includes("*", at + 1)) continue;
    const head = key.slice(0, at);
    const tails = patterns.get(head) ?? new ByLength<string>();
    tails.set(key.slice(at + 1), key);
    patterns.set(head, tails);
  }
  return { map, isMixed: paths > 0 && paths < keys.length, hasPaths: paths > 0 || keys.length === 0, patterns };
}

/** A map whose keys are looked up by each length that occurs among them. */
class ByLength<V> {
  readonly #values = new Map<string, V>();
  /** The lengths of the keys; longest first once `matches` was called. */
  #lengths = new Set<number>();
  #isSorted = false;

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    this.#values.set(key, value);
    this.#lengths.add(key.length);
    this.#isSorted = false;
  }

  /** Yields the entries whose key `part` returns for its length. Longest first; skips lengths above `most`. */
  *matches(part: (length: number) => string, most: number): Generator<[key: string, value: V]> {
    if (!this.#isSorted) this.#lengths = new Set([...this.#lengths].sort((a, b) => b - a));
    this.#isSorted = true;
    for (const length of this.#lengths) {
      if (length > most) continue;
      const key = part(length);
      const value = this.#values.get(key);
      if (value !== undefined) yield [key, value];
    }
  }
}
