// Loaded on demand: for a project that says which packages may run scripts, under the rules of npm 12.
import type { Failure } from "../api/failure.ts";
import { isObject } from "../base/json.ts";
import { resolvePath } from "../base/posix-path.ts";
import { parsePackageJson } from "../project/package-json.ts";
import { warn } from "../registry/npmrc-warning.ts";
import { parseUrl } from "../registry/registry-config.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import { validRange } from "../spec/range.ts";
import { compareVersions, parseVersion } from "../spec/version.ts";
import type { Dependents } from "./dependents.ts";
import { isRegistrySpec } from "./forbidden-packages.ts";
import type { PlanNode } from "./lock-nodes.ts";
import type { ScriptPolicy } from "./plan.ts";

/** An entry of a policy: a package of a registry, by name and perhaps version, or an address. */
interface Rule {
  readonly allowed: boolean;
  readonly name?: string;
  /** Null: every version. */
  readonly versions?: readonly string[] | null;
  readonly source?: string;
}

/**
 * Reads which packages may run scripts: `allowScripts` of package.json, or if it has no entries `allow-scripts` of `.npmrc`. npm 12
 * ignores ranges and tags, because they would allow versions that nobody has reviewed.
 */
export function readScriptPolicy(
  packageJson: string | null,
  allowed: readonly string[],
): { policy: ScriptPolicy; warnings: Failure[] } {
  const { manifest } = parsePackageJson(packageJson ?? "{}", "package.json");
  const own = manifest["allowScripts"];
  const warnings: Failure[] = [];
  const checked = (entries: [string, unknown][], file: string): [string, boolean][] =>
    entries.filter((entry): entry is [string, boolean] => {
      const problem = problemOf(entry[0]);
      if (problem)
        warnings.push(warn(`the entry "${entry[0]}" of the packages that may run scripts ${problem}.`, [], file));
      return problem === null;
    });
  const ofManifest = isObject(own) ? checked(Object.entries(own), "package.json") : [];
  const ofNpmrc = checked(
    allowed.map((key) => [key, true]),
    ".npmrc",
  );
  if (ofManifest.length > 0 && ofNpmrc.length > 0) {
    warnings.push(warn("allow-scripts is ignored, because package.json has allowScripts."));
  }
  return { policy: new Map(ofManifest.length > 0 ? ofManifest : ofNpmrc), warnings };
}

/** Splits an entry into a package's name and its spec. Null for an address. */
function namedEntry(key: string): { name: string; spec: string } | null {
  const [, name, spec = ""] = /^((?:@[^/@]+\/)?[^/@:]+)(?:@(.*))?$/s.exec(key) ?? [];
  return name === undefined || /[:/]/.test(spec) ? null : { name, spec: spec.trim() };
}

const versionsOf = (spec: string): string[] => spec.split("||").map((part) => part.trim());

function problemOf(key: string): string | null {
  const named = namedEntry(key);
  if (!named) return null;
  const { name, spec } = named;
  if (packageNameProblem(name) !== null) return "is ignored: it is no package and no address";
  if (spec === "" || spec === "*" || versionsOf(spec).every((part) => parseVersion(part))) return null;
  const what = validRange(spec) ? "ranges" : "dist-tags";
  return `is ignored: ${what} are not allowed. Name exact versions joined by "||", or no version`;
}

function readRule([key, allowed]: [string, boolean]): Rule {
  const named = namedEntry(key);
  if (!named) return { allowed, source: key.replace(/^(?:@[^/@]+\/)?[^/@:]+@(?=.*[:/])/s, "") };
  const { name, spec } = named;
  return { allowed, name, versions: spec === "" || spec === "*" ? null : versionsOf(spec) };
}

/** The verdict of a policy on each package of a lock. */
export class ScriptVerdicts {
  /** By the name of the package. */
  readonly #named = new Map<string, Rule[]>();
  /** By address, see {@link placeOf}. */
  readonly #placed = new Map<string, Rule[]>();
  readonly #dependents: Dependents;

  constructor(policy: ScriptPolicy, dependents: Dependents) {
    this.#dependents = dependents;
    for (const rule of [...policy].map(readRule)) {
      if (rule.source !== undefined) append(this.#placed, placeOf(rule.source), rule);
      else append(this.#named, rule.name ?? "", rule);
    }
  }

  /**
   * Returns whether npm runs the scripts of a package: false if an entry denies it, otherwise true if one allows it, otherwise null.
   *
   * 1. An entry with a name matches a package for which every dependent asks by a version, range, tag or alias. Name and version come from
   *    its address, which the package itself cannot choose.
   * 2. Without an address there is no version that can be trusted: then an entry with a version denies, but does not allow.
   * 3. An entry with an address matches the package from there.
   */
  of(node: PlanNode): boolean | null {
    const matching = [...this.#ofName(node), ...this.#ofPlace(node)];
    if (matching.some(({ allowed }) => allowed === false)) return false;
    return matching.some(({ allowed }) => allowed === true) ? true : null;
  }

  #ofPlace({ resolved }: PlanNode): readonly Rule[] {
    return resolved === null ? [] : (this.#placed.get(placeOf(resolved)) ?? []);
  }

  #ofName(node: PlanNode): readonly Rule[] {
    const trusted = identityOf(node);
    const rules = this.#named.get(trusted.name);
    if (!rules) return [];
    const into = [...this.#dependents.into(node)];
    if (into.length === 0 || !into.every(isRegistrySpec)) return [];
    const version = trusted.version === null ? null : parseVersion(trusted.version);
    return rules.filter(({ versions, allowed }) => {
      if (!versions) return true;
      if (!version) return !allowed;
      return versions.some((each) => compareVersions(parseVersion(each) ?? version, version) === 0);
    });
  }
}

function append(rules: Map<string, Rule[]>, key: string, rule: Rule): void {
  const same = rules.get(key) ?? [];
  same.push(rule);
  rules.set(key, same);
}

/** Returns an address in one form: `file:a.tgz` and `file:./a.tgz` are the same. */
const placeOf = (address: string): string =>
  address.startsWith("file:") ? resolvePath("/", address.slice("file:".length)) : address;

/** Returns name and version from the address of a tarball in a registry: `/@s/a/-/a-1.0.0.tgz`. */
function identityOf({ resolved, manifest }: PlanNode): { name: string; version: string | null } {
  const path = resolved === null ? "" : (parseUrl(resolved)?.pathname ?? "");
  const [, scope, name, file] = /\/(?:(@[^/]+)(?:\/|%2f))?([^/]+)\/-\/([^/]+)\.tgz$/i.exec(path) ?? [];
  const version = file?.startsWith(`${name}-`) ? file.slice((name as string).length + 1) : "";
  if (!parseVersion(version)) return { name: manifest.name, version: null };
  return { name: scope ? `${scope}/${name}` : (name as string), version };
}
