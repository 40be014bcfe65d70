import type { Manifest } from "../api/manifest.ts";
import type { Json } from "../base/json.ts";
import { shownValue } from "../base/shown-value.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";

/** Commands of one package at most. */
const MAX_COMMANDS = 10_000;

/**
 * Normalises the content of a `package.json` in place, as npm does (npm-tree §1, steps 3b to 3h). If it is not an object,
 * returns an empty manifest. Names and specs do not change.
 *
 * 1. 3b: `_id` becomes `name@version`.
 * 2. 3c, 3d: `bundleDependencies` becomes an array of names.
 * 3. 3e: an optional dependency is removed from `dependencies`.
 * 4. 3f: scripts that are not strings are dropped.
 * 5. 3g: a string `funding` becomes `{ url }`.
 * 6. 3h: `bin` becomes an object of commands and relative paths.
 * @throws InstallError ELIMIT if `bin` has more than 10,000 commands
 */
export function normaliseManifest(raw: unknown): Manifest {
  if (!isObjectOrArray(raw)) return {};
  const { name, version } = raw;
  if (typeof name === "string" && name && typeof version === "string" && version) raw["_id"] = `${name}@${version}`;
  bundle(raw);
  dropRepeatedOptional(raw);
  dropBadScripts(raw);
  if (raw["funding"] && typeof raw["funding"] === "string") raw["funding"] = { url: raw["funding"] };
  if ("bin" in raw) {
    const bin = normaliseBin(raw);
    if (bin) raw["bin"] = bin;
    else delete raw["bin"];
  }
  return raw as Manifest;
}

function isObjectOrArray(value: unknown): value is Json {
  return value !== null && typeof value === "object";
}

function bundle(raw: Json): void {
  if (raw["bundledDependencies"] !== undefined) {
    if (raw["bundleDependencies"] === undefined) raw["bundleDependencies"] = raw["bundledDependencies"];
    delete raw["bundledDependencies"];
  }
  if (!("bundleDependencies" in raw)) return;
  const names = raw["bundleDependencies"];
  if (names === false) raw["bundleDependencies"] = [];
  else if (names === true) raw["bundleDependencies"] = Object.keys(raw["dependencies"] ?? {});
  else if (!isObjectOrArray(names)) delete raw["bundleDependencies"];
  else if (!Array.isArray(names)) raw["bundleDependencies"] = Object.keys(names);
}

/** Old packages repeat an optional dependency in `dependencies`, for clients that did not know `optionalDependencies`. */
function dropRepeatedOptional(raw: Json): void {
  const { dependencies, optionalDependencies } = raw;
  if (!isObjectOrArray(dependencies) || !isObjectOrArray(optionalDependencies)) return;
  for (const name in optionalDependencies) delete dependencies[name];
  if (Object.keys(dependencies).length === 0) delete raw["dependencies"];
}

function dropBadScripts(raw: Json): void {
  const scripts = raw["scripts"];
  if (scripts === undefined) return;
  if (typeof scripts !== "object") delete raw["scripts"];
  else if (isObjectOrArray(scripts))
    for (const name in scripts) if (typeof scripts[name] !== "string") delete scripts[name];
}

function normaliseBin(raw: Json): Record<string, string> | null {
  const { bin, name } = raw;
  const pairs: [string, unknown][] =
    typeof bin === "string"
      ? [[typeof name === "string" ? name : "", bin]]
      : Array.isArray(bin)
        ? bin.map((path) => [typeof path === "string" ? lastPart(path) : "", path])
        : isObjectOrArray(bin)
          ? Object.entries(bin)
          : [];
  if (pairs.length > MAX_COMMANDS) {
    const who = shownValue(name ?? "A package");
    throw new InstallError(
      overLimit(`${who} has more than ${MAX_COMMANDS} commands in "bin". Remove some, or use another version.`),
    );
  }
  const clean = new Map<string, string>();
  for (const [key, path] of pairs) {
    const command = lastPart(/[\\:]/.test(key) ? key.replace(/[\\:]/g, "/") : key);
    const target = typeof path === "string" ? stayInside(path) : "";
    if (command && command !== "." && command !== ".." && target) clean.set(command, target);
  }
  return clean.size > 0 ? Object.fromEntries(clean) : null;
}

function lastPart(path: string): string {
  if (!path.includes("/")) return path;
  return path.split("/").filter(Boolean).pop() ?? "";
}

/** Returns a relative path that cannot leave its folder: `./a//../../b\\c` → `b/c`. As in npm, colons become slashes last. */
function stayInside(path: string): string {
  const inside = withoutDots(path.replaceAll("\\", "/"));
  return inside.includes(":") ? withoutDots(inside.replaceAll(":", "/")) : inside;
}

/** Resolves `.` and `..`; `..` at the top is dropped. A slash at the end stays. */
function withoutDots(path: string): string {
  // Most paths have nothing to resolve. A dot at the start of a part, or an empty part, may.
  if (!/(?:^|\/)[./]/.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part && part !== ".") parts.push(part);
  }
  return parts.length > 0 && path.endsWith("/") ? `${parts.join("/")}/` : parts.join("/");
}
