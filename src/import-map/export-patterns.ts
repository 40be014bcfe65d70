import { isObject } from "../base/json.ts";

/** The patterns that are named. */
const MAX_NAMED = 3;

/**
 * Returns the keys of an `exports` whose `*` stands for files at other paths: `./*` for `"./*": "./dist/*.js"`, but not for
 * `"./*": "./*"`. A CDN that serves published files does not apply them.
 */
export function movingPatterns(exports: unknown): string[] {
  if (!isObject(exports)) return [];
  return Object.keys(exports)
    .filter((key) => key.includes("*") && key.startsWith("./") && moves(exports[key], key))
    .slice(0, MAX_NAMED);
}

/** Checks whether a target that code can import is another path than its key. */
function moves(target: unknown, key: string): boolean {
  const todo = [target];
  for (const one of todo) {
    if (typeof one === "string" && one !== key) return true;
    if (Array.isArray(one)) todo.push(...one);
    else if (isObject(one))
      for (const condition of Object.keys(one)) if (condition !== "types") todo.push(one[condition]);
  }
  return false;
}
