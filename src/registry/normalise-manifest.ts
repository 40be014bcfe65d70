import type { Manifest } from "../api/manifest.ts";

type Json = Record<string, unknown>;

/**
 * npm's intake of a `package.json`-shaped value (npm-tree §1, steps 3b to 3h), in place. Anything but an object
 * becomes an empty manifest. Names and specs are left as they are.
 */
export function normaliseManifest(raw: unknown): Manifest {
  if (!isObject(raw)) return {};
  if (raw["name"] && raw["version"]) raw["_id"] = `${raw["name"]}@${raw["version"]}`;
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

function isObject(value: unknown): value is Json {
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
  else if (!isObject(names)) delete raw["bundleDependencies"];
  else if (!Array.isArray(names)) raw["bundleDependencies"] = Object.keys(names);
}

/** Old packages list an optional dependency in `dependencies` too, for clients that knew no optional ones. */
function dropRepeatedOptional(raw: Json): void {
  const { dependencies, optionalDependencies } = raw;
  if (!isObject(dependencies) || !isObject(optionalDependencies)) return;
  for (const name in optionalDependencies) delete dependencies[name];
  if (Object.keys(dependencies).length === 0) delete raw["dependencies"];
}

function dropBadScripts(raw: Json): void {
  const scripts = raw["scripts"];
  if (scripts === undefined) return;
  if (typeof scripts !== "object") delete raw["scripts"];
  else if (isObject(scripts)) for (const name in scripts) if (typeof scripts[name] !== "string") delete scripts[name];
}

function normaliseBin(raw: Json): Record<string, string> | null {
  const { bin, name } = raw;
  const pairs: [string, unknown][] =
    typeof bin === "string"
      ? [[String(name ?? ""), bin]]
      : Array.isArray(bin)
        ? bin.map((path) => [lastPart(String(path)), path])
        : isObject(bin)
          ? Object.entries(bin)
          : [];
  const clean = new Map<string, string>();
  for (const [key, path] of pairs) {
    const command = lastPart(key.replace(/[\\:]/g, "/"));
    const target = typeof path === "string" ? stayInside(path) : "";
    if (command && !/^\.\.?$/.test(command) && target) clean.set(command, target);
  }
  return clean.size > 0 ? Object.fromEntries(clean) : null;
}

function lastPart(path: string): string {
  return path.split("/").filter(Boolean).pop() ?? "";
}

/** A relative path that cannot leave its folder: `./a//../../b\\c` → `b/c`. npm takes colons for slashes, but last. */
function stayInside(path: string): string {
  return join(join(path.replaceAll("\\", "/")).replaceAll(":", "/"));
}

/** Without `.` and `..`, which goes no higher than the top. A slash at the end stays. */
function join(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part && part !== ".") parts.push(part);
  }
  return parts.length > 0 && path.endsWith("/") ? `${parts.join("/")}/` : parts.join("/");
}
