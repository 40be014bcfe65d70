import { isObject, type Json } from "../base/json.ts";
import { nameFromFolder } from "../base/posix-path.ts";
import { parseJsonText } from "../project/json-text.ts";
import { assertPackageName } from "../spec/package-name.ts";
import { parseRange, testRange } from "../spec/range.ts";
import { parseSpec } from "../spec/spec.ts";
import { compareVersions, parseVersion, type Version } from "../spec/version.ts";
import { parseLockText } from "./lock-nodes.ts";

/**
 * Packages that need a native program, and what does the same in a page (docs/platform.md says why these). A name alone is
 * published with the same versions; with a range, that range stands in for any.
 */
export const SUBSTITUTES: Readonly<Record<string, string>> = {
  esbuild: "esbuild-wasm",
  rollup: "@rollup/wasm-node",
  lightningcss: "lightningcss-wasm",
  "sass-embedded": "sass",
  "node-sass": "sass@^1",
};

export interface Substituted {
  /** Of package.json, laid out as it was; the same where nothing was to be done. */
  readonly text: string;
  /** The lock that was given, without what something else now stands in for: to npm the old package would do. */
  readonly lockText?: string;
  /** Package to the specs that it is now had by: `{ esbuild: "npm:esbuild-wasm@^0.25.0" }`. */
  readonly substitutes: Readonly<Record<string, string>>;
}

const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

/**
 * Has other packages stand in for some, by a project's `overrides`. What the project itself asks for is rewritten instead,
 * since npm refuses an override that says something else (EOVERRIDE). A package that it overrides already, or has from
 * elsewhere than a registry, is left alone.
 * @param lockText a lock of the project before: its versions are kept, and nothing is done about what it does not have.
 * An override cannot say "the same version": without a lock it says "any" where the project does not say which
 * @throws InstallError EJSONPARSE, EINVALIDPACKAGENAME
 */
export function withSubstitutes(text: string, table: Readonly<Record<string, string>>, lockText?: string): Substituted {
  const { value, indent, newline } = parseJsonText(text, "package.json");
  const locked = lockText === undefined ? null : readLocked(lockText);
  const unchanged = lockText === undefined ? { text } : { text, lockText };
  if (!isObject(value)) return { ...unchanged, substitutes: {} };
  const overrides: Json = isObject(value["overrides"]) ? { ...value["overrides"] } : {};
  const substitutes = new Map<string, string>();
  for (const [name, entry] of Object.entries(table)) {
    if (Object.keys(overrides).some((key) => key === name || key.startsWith(`${name}@`))) continue;
    const standIn = standInOf(entry);
    const done = substituteOne(value, { name, standIn, versions: locked && versionsOf(locked, name, standIn) });
    for (const [key, spec] of done.overrides) overrides[key] = spec;
    if (done.specs.length > 0) substitutes.set(name, [...new Set(done.specs)].join(", "));
  }
  if (substitutes.size === 0) return { ...unchanged, substitutes: {} };
  if (Object.keys(overrides).length > 0) value["overrides"] = overrides;
  const written = { text: layOut(value, { text, indent, newline }), substitutes: Object.fromEntries(substitutes) };
  return lockText === undefined ? written : { ...written, lockText: withoutSome(lockText, locked, substitutes) };
}

/** Laid out as it was. */
function layOut(value: unknown, { text, indent, newline }: { text: string; indent: string; newline: string }): string {
  const json = JSON.stringify(value, null, indent) + (/\n$/.test(text) ? "\n" : "");
  return newline === "" || newline === "\n" ? json : json.replaceAll("\n", newline);
}

interface StandIn {
  readonly name: string;
  /** Null: the version of what it stands in for. */
  readonly range: string | null;
}

function standInOf(entry: string): StandIn {
  const bare = entry.replace(/^npm:/, "");
  const at = bare.indexOf("@", 1);
  const name = at < 0 ? bare : bare.slice(0, at);
  assertPackageName(name, entry);
  return { name, range: at < 0 ? null : bare.slice(at + 1) };
}

interface Wish {
  readonly name: string;
  readonly standIn: StandIn;
  /** Highest first. Null: not known. */
  readonly versions: readonly string[] | null;
}

interface Done {
  readonly overrides: readonly (readonly [string, string])[];
  readonly specs: readonly string[];
}

const NOTHING: Done = { overrides: [], specs: [] };

/** Rewrites what the project asks for, in place, and says what it has to override. */
function substituteOne(manifest: Json, { name, standIn, versions }: Wish): Done {
  const asked = SECTIONS.map((section) => manifest[section]).filter(
    (entries): entries is Json =>
      isObject(entries) && typeof entries[name] === "string" && Object.hasOwn(entries, name),
  );
  const direct: string[] = asked.map((entries) => entries[name] as string);
  if (!direct.every((spec) => comesFromRegistry(name, spec))) return NOTHING;
  const instead = (spec: string): string => `npm:${standIn.name}@${standIn.range ?? (spec || "*")}`;
  for (const entries of asked) entries[name] = instead(entries[name] as string);
  const specs = direct.map(instead);
  const overrides: [string, string][] = [];
  if (versions === null) {
    if (direct.length === 0) specs.push(instead("*"));
    overrides.push([name, direct.length === 0 ? instead("*") : `$${name}`]);
  }
  for (const version of versions ?? []) {
    // what the project's own spec takes has to say the same as that
    const own = direct.some((spec) => allows(spec, version) || standIn.range !== null);
    if (!own) specs.push(instead(version));
    overrides.push([standIn.range === null ? `${name}@${version}` : name, own ? `$${name}` : instead(version)]);
  }
  return { overrides, specs };
}

function comesFromRegistry(name: string, spec: string): boolean {
  const { type } = parseSpec(name, spec, "/");
  return type === "range" || type === "version" || type === "tag";
}

/** A tag may be any version. */
function allows(spec: string, version: string): boolean {
  const [range, parsed] = [parseRange(spec), parseVersion(version)];
  return range === null || parsed === null || testRange(range, parsed);
}

interface Locked {
  readonly location: string;
  readonly name: string;
  readonly version: string;
}

/** The packages of a lock. Null where it does not say. */
function readLocked(text: string): Locked[] | null {
  const locked: Locked[] = [];
  try {
    for (const [location, entry] of Object.entries(parseLockText(text).packages)) {
      if (location === "" || !isObject(entry) || entry["link"] || typeof entry["version"] !== "string") continue;
      const name = typeof entry["name"] === "string" ? entry["name"] : nameFromFolder(`/${location}`);
      locked.push({ location, name, version: entry["version"] });
    }
    return locked;
  } catch {
    return null; // a lock that is old or damaged says nothing
  }
}

/** The versions that a lock has of a package, or of what stands in its place already; highest first. */
function versionsOf(locked: readonly Locked[], name: string, standIn: StandIn): string[] {
  const own = locked.filter(
    (each) => each.name === name || (each.name === standIn.name && nameFromFolder(`/${each.location}`) === name),
  );
  return highestFirst(new Set(own.map(({ version }) => version)));
}

/** A lock without these packages and what is below them. */
function withoutSome(text: string, locked: readonly Locked[] | null, names: ReadonlyMap<string, string>): string {
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
