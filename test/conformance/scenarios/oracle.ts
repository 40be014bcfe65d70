import { compare, prerelease, satisfies } from "semver";
import type { Scenario, Versions } from "./scenario.ts";

// Finds the solutions of a scenario without the solver: by search with arc consistency, while the solver learns from conflicts.

/** Requires that `name` is one of `versions`. A `constraint` applies only if the package is installed. */
interface Requirement {
  readonly name: string;
  readonly versions: ReadonlySet<string>;
  readonly constraint: boolean;
}

interface Candidate {
  readonly version: string;
  readonly requirements: readonly Requirement[];
  /** Whether npm chooses the version last, because it is deprecated or for another engine. */
  readonly last: boolean;
}

/** The versions that are still possible, and the packages that must be installed. */
interface State {
  readonly domains: Map<string, Set<string>>;
  readonly needed: Set<string>;
}

type Fields = Readonly<Record<string, unknown>>;
type Specs = Readonly<Record<string, string>>;

const isForOtherEngine = (engines: unknown): boolean => /^>=9\d/.test((engines as Specs | undefined)?.["node"] ?? "");

export class Oracle {
  readonly #scenario: Scenario;
  readonly #packages = new Map<string, Map<string, Candidate>>();
  readonly #known = new Map<string, string[]>();
  readonly #root: readonly Requirement[];
  /** Packages whose requirements, and the requirements of which, are ignored. */
  readonly #ignored: ReadonlySet<string>;

  constructor(scenario: Scenario, ignored: readonly string[] = []) {
    this.#scenario = scenario;
    this.#ignored = new Set(ignored);
    for (const id of Object.keys(scenario.registry)) {
      const [name, version] = splitId(id);
      this.#known.set(name, [...(this.#known.get(name) ?? []), version]);
    }
    for (const [id, value] of Object.entries(scenario.registry)) {
      const [name, version] = splitId(id);
      const plain = Object.values(value).every((one) => typeof one === "string");
      const fields: Fields = plain ? { dependencies: value } : value;
      const requirements = this.#ignored.has(name) ? [] : this.#requirements(fields);
      const last = fields["deprecated"] !== undefined || isForOtherEngine(fields["engines"]);
      const candidates = this.#packages.get(name) ?? new Map<string, Candidate>();
      this.#packages.set(name, candidates.set(version, { version, requirements, last }));
    }
    this.#root = this.#requirements({ ...scenario.root }, ["dependencies", "devDependencies"]);
  }

  /** Returns the errors of a solution: requirements that are not met, and packages that nothing requires. */
  flaws(solution: Versions): string[] {
    const flaws: string[] = [];
    const reached = new Set<string>();
    const queue: (readonly [string, readonly Requirement[]])[] = [["", this.#root]];
    for (const [from, requirements] of queue) {
      for (const { name, versions, constraint } of requirements) {
        const version = solution[name];
        if (version === undefined ? !constraint : !versions.has(version)) flaws.push(`${from} → ${name}`);
        if (version === undefined || constraint || reached.has(name)) continue;
        reached.add(name);
        queue.push([name, this.#requirementsOf(name, version)]);
      }
    }
    for (const name of Object.keys(solution)) if (!reached.has(name)) flaws.push(`nothing requires ${name}`);
    return flaws;
  }

  /** Checks whether there is a solution. `held` limits packages to some of their versions. */
  solvable(held: Readonly<Record<string, readonly string[]>> = {}): boolean {
    const domains = new Map<string, Set<string>>();
    for (const [name, versions] of this.#known) domains.set(name, new Set(held[name] ?? versions));
    const state: State = { domains, needed: new Set() };
    if (!this.#root.every((requirement) => apply(state, requirement))) return false;
    return this.#search(state);
  }

  /** Returns a version (`a@2.0.0`) that makes one direct dependency better and none worse. Null if there is none. */
  better(solution: Versions): string | null {
    const own = this.#root.filter(({ name }) => solution[name] !== undefined);
    for (const { name, versions } of own) {
      const held: Record<string, string[]> = {};
      for (const other of own) held[other.name] = this.#upTo(other, solution[other.name] as string);
      const above = this.#upTo({ name, versions }, solution[name] as string).slice(0, -1);
      for (const version of above) if (this.solvable({ ...held, [name]: [version] })) return `${name}@${version}`;
    }
    return null;
  }

  /** Returns the versions that the project allows, in order of preference, up to and including `last`. */
  #upTo({ name, versions }: Pick<Requirement, "name" | "versions">, last: string): string[] {
    const ranked = this.#ranked(name).filter((version) => versions.has(version));
    return ranked.slice(0, ranked.indexOf(last) + 1);
  }

  /** Returns the version tagged `latest`: the highest release, or the highest prerelease if there is no release. */
  #latest(name: string): string[] {
    const known = this.#known.get(name) ?? [];
    const stable = known.filter((version) => !prerelease(version));
    return (stable.length > 0 ? stable : [...known]).sort(compare).slice(-1);
  }

  /**
   * Returns the versions in npm's order of preference: the locked version, `latest`, then the highest (or lowest) first. Deprecated
   * versions and those for another engine are last.
   */
  #ranked(name: string): string[] {
    const { options = {}, first } = this.#scenario;
    const known = this.#known.get(name) ?? [];
    const lowest = options.resolutionMode !== undefined;
    const [latest] = this.#latest(name);
    const updated = options.update === true || (Array.isArray(options.update) && options.update.includes(name));
    const locked = updated ? undefined : first?.versions[name];
    const weight = (version: string): number => {
      if (version === locked) return 0;
      if (this.#packages.get(name)?.get(version)?.last) return 3;
      return version === latest && !lowest ? 1 : 2;
    };
    return known.sort((a, b) => weight(a) - weight(b) || (lowest ? compare(a, b) : compare(b, a)));
  }

  /** @param kinds sections of the manifest. If a name is in several, the last section applies, as in npm */
  #requirements(fields: Fields, kinds = ["peerDependencies", "dependencies"]): Requirement[] {
    const overrides = this.#scenario.root.overrides ?? {};
    const requirements = new Map<string, Requirement>();
    const optional = Object.keys((fields["peerDependenciesMeta"] ?? {}) as Fields);
    for (const kind of kinds) {
      for (const [name, written] of Object.entries((fields[kind] ?? {}) as Specs)) {
        const constraint = kind === "peerDependencies" && optional.includes(name);
        const versions = this.#allowed(name, overrides[name] ?? written);
        requirements.set(name, { name, versions, constraint });
      }
    }
    return [...requirements.values()].filter(({ name }) => !this.#ignored.has(name));
  }

  #allowed(name: string, spec: string): Set<string> {
    const known = this.#known.get(name) ?? [];
    const within = (includePrerelease: boolean): string[] =>
      known.filter((version) => satisfies(version, spec, { loose: true, includePrerelease }));
    // `latest` matches `*` even if it is a prerelease.
    const written = spec === "*" ? [...new Set([...within(false), ...this.#latest(name)])] : within(false);
    const stable = written.filter((version) => !prerelease(version));
    switch (this.#scenario.options?.prereleases ?? "as-written") {
      case "as-written":
        return new Set(written);
      case "never":
        return new Set(stable);
      case "if-necessary":
        return new Set(written.length > 0 ? written : within(true));
      case "allow":
        return new Set(within(true));
    }
  }

  #requirementsOf(name: string, version: string): readonly Requirement[] {
    return this.#packages.get(name)?.get(version)?.requirements ?? [];
  }

  #search(state: State): boolean {
    if (!this.#prune(state)) return false;
    const open = [...state.needed].filter((name) => (state.domains.get(name)?.size ?? 0) > 1);
    if (open.length === 0) return true;
    const size = (name: string): number => state.domains.get(name)?.size ?? 0;
    const name = open.reduce((least, one) => (size(one) < size(least) ? one : least));
    for (const version of state.domains.get(name) ?? []) {
      const domains = new Map([...state.domains].map(([key, domain]) => [key, new Set(domain)]));
      domains.set(name, new Set([version]));
      if (this.#search({ domains, needed: new Set(state.needed) })) return true;
    }
    return false;
  }

  /** Removes impossible versions until nothing changes. Returns false if a needed package has no version left. */
  #prune(state: State): boolean {
    for (let changed = true; changed; ) {
      changed = false;
      for (const [name, domain] of state.domains) {
        for (const version of domain) {
          if (this.#requirementsOf(name, version).every((requirement) => possible(state, requirement))) continue;
          domain.delete(version);
          changed = true;
        }
        if (!state.needed.has(name)) continue;
        if (domain.size === 0) return false;
        if (domain.size > 1) continue;
        const [version = ""] = domain;
        for (const requirement of this.#requirementsOf(name, version)) {
          const before = state.needed.size + (state.domains.get(requirement.name)?.size ?? 0);
          if (!apply(state, requirement)) return false;
          changed ||= before !== state.needed.size + (state.domains.get(requirement.name)?.size ?? 0);
        }
      }
    }
    return true;
  }
}

/** Splits `a@1.0.0` or `@s/a@1.0.0` into name and version. */
function splitId(id: string): [name: string, version: string] {
  const at = id.lastIndexOf("@");
  return [id.slice(0, at), id.slice(at + 1)];
}

function possible({ domains, needed }: State, { name, versions, constraint }: Requirement): boolean {
  if (constraint && !needed.has(name)) return true;
  return [...(domains.get(name) ?? [])].some((version) => versions.has(version));
}

/** Removes the versions that a requirement excludes. Returns false if the requirement cannot be met. */
function apply({ domains, needed }: State, { name, versions, constraint }: Requirement): boolean {
  const domain = domains.get(name);
  for (const version of domain ?? []) if (!versions.has(version)) domain?.delete(version);
  if (constraint) return !needed.has(name) || (domain?.size ?? 0) > 0;
  needed.add(name);
  return (domain?.size ?? 0) > 0;
}
