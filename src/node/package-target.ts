import { isObject } from "../base/json.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { nodeError } from "./node-error.ts";
import { exportsKeys, findKey, listKeys, type TargetKeys, targetKeys } from "./target-keys.ts";

// Applies package.json's `exports` and `imports`, by Node's documentation ("ECMAScript modules", "Resolution algorithm
// specification"). Names in capitals are those of that document. This file reads no files.
//
// 1. PACKAGE_EXPORTS_RESOLVE and PACKAGE_IMPORTS_RESOLVE find the map of the field.
// 2. PACKAGE_IMPORTS_EXPORTS_RESOLVE finds the key: an exact one, else the best pattern (target-keys.ts).
// 3. PACKAGE_TARGET_RESOLVE follows conditions and lists to a string, and replaces its `*`.

/** The result of a target: a path in the package (`./lib/a.js`) or, from `imports` only, a specifier of another package. */
export type PackageTarget = { readonly path: string } | { readonly bare: string };

export interface TargetContext {
  readonly conditions: ReadonlySet<string>;
  /** The path of the package.json, for messages. */
  readonly manifest: string;
  /** The version of Node whose rules apply. Without it, the newest known rules do. */
  readonly nodeVersion?: string | undefined;
}

interface TargetLookup extends TargetContext {
  readonly field: "exports" | "imports";
  readonly key: string;
  /** The text that the key's `*` stands for; null if it has none. */
  readonly star: string | null;
  /** Conditions and targets tried so far. */
  steps: number;
}

/** The levels of conditions and lists in one target. */
const MAX_LEVELS = 100;
/** The conditions and targets that one lookup tries. */
const MAX_STEPS = 10_000;
/** The characters of a target after its stars were replaced. No file of a package has a longer path. */
const MAX_LENGTH = 16_384;

/** A target that Node refuses. In a list the next target is tried. */
interface InvalidTarget {
  readonly invalid: unknown;
}

/** Null and undefined mean that there is no target. After undefined the next condition is tried; null ends the search. */
type TargetResult = PackageTarget | InvalidTarget | null | undefined;

/**
 * Returns the path in the package for a subpath (`.`, `./lib/a`): PACKAGE_EXPORTS_RESOLVE.
 * @throws InstallError ERR_PACKAGE_PATH_NOT_EXPORTED, ERR_INVALID_PACKAGE_TARGET, ERR_INVALID_PACKAGE_CONFIG,
 * ERR_INVALID_MODULE_SPECIFIER
 */
export function packageExports(exports: unknown, subpath: string, context: TargetContext): string {
  const keys = exportsKeys(exports, context.manifest);
  const found = match(keys, subpath, { ...context, field: "exports" });
  if (found && "path" in found) return found.path;
  const known = listKeys(keys);
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
  const { nodeVersion } = context;
  if (name === "#" || name.endsWith("/"))
    throw nodeError(
      "ERR_INVALID_MODULE_SPECIFIER",
      "A name that starts with # must have more than the #, and no slash at its end.",
    );
  if (name.startsWith("#/") && !allowsHashSlash(nodeVersion))
    throw nodeError(
      "ERR_INVALID_MODULE_SPECIFIER",
      `Node ${nodeVersion} does not allow a name that starts with #/.`,
      "Set platform.node to a version that does: 24.14 or later, except for 25.0 to 25.3.",
    );
  const keys = targetKeys(isObject(imports) ? imports : {});
  const found = match(keys, name, { ...context, field: "imports" });
  if (found) return found;
  const known = listKeys(keys);
  throw nodeError(
    "ERR_PACKAGE_IMPORT_NOT_DEFINED",
    `${context.manifest} does not define the import "${name}" under the conditions ${[...context.conditions].join(", ")}.`,
    known ? `It defines ${known}.` : "It defines none.",
  );
}

/** Checks whether a version of Node allows `#/name`: 24.14 and later do, except for 25.0 to 25.3. */
function allowsHashSlash(nodeVersion: string | undefined): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(nodeVersion ?? "") ?? [];
  if (major === undefined) return true;
  const isFrom = (first: number): boolean => Number(minor) >= first;
  return major === "24" ? isFrom(14) : major === "25" ? isFrom(4) : Number(major) > 25;
}

/** Finds the key for a name, and resolves its target: PACKAGE_IMPORTS_EXPORTS_RESOLVE. */
function match(
  keys: TargetKeys,
  name: string,
  context: Pick<TargetLookup, "conditions" | "manifest" | "field">,
): PackageTarget | null | undefined {
  const found = findKey(keys, name);
  if (!found) return undefined;
  const entry: TargetLookup = { ...context, ...found, steps: 0 };
  const target = resolveTarget(keys.map[found.key], entry, 0);
  if (target && "invalid" in target) throw invalidTarget(target.invalid, entry);
  return target;
}

/** Resolves a target: PACKAGE_TARGET_RESOLVE. @param level the number of conditions and lists around it */
function resolveTarget(target: unknown, entry: TargetLookup, level: number): TargetResult {
  if (level > MAX_LEVELS) throw refusedTarget(entry, `nests more than ${MAX_LEVELS} conditions and lists`);
  spend(entry, 1);
  if (typeof target === "string") return resolvePath(target, entry);
  if (Array.isArray(target)) return firstValid(target, entry, level);
  if (target === null) return null;
  if (!isObject(target)) return { invalid: target };
  const keys = Object.keys(target);
  spend(entry, keys.length);
  if (keys.some((key) => `${Number(key)}` === key))
    throw nodeError(
      "ERR_INVALID_PACKAGE_CONFIG",
      `"${entry.field}" of ${entry.manifest} uses a number as a condition.`,
    );
  for (const key of keys) {
    if (key !== "default" && !entry.conditions.has(key)) continue;
    const found = resolveTarget(target[key], entry, level + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the first valid target of a list, whether or not its file exists. */
function firstValid(targets: readonly unknown[], entry: TargetLookup, level: number): TargetResult {
  let last: TargetResult = targets.length > 0 ? undefined : null;
  for (const target of targets) {
    const found = resolveTarget(target, entry, level + 1);
    if (found && !("invalid" in found)) return found;
    if (found !== undefined) last = found;
  }
  return last;
}

function spend(entry: TargetLookup, steps: number): void {
  entry.steps += steps;
  if (entry.steps > MAX_STEPS) throw refusedTarget(entry, `has more than ${MAX_STEPS} conditions and targets`);
}

function refusedTarget({ field, key, manifest }: TargetLookup, why: string): InstallError {
  const message = `"${field}" of ${manifest} ${why} for "${key}". Use another version of the package.`;
  return new InstallError(overLimit(message));
}

function resolvePath(target: string, entry: TargetLookup): TargetResult {
  const { field, star } = entry;
  const filled = star === null ? target : fill(target, star, entry);
  if (!target.startsWith("./")) {
    if (field === "exports" || /^(?:\.\.?\/|\/|[a-z][a-z\d+.-]*:)/i.test(target)) return { invalid: target };
    return { bare: filled };
  }
  if (leavesPackage(target.slice(2))) return { invalid: target };
  if (star !== null && leavesPackage(star))
    throw nodeError("ERR_INVALID_MODULE_SPECIFIER", `"${star}" for the * of "${entry.key}" leaves the package.`);
  return { path: filled };
}

/** Replaces the stars of a target. Splits it first: a target of stars alone could fill the memory. */
function fill(target: string, star: string, entry: TargetLookup): string {
  // Before the split, which takes memory for each star.
  if (target.length > MAX_LENGTH) throw refusedTarget(entry, `has a target of more than ${MAX_LENGTH} characters`);
  const parts = target.split("*");
  if (target.length + (parts.length - 1) * (star.length - 1) > MAX_LENGTH)
    throw refusedTarget(entry, `has a target of more than ${MAX_LENGTH} characters`);
  return parts.join(star);
}

/** Checks whether a path has a segment `.`, `..` or `node_modules`, escaped (`%2e`) or not. */
function leavesPackage(path: string): boolean {
  return path.split(/[\\/]/).some((segment) => {
    const plain = segment.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return /^(?:\.\.?|node_modules)$/i.test(plain);
  });
}

function invalidTarget(target: unknown, { field, key, manifest }: TargetLookup): InstallError {
  const shown = typeof target === "string" ? target.slice(0, 1000) : target;
  const message = `"${field}" of ${manifest} maps "${key}" to ${JSON.stringify(shown)}.`;
  return nodeError("ERR_INVALID_PACKAGE_TARGET", message, "A target must begin with ./ and stay in its package.");
}
