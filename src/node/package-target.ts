import { isObject, type Json } from "../base/json.ts";
import { InstallError } from "../errors/failure.ts";
import { nodeError } from "./node-error.ts";

// Node's rules of package.json's `exports` and `imports` (its documentation, "ECMAScript modules: Resolution algorithm
// specification", whose names stand in the comments). Nothing here looks at files.

/** Where a target leads: `./lib/a.js` in the package, or (from `imports` alone) a package by its name. */
export type PackageTarget = { readonly path: string } | { readonly bare: string };

export interface TargetContext {
  readonly conditions: ReadonlySet<string>;
  /** Path of the package.json, for messages. */
  readonly manifest: string;
}

interface TargetLookup extends TargetContext {
  readonly field: "exports" | "imports";
  readonly key: string;
  /** What the key's `*` stands for; null where it has none. */
  readonly star: string | null;
}

/** Null and undefined both lead nowhere; of several conditions undefined goes on with the next, null does not. */
type TargetResult = PackageTarget | null | undefined;

/**
 * PACKAGE_EXPORTS_RESOLVE: from a subpath (`.`, `./lib/a`) to a path in the package.
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
    `${context.manifest} exports no "${subpath}" under the conditions ${[...context.conditions].join(", ")}.`,
    known ? `It exports ${known}.` : "It exports nothing.",
  );
}

/**
 * PACKAGE_IMPORTS_RESOLVE: where `#name` leads.
 * @throws InstallError ERR_PACKAGE_IMPORT_NOT_DEFINED, ERR_INVALID_MODULE_SPECIFIER, ERR_INVALID_PACKAGE_TARGET,
 * ERR_INVALID_PACKAGE_CONFIG
 */
export function packageImports(imports: unknown, name: string, context: TargetContext): PackageTarget {
  if (name === "#" || name.startsWith("#/") || name.endsWith("/"))
    throw nodeError("ERR_INVALID_MODULE_SPECIFIER", "A name behind # neither begins nor ends with a slash.");
  const map = isObject(imports) ? imports : {};
  const found = match(map, name, { ...context, field: "imports" });
  if (found) return found;
  const known = Object.keys(map).join(", ");
  throw nodeError(
    "ERR_PACKAGE_IMPORT_NOT_DEFINED",
    `${context.manifest} defines no import "${name}" under the conditions ${[...context.conditions].join(", ")}.`,
    known ? `It defines ${known}.` : "It defines none.",
  );
}

/** `"./a.js"`, `["./a.js"]` and `{ "import": "./a.js" }` are short for `{ ".": … }`. */
function exportsMap(exports: unknown, manifest: string): Json {
  if (typeof exports === "string" || Array.isArray(exports)) return { ".": exports };
  if (!isObject(exports)) return {};
  const keys = Object.keys(exports);
  const paths = keys.filter((key) => key[0] === ".").length;
  if (paths > 0 && paths < keys.length)
    throw nodeError("ERR_INVALID_PACKAGE_CONFIG", `"exports" of ${manifest} mixes paths and conditions.`);
  return paths > 0 || keys.length === 0 ? exports : { ".": exports };
}

/** PACKAGE_IMPORTS_EXPORTS_RESOLVE. */
function match(map: Json, name: string, context: Omit<TargetLookup, "key" | "star">): TargetResult {
  if (Object.hasOwn(map, name) && !name.includes("*") && !name.endsWith("/"))
    return resolveTarget(map[name], { ...context, key: name, star: null });
  let best = "";
  let star = "";
  for (const key of Object.keys(map)) {
    const at = key.indexOf("*");
    const tail = key.slice(at + 1);
    // `./a*.js` takes `./ab.js`, and not `./a.js`: a star stands for one character at least.
    const fits = at >= 0 && name.length >= key.length && name.startsWith(key.slice(0, at)) && name.endsWith(tail);
    if (!fits || tail.includes("*") || !isBefore(key, best)) continue;
    best = key;
    star = name.slice(at, name.length - tail.length);
  }
  return best ? resolveTarget(map[best], { ...context, key: best, star }) : undefined;
}

/** PATTERN_KEY_COMPARE: of two patterns the one with more before its star comes first, then the longer one. */
function isBefore(key: string, other: string): boolean {
  const before = key.indexOf("*") - other.indexOf("*");
  return before > 0 || (before === 0 && key.length > other.length);
}

/** PACKAGE_TARGET_RESOLVE. */
function resolveTarget(target: unknown, entry: TargetLookup): TargetResult {
  if (typeof target === "string") return resolvePath(target, entry);
  if (Array.isArray(target)) return firstValid(target, entry);
  if (target === null) return null;
  if (!isObject(target)) throw invalidTarget(target, entry);
  const keys = Object.keys(target);
  if (keys.some((key) => `${Number(key)}` === key))
    throw nodeError(
      "ERR_INVALID_PACKAGE_CONFIG",
      `"${entry.field}" of ${entry.manifest} has a number for a condition.`,
    );
  for (const key of keys) {
    if (key !== "default" && !entry.conditions.has(key)) continue;
    const found = resolveTarget(target[key], entry);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of a list the first that is well formed, whether a file is there or not. */
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
    throw nodeError("ERR_INVALID_MODULE_SPECIFIER", `"${star}", for the * of "${entry.key}", leaves the package.`);
  return { path: filled };
}

/** Whether a path has a segment `.`, `..` or `node_modules`, escaped (`%2e`) or not. */
function leavesPackage(path: string): boolean {
  return path.split(/[\\/]/).some((segment) => {
    const plain = segment.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return /^(?:\.\.?|node_modules)$/i.test(plain);
  });
}

const INVALID_TARGET = "ERR_INVALID_PACKAGE_TARGET";

function invalidTarget(target: unknown, { field, key, manifest }: TargetLookup): InstallError {
  const message = `"${field}" of ${manifest} leads from "${key}" to ${JSON.stringify(target)}.`;
  return nodeError(INVALID_TARGET, message, "A target begins with ./ and stays in its package.");
}
