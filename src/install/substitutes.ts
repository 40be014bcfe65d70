import { isObject, type Json } from "../base/json.ts";
import { nameFromFolder } from "../base/posix-path.ts";
import { parseJsonText } from "../project/json-text.ts";
import { assertPackageName } from "../spec/package-name.ts";
import { parseRange, testRange } from "../spec/range.ts";
import { parseSpec } from "../spec/spec.ts";
import { compareVersions, parseVersion, type Version } from "../spec/version.ts";
import { parseLockText } from "./lock-nodes.ts";

/**
 * Packages that need a native program, and their substitutes for a page (docs/platform.md gives the reasons). A substitute without
 * a range is published with the same versions; one with a range replaces every version.
 */
export const SUBSTITUTES: Readonly<Record<string, string>> = {
  esbuild: "esbuild-wasm",
  rollup: "@rollup/wasm-node",
  lightningcss: "lightningcss-wasm",
  "sass-embedded": "sass",
  "node-sass": "sass@^1",
};

export interface Substituted {
  /** The text of package.json in its old layout; unchanged if nothing is replaced. */
  readonly text: string;
  /** The given lock without the replaced packages: npm would keep them, because they still satisfy their dependents. */
  readonly lockText?: string;
  /** Replaced packages and their new specs: `{ esbuild: "npm:esbuild-wasm@^0.25.0" }`. */
  readonly substitutes: Readonly<Record<string, string>>;
}

const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

/**
 * Replaces packages of a project by substitutes.
 *
 * 1. A package that the project overrides already, or has from elsewhere than a registry, stays as it is.
 * 2. Specs of the project itself are rewritten, because npm refuses an override that differs from them (EOVERRIDE).
 * 3. For dependencies of dependencies, `overrides` are added. With a lock, one for each locked version, so that versions are kept.
 *    Without a lock, one for any version: an override cannot say "the same version".
 *
 * @param lockText the project's lock, if there is one. Packages that it does not have are not replaced
 * @throws InstallError EJSONPARSE, EINVALIDPACKAGENAME
 */
export function withSubstitutes(text: string, table: Readonly<Record<string, string>>, lockText?: string): Substituted {
  const { value, indent, newline } = parseJsonText(text, "package.json");
  const locked = lockText === undefined ? null : lockedPackages(lockText);
  const unchanged = lockText === undefined ? { text } : { text, lockText };
  if (!isObject(value)) return { ...unchanged, substitutes: {} };
  const overrides: Json = isObject(value["overrides"]) ? { ...value["overrides"] } : {};
  const substitutes = new Map<string, string>();
  for (const [name, entry] of Object.entries(table)) {
    if (Object.keys(overrides).some((key) => key === name || key.startsWith(`${name}@`))) continue;
    const substitute = parseSubstitute(entry);
    const versions = locked && versionsOf(locked, name, substitute);
    const done = replaceOne(value, { name, substitute, versions });
    for (const [key, spec] of done.overrides) overrides[key] = spec;
    if (done.specs.length > 0) substitutes.set(name, [...new Set(done.specs)].join(", "));
  }
  if (substitutes.size === 0) return { ...unchanged, substitutes: {} };
  if (Object.keys(overrides).length > 0) value["overrides"] = overrides;
  const written = { text: layOut(value, { text, indent, newline }), substitutes: Object.fromEntries(substitutes) };
  return lockText === undefined ? written : { ...written, lockText: withoutPackages(lockText, locked, substitutes) };
}

/** Writes JSON in the layout of a text. */
function layOut(value: unknown, { text, indent, newline }: { text: string; indent: string; newline: string }): string {
  const json = JSON.stringify(value, null, indent) + (/\n$/.test(text) ? "\n" : "");
  return newline === "" || newline === "\n" ? json : json.replaceAll("\n", newline);
}

interface Substitute {
  readonly name: string;
  /** Null: the version of the replaced package. */
  readonly range: string | null;
}

function parseSubstitute(entry: string): Substitute {
  const bare = entry.replace(/^npm:/, "");
  const at = bare.indexOf("@", 1);
  const name = at < 0 ? bare : bare.slice(0, at);
  assertPackageName(name, entry);
  return { name, range: at < 0 ? null : bare.slice(at + 1) };
}

interface Replacement {
  readonly name: string;
  readonly substitute: Substitute;
  /** The locked versions, highest first. Null without a lock. */
  readonly versions: readonly string[] | null;
}

interface ReplacementResult {
  /** Entries to add to `overrides`. */
  readonly overrides: readonly (readonly [string, string])[];
  /** The new specs of the package, for the report. */
  readonly specs: readonly string[];
}

const NOTHING: ReplacementResult = { overrides: [], specs: [] };

/** Rewrites the project's own specs of a package in place, and returns the overrides to add. */
function replaceOne(manifest: Json, { name, substitute, versions }: Replacement): ReplacementResult {
  const sections = SECTIONS.map((section) => manifest[section]).filter(
    (entries): entries is Json =>
      isObject(entries) && typeof entries[name] === "string" && Object.hasOwn(entries, name),
  );
  const direct: string[] = sections.map((entries) => entries[name] as string);
  if (!direct.every((spec) => comesFromRegistry(name, spec))) return NOTHING;
  const newSpec = (spec: string): string => `npm:${substitute.name}@${substitute.range ?? (spec || "*")}`;
  for (const entries of sections) entries[name] = newSpec(entries[name] as string);
  const specs = direct.map(newSpec);
  const overrides: [string, string][] = [];
  if (versions === null) {
    if (direct.length === 0) specs.push(newSpec("*"));
    overrides.push([name, direct.length === 0 ? newSpec("*") : `$${name}`]);
  }
  for (const version of versions ?? []) {
    // An override must equal the project's own spec if that accepts the version.
    const isDirect = direct.some((spec) => allows(spec, version) || substitute.range !== null);
    if (!isDirect) specs.push(newSpec(version));
    overrides.push([substitute.range === null ? `${name}@${version}` : name, isDirect ? `$${name}` : newSpec(version)]);
  }
  return { overrides, specs };
}

function comesFromRegistry(name: string, spec: string): boolean {
  const { type } = parseSpec(name, spec, "/");
  return type === "range" || type === "version" || type === "tag";
}

/** Checks whether a spec may accept a version. A dist-tag may be any version. */
function allows(spec: string, version: string): boolean {
  const [range, parsed] = [parseRange(spec), parseVersion(version)];
  return range === null || parsed === null || testRange(range, parsed);
}

interface Locked {
  readonly location: string;
  readonly name: string;
  readonly version: string;
}

/** Returns the packages of a lock, or null if the lock has version 1 or is damaged. */
function lockedPackages(text: string): Locked[] | null {
  const locked: Locked[] = [];
  try {
    for (const [location, entry] of Object.entries(parseLockText(text).packages)) {
      if (location === "" || !isObject(entry) || entry["link"] || typeof entry["version"] !== "string") continue;
      const name = typeof entry["name"] === "string" ? entry["name"] : nameFromFolder(`/${location}`);
      locked.push({ location, name, version: entry["version"] });
    }
    return locked;
  } catch {
    return null;
  }
}

/** Returns the versions that a lock has of a package, or of the substitute in its folder, highest first. */
function versionsOf(locked: readonly Locked[], name: string, substitute: Substitute): string[] {
  const own = locked.filter(
    (each) => each.name === name || (each.name === substitute.name && nameFromFolder(`/${each.location}`) === name),
  );
  return highestFirst(new Set(own.map(({ version }) => version)));
}

/** Removes packages from a lock, with everything below their folders. */
function withoutPackages(text: string, locked: readonly Locked[] | null, names: ReadonlyMap<string, string>): string {
  const gone = (locked ?? []).filter(({ name }) => names.has(name)).map(({ location }) => location);
  if (gone.length === 0) return text;
  const { data, packages, indent, newline } = parseLockText(text);
  const kept = Object.entries(packages).filter(
    ([location]) => !gone.some((each) => location === each || location.startsWith(`${each}/`)),
  );
  return layOut({ ...data, packages: Object.fromEntries(kept) }, { text, indent, newline });
}

function highestFirst(versions: ReadonlySet<string>): string[] {
  const parsed = [...versions].map((text) => [text, parseVersion(text)] as const);
  const known = parsed.filter((pair): pair is readonly [string, Version] => pair[1] !== null);
  return known.sort(([, a], [, b]) => compareVersions(b, a)).map(([text]) => text);
}
