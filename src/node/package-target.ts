import { isObject, type Json } from "../base/json.ts";
import { InstallError } from "../errors/failure.ts";
import { nodeError } from "./node-error.ts";

// Applies package.json's `exports` and `imports`, by Node's documentation ("ECMAScript modules", "Resolution algorithm
// specification"). Names in capitals are those of that document. This file reads no files.
//
// 1. PACKAGE_EXPORTS_RESOLVE and PACKAGE_IMPORTS_RESOLVE find the map of the field.
// 2. PACKAGE_IMPORTS_EXPORTS_RESOLVE finds the key: an exact one, else the best pattern by PATTERN_KEY_COMPARE.
// 3. PACKAGE_TARGET_RESOLVE follows conditions and lists to a string, and replaces its `*`.

/** The result of a target: a path in the package (`./lib/a.js`) or, from `imports` only, a specifier of another package. */
export type PackageTarget = { readonly path: string } | { readonly bare: string };

export interface TargetContext {
  readonly conditions: ReadonlySet<string>;
  /** The path of the package.json, for messages. */
  readonly manifest: string;
}

interface TargetLookup extends TargetContext {
  readonly field: "exports" | "imports";
  readonly key: string;
  /** The text that the key's `*` stands for; null if it has none. */
  readonly star: string | null;
}

/** Null and undefined mean that there is no target. After undefined the next condition is tried; null ends the search. */
type TargetResult = PackageTarget | null | undefined;

/**
 * Returns the path in the package for a subpath (`.`, `./lib/a`): PACKAGE_EXPORTS_RESOLVE.
 * @throws InstallError ERR_PACKAGE_PATH_NOT_EXPORTED, ERR_INVALID_PACKAGE_TARGET, ERR_INVALID_PACKAGE_CONFIG,
 * ERR_INVALID_MODULE_SPECIFIER
 */
export function packageExports(exports: unknown, subpath: string, context: TargetContext): string {
  const map = exportsMap(exports, context.manifest);
  const found = match(map, subpath, { ...context, field: "exports" });
  if (found && "path" in found) return found.path;
  const known = Object.keys(map).join(", ");
  throw nodeError(
    "ERR_PACKAGE_PATH_NOT_EXPORTED",
    `${context.manifest} does not export "${subpath}" under the conditions ${[...context.conditions].join(", ")}.`,
    known ? `It exports ${known}.` : "It exports nothing.",
  );
}

/**
 * Returns the target of `#name`: PACKAGE_IMPORTS_RESOLVE.
 * @throws InstallError ERR_PACKAGE_IMPORT_NOT_DEFINED, ERR_INVALID_MODULE_SPECIFIER, ERR_INVALID_PACKAGE_TARGET,
 * ERR_INVALID_PACKAGE_CONFIG
 */
export function packageImports(imports: unknown, name: string, context: TargetContext): PackageTarget {
  if (name === "#" || name.startsWith("#/") || name.endsWith("/"))
    throw nodeError(
      "ERR_INVALID_MODULE_SPECIFIER",
      "A name that starts with # must not have a slash behind the # or at its end.",
    );
  const map = isObject(imports) ? imports : {};
  const found = match(map, name, { ...context, field: "imports" });
  if (found) return found;
  const known = Object.keys(map).join(", ");
  throw nodeError(
    "ERR_PACKAGE_IMPORT_NOT_DEFINED",
    `${context.manifest} does not define the import "${name}" under the conditions ${[...context.conditions].join(", ")}.`,
    known ? `It defines ${known}.` : "It defines none.",
  );
}

/** Returns the full form of `exports`: `"./a.js"`, `["./a.js"]` and `{ "import": "./a.js" }` are short for `{ ".": … }`. */
function exportsMap(exports: unknown, manifest: string): Json {
  if (typeof exports === "string" || Array.isArray(exports)) return { ".": exports };
  if (!isObject(exports)) return {};
  const keys = Object.keys(exports);
  const paths = keys.filter((key) => key[0] === ".").length;
  if (paths > 0 && paths < keys.length)
    throw nodeError("ERR_INVALID_PACKAGE_CONFIG", `"exports" of ${manifest} mixes paths and conditions.`);
  return paths > 0 || keys.length === 0 ? exports : { ".": exports };
}

/** Finds the key for a name, and resolves its target: PACKAGE_IMPORTS_EXPORTS_RESOLVE. */
function match(map: Json, name: string, context: Omit<TargetLookup, "key" | "star">): TargetResult {
  if (Object.hasOwn(map, name) && !name.includes("*") && !name.endsWith("/"))
    return resolveTarget(map[name], { ...context, key: name, star: null });
  let best = "";
  let star = "";
  for (const key of Object.keys(map)) {
    const at = key.indexOf("*");
    const tail = key.slice(at + 1);
    // A star stands for at least one character: `./a*.js` matches `./ab.js` but not `./a.js`.
    const fits = at >= 0 && name.length >= key.length && name.startsWith(key.slice(0, at)) && name.endsWith(tail);
    if (!fits || tail.includes("*") || !isBefore(key, best)) continue;
    best = key;
    star = name.slice(at, name.length - tail.length);
  }
  return best ? resolveTarget(map[best], { ...context, key: best, star }) : undefined;
}

/** Compares two patterns by PATTERN_KEY_COMPARE: the one with the longer part before its star wins, then the longer one. */
function isBefore(key: string, other: string): boolean {
  const before = key.indexOf("*") - other.indexOf("*");
  return before > 0 || (before === 0 && key.length > other.length);
}

/** Resolves a target: PACKAGE_TARGET_RESOLVE. */
function resolveTarget(target: unknown, entry: TargetLookup): TargetResult {
  if (typeof target === "string") return resolvePath(target, entry);
  if (Array.isArray(target)) return firstValid(target, entry);
  if (target === null) return null;
  if (!isObject(target)) throw invalidTarget(target, entry);
  const keys = Object.keys(target);
  if (keys.some((key) => `${Number(key)}` === key))
    throw nodeError(
      "ERR_INVALID_PACKAGE_CONFIG",
      `"${entry.field}" of ${entry.manifest} uses a number as a condition.`,
    );
  for (const key of keys) {
    if (key !== "default" && !entry.conditions.has(key)) continue;
    const found = resolveTarget(target[key], entry);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the first valid target of a list, whether or not its file exists. */
function firstValid(targets: readonly unknown[], entry: TargetLookup): TargetResult {
  let last: InstallError | TargetResult = targets.length > 0 ? undefined : null;
  for (const target of targets) {
    try {
      const found = resolveTarget(target, entry);
      if (found) return found;
      if (found === null) last = null;
    } catch (error) {
      if (!(error instanceof InstallError) || error.code !== INVALID_TARGET) throw error;
      last = error;
    }
  }
  if (last instanceof InstallError) throw last;
  return last;
}

function resolvePath(target: string, entry: TargetLookup): PackageTarget {
  const { field, star } = entry;
  const filled = star === null ? target : target.replaceAll("*", () => star);
  if (!target.startsWith("./")) {
    if (field === "exports" || /^(?:\.\.?\/|\/|[a-z][a-z\d+.-]*:)/i.test(target)) throw invalidTarget(target, entry);
    return { bare: filled };
  }
  if (leavesPackage(target.slice(2))) throw invalidTarget(target, entry);
  if (star !== null && leavesPackage(star))
    throw nodeError("ERR_INVALID_MODULE_SPECIFIER", `"${star}" for the * of "${entry.key}" leaves the package.`);
  return { path: filled };
}

/** Checks whether a path has a segment `.`, `..` or `node_modules`, escaped (`%2e`) or not. */
function leavesPackage(path: string): boolean {
  return path.split(/[\\/]/).some((segment) => {
    const plain = segment.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return /^(?:\.\.?|node_modules)$/i.test(plain);
  });
}

const INVALID_TARGET = "ERR_INVALID_PACKAGE_TARGET";

function invalidTarget(target: unknown, { field, key, manifest }: TargetLookup): InstallError {
  const message = `"${field}" of ${manifest} maps "${key}" to ${JSON.stringify(target)}.`;
  return nodeError(INVALID_TARGET, message, "A target must begin with ./ and stay in its package.");
}
