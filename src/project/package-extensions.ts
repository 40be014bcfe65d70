// Loaded on demand: for a package.json with `packageExtensions`, under the rules of npm 12.
import type { ErrorCode } from "../api/error-code.ts";
import type { AppliedExtension } from "../api/lock-marks.ts";
import type { Manifest } from "../api/manifest.ts";
import { isObject, type Json } from "../base/json.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import { validRange } from "../spec/range.ts";
import { RangeTable } from "../spec/version-range.ts";
import { sriOf } from "../tarball/text-hash.ts";

const NORMAL = ["dependencies", "optionalDependencies"] as const;
const SPECS = [...NORMAL, "peerDependencies"] as const;
const FIELDS: readonly string[] = [...SPECS, "peerDependenciesMeta"];

/** Selectors of one project at most. Each package is compared with those of its name. */
const MAX_SELECTORS = 10_000;
/** Characters of all rules as JSON at most. */
const MAX_RULES = 1 << 20;

interface Rule {
  readonly selector: string;
  /** Null: every version. */
  readonly range: string | null;
  readonly extension: Readonly<Record<string, Json>>;
}

/** A manifest with the dependencies that a rule adds, and what the lock says of that. */
export interface ExtendedManifest {
  readonly manifest: Manifest;
  readonly applied: AppliedExtension;
}

/**
 * The rules of the project's `packageExtensions`: dependencies that it adds to the manifests of other packages (npm-tree §27).
 *
 * 1. Check every rule, before anything is fetched. The first wrong one ends the build.
 * 2. Compute the hash of the rules. The lock has it, so that the next run knows whether they changed.
 * 3. If they did, the engine takes out what the old rules changed and what the new ones match.
 * 4. Extend each manifest of a candidate that a rule matches: {@link extend}.
 */
export class PackageExtensions {
  /** The sha512 SRI of the rules. */
  declare readonly hash: string;
  readonly #rules = new Map<string, Rule[]>();
  readonly #selectors: ReadonlySet<unknown>;
  readonly #ranges = new RangeTable();

  /** @param raw the member `packageExtensions` of package.json @throws InstallError EEXTENSION…, ELIMIT */
  constructor(raw: unknown) {
    if (!isObject(raw)) throw refusal("EEXTENSIONROOT", "packageExtensions in package.json must be an object.");
    const selectors = Object.keys(raw);
    if (selectors.length > MAX_SELECTORS) throw tooMany(`more than ${MAX_SELECTORS} selectors`);
    this.#selectors = new Set(selectors);
    for (const selector of selectors) {
      const { name, range } = parseSelector(selector);
      const extension = checkedExtension(selector, raw[selector]);
      const rules = this.#rules.get(name) ?? [];
      rules.push({ selector, range, extension });
      this.#rules.set(name, rules);
    }
    const text = sortedText(raw);
    if (text.length > MAX_RULES) throw tooMany(`more than ${MAX_RULES} characters`);
    this.hash = sriOf(text);
  }

  /** Checks whether a rule matches a package. */
  matches(name: string | null, version: string): boolean {
    return this.#matching(name ?? "", version).length > 0;
  }

  /** Returns the selectors that match a package. */
  selectors(name: string, version: string): string[] {
    return this.#matching(name, version).map(({ selector }) => selector);
  }

  /** Checks whether there is a rule with this selector. */
  has(selector: unknown): boolean {
    return this.#selectors.has(selector);
  }

  /**
   * Returns a copy of a manifest with what the matching rule adds, or null if no rule matches.
   * @throws InstallError EEXTENSIONCONFLICT, EEXTENSIONDUPDEP, EEXTENSIONORPHANMETA, EEXTENSIONVALUE
   */
  extend(manifest: Manifest): ExtendedManifest | null {
    const { name, version = "" } = manifest;
    if (typeof name !== "string") return null;
    const [rule, ...others] = this.#matching(name, typeof version === "string" ? version : "");
    if (!rule) return null;
    if (others.length > 0) {
      const all = [rule, ...others].map(({ selector }) => `"${selector}"`).join(", ");
      const message = `Several selectors of packageExtensions match ${name}@${version}: ${all}. Narrow their ranges, or remove all but one.`;
      throw refusal("EEXTENSIONCONFLICT", message, { package: name, found: version });
    }
    return extended(manifest, rule);
  }

  #matching(name: string, version: string): Rule[] {
    const rules = this.#rules.get(name) ?? [];
    return rules.filter(({ range }) => range === null || this.#ranges.satisfies(version, range));
  }
}

function refusal(code: ErrorCode, message: string, more: { package?: string; found?: string } = {}): InstallError {
  return new InstallError(failure(code, message, more));
}

function tooMany(what: string): InstallError {
  return new InstallError(overLimit(`packageExtensions in package.json has ${what}. Remove rules.`));
}

/** Splits `name@range`. The separator is the first `@` after that of a scope. @throws InstallError EEXTENSIONSELECTOR */
function parseSelector(selector: string): { name: string; range: string | null } {
  const at = selector.indexOf("@", selector[0] === "@" ? 1 : 0);
  const name = at < 0 ? selector : selector.slice(0, at);
  const range = at < 0 ? null : selector.slice(at + 1);
  const wrong = (why: string): InstallError =>
    refusal("EEXTENSIONSELECTOR", `The selector "${selector}" of packageExtensions ${why}.`);
  const problem = packageNameProblem(name);
  if (problem !== null) throw wrong(selector === "" ? "is empty" : `has a package name that ${problem}`);
  if (range?.trim() === "") throw wrong(`has an empty range. Write "${name}" to match every version`);
  if (range !== null && !validRange(range)) {
    throw wrong("has no valid range after its name. Tags, URLs and aliases are not allowed there");
  }
  return { name, range };
}

/** @throws InstallError EEXTENSIONVALUE, EEXTENSIONFIELD, EEXTENSIONDELETE */
function checkedExtension(selector: string, extension: unknown): Rule["extension"] {
  const at = `packageExtensions["${selector}"]`;
  if (!isObject(extension)) throw refusal("EEXTENSIONVALUE", `${at} must be an object.`);
  for (const [field, value] of Object.entries(extension)) {
    if (!FIELDS.includes(field)) {
      throw refusal("EEXTENSIONFIELD", `${at} has the field "${field}". It may only have ${FIELDS.join(", ")}.`);
    }
    if (!isObject(value)) throw refusal("EEXTENSIONVALUE", `${at}.${field} must be an object.`);
  }
  const checked = extension as Record<string, Json>;
  for (const field of SPECS) {
    for (const [name, spec] of Object.entries(checked[field] ?? {})) {
      if (spec !== null && spec !== false && spec !== "-") continue;
      const message = `${at}.${field}.${name} would remove a dependency. Rules can only add dependencies: give a range.`;
      throw refusal("EEXTENSIONDELETE", message);
    }
  }
  for (const [name, meta] of Object.entries(checked["peerDependenciesMeta"] ?? {})) {
    if (!isObject(meta)) throw refusal("EEXTENSIONVALUE", `${at}.peerDependenciesMeta.${name} must be an object.`);
  }
  return checked;
}

type Section = Record<string, unknown>;

/** Applies a rule, field by field in npm's order. */
function extended(manifest: Manifest, { selector, extension }: Rule): ExtendedManifest {
  const next: Record<string, unknown> = { ...manifest };
  for (const field of FIELDS) if (isObject(next[field])) next[field] = { ...next[field] };
  const applied: AppliedExtension = { selector };
  const at = `packageExtensions["${selector}"]`;
  for (const field of SPECS) {
    for (const [name, spec] of Object.entries(extension[field] ?? {})) {
      if (typeof spec !== "string") throw refusal("EEXTENSIONVALUE", `${at}.${field}.${name} must be a string.`);
      const there = field === "peerDependencies" ? undefined : NORMAL.find((own) => has(next[own], name));
      if (there) {
        const message = `${at}.${field}.${name} is already in ${there} of ${manifest.name}@${manifest.version}. Rules only add dependencies: use overrides to change its version.`;
        throw refusal("EEXTENSIONDUPDEP", message, { package: manifest.name as string });
      }
      sectionOf(next, field)[name] = spec;
      applied[field] = [...(applied[field] ?? []), name];
    }
  }
  for (const [name, meta] of Object.entries(extension["peerDependenciesMeta"] ?? {})) {
    const metas = sectionOf(next, "peerDependenciesMeta");
    metas[name] = { ...(metas[name] as object | undefined), ...(meta as object) };
    applied.peerDependenciesMeta = [...(applied.peerDependenciesMeta ?? []), name];
    if (has(next["peerDependencies"], name)) continue;
    const message = `${at}.peerDependenciesMeta.${name} has no peer: ${manifest.name}@${manifest.version} has no peerDependencies.${name}. Add it to the rule.`;
    throw refusal("EEXTENSIONORPHANMETA", message, { package: manifest.name as string });
  }
  return { manifest: next as Manifest, applied };
}

function sectionOf(manifest: Record<string, unknown>, field: string): Section {
  manifest[field] ??= {};
  return manifest[field] as Section;
}

function has(section: unknown, name: string): boolean {
  return isObject(section) && name in section;
}

/** Returns a value as JSON without blanks, with the keys of every object sorted by code unit. */
function sortedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${sortedText(value[key])}`).join()}}`;
}
