import { satisfies, validRange } from "semver";
import type { DependencyType } from "../../../src/api/resolve.ts";
import { type RegistryCase, type Sections, splitId } from "./registry-case.ts";

/** A requirement of some versions of `from`. A version is written `source@version`; the project's only version is `""`. */
export interface Rule {
  /** `dependency`: the package must be installed in an allowed version. `constraint`: it must be allowed if it is installed. */
  readonly kind: "dependency" | "constraint";
  readonly from: string;
  readonly when: ReadonlySet<string>;
  readonly name: string;
  readonly allowed: ReadonlySet<string>;
}

/** One of npm's edges, for one version. */
export interface Edge extends Rule {
  readonly type: DependencyType;
  readonly raw: string;
  /** The spec after overrides. */
  readonly spec: string;
}

/** A flat resolution's problem, as sets: choose a version of each installed name so that every rule holds. */
export interface Problem {
  /** The versions by installed name; the project's is `""`. A name with several sources has the versions of all of them. */
  readonly installable: ReadonlyMap<string, readonly string[]>;
  readonly rules: readonly Rule[];
}

export const ROOT = "";

/** Returns the edges of a manifest. A name has one edge; later sections replace earlier ones (npm-tree §4). */
function edgesOf(manifest: Sections, dev: boolean): Map<string, { raw: string; type: DependencyType }> {
  const edges = new Map<string, { raw: string; type: DependencyType }>();
  const optional = (name: string): boolean => manifest.peerDependenciesMeta?.[name]?.optional === true;
  const add = (section: Readonly<Record<string, string>> | undefined, type: DependencyType): void => {
    for (const [name, raw] of Object.entries(section ?? {})) edges.set(name, { raw, type });
  };
  add(manifest.peerDependencies, "peer");
  for (const [name, edge] of edges) if (optional(name)) edge.type = "peerOptional";
  add(manifest.dependencies, "prod");
  add(manifest.optionalDependencies, "optional");
  if (dev) add(manifest.devDependencies, "dev");
  return edges;
}

/** The meaning of a registry and a project. Shares no code with the solver: ranges are evaluated by the semver package. */
export class Model implements Problem {
  readonly #case: RegistryCase;
  readonly #versions = new Map<string, string[]>();
  readonly #installable = new Map<string, string[]>([[ROOT, [ROOT]]]);
  readonly #allowed = new Map<string, ReadonlySet<string>>();
  readonly rules: readonly Edge[];

  constructor(registryCase: RegistryCase) {
    this.#case = registryCase;
    for (const id of Object.keys(registryCase.packages)) {
      const { name, version } = splitId(id);
      this.#versions.set(name, [...(this.#versions.get(name) ?? []), version]);
    }
    // The list grows during the loop: versions require packages, and these have versions.
    const places = [{ from: ROOT, id: ROOT }];
    const rules: Edge[] = [];
    for (const { from, id } of places) {
      for (const edge of this.#edgesOf(from, id)) {
        rules.push(edge);
        for (const found of this.#addVersions(edge)) places.push({ from: edge.name, id: found });
      }
    }
    this.rules = rules;
  }

  get installable(): ReadonlyMap<string, readonly string[]> {
    return this.#installable;
  }

  /** Returns the versions that a spec allows for an installed name. */
  allowed(name: string, spec: string): ReadonlySet<string> {
    const key = `${name} ${spec}`;
    let allowed = this.#allowed.get(key);
    if (!allowed) {
      const { source, text } = sourceOf(name, spec);
      allowed = new Set(this.#matching(source, text).map((version) => `${source}@${version}`));
      this.#allowed.set(key, allowed);
    }
    return allowed;
  }

  #matching(source: string, text: string): string[] {
    const versions = this.#versions.get(source) ?? [];
    const tagged = this.#case.tags[source];
    if (validRange(text, { loose: true }) === null) return versions.filter((version) => version === tagged?.[text]);
    // `*` also matches the version tagged `latest`, even if it is a prerelease.
    const latest = (text || "*") === "*" ? tagged?.["latest"] : undefined;
    return versions.filter((version) => version === latest || satisfies(version, text, { loose: true }));
  }

  #edgesOf(from: string, id: string): Edge[] {
    const { project, packages } = this.#case;
    const edges = edgesOf((id === ROOT ? project : packages[id]) as Sections, id === ROOT);
    return [...edges].map(([name, { raw, type }]) => {
      const spec = this.#overridden(from, name) ?? raw;
      const kind = type === "optional" || type === "peerOptional" ? "constraint" : "dependency";
      return { kind, from, when: new Set([id]), name, allowed: this.allowed(name, spec), type, raw, spec };
    });
  }

  #overridden(from: string, name: string): string | undefined {
    const { overrides = {} } = this.#case.project;
    const own = overrides[from];
    const plain = overrides[name];
    const scoped = typeof own === "object" && Object.hasOwn(own, name) ? own[name] : undefined;
    const rule = scoped ?? plain;
    // In npm, an override to `*` changes nothing.
    return typeof rule === "string" && rule !== "*" ? rule : undefined;
  }

  /** Adds the versions of an edge's source to the problem. Returns them the first time, and nothing later. */
  #addVersions({ name, spec }: Edge): string[] {
    const { source } = sourceOf(name, spec);
    const known = this.#installable.get(name) ?? [];
    this.#installable.set(name, known);
    if (known.some((id) => splitId(id).name === source)) return [];
    const found = (this.#versions.get(source) ?? []).map((version) => `${source}@${version}`);
    known.push(...found);
    return found;
  }
}

/** Returns the source and range of a spec: `npm:b@^1` has b and `^1`; `^1` of a has a and `^1`. */
export function sourceOf(name: string, spec: string): { source: string; text: string } {
  if (!spec.startsWith("npm:")) return { source: name, text: spec };
  const { name: source, version: text } = splitId(spec.slice("npm:".length));
  return { source, text };
}
