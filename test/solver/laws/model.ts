import { satisfies, validRange } from "semver";
import type { DependencyType } from "../../../src/api/resolve.ts";
import { type RegistryCase, type Sections, splitId } from "./registry-case.ts";

/** Some versions of `from` ask for `name`. Versions are told as `source@version`, the project's only one is `""`. */
export interface Rule {
  /** `dependency`: it must be there, and allowed. `constraint`: if it is there it must be allowed. */
  readonly kind: "dependency" | "constraint";
  readonly from: string;
  readonly when: ReadonlySet<string>;
  readonly name: string;
  readonly allowed: ReadonlySet<string>;
}

/** One edge of one version, as npm would make it. */
export interface Edge extends Rule {
  readonly type: DependencyType;
  readonly raw: string;
  /** After overrides. */
  readonly spec: string;
}

/** The question a flat resolution answers, in sets: which version of each installed name, so that no rule is broken. */
export interface Problem {
  /** By installed name; the project's is `""`. Where a name has several sources, all of theirs. */
  readonly installable: ReadonlyMap<string, readonly string[]>;
  readonly rules: readonly Rule[];
}

export const ROOT = "";

/** What the sections come to: one edge a name, a later section instead of an earlier one (npm-tree §4). */
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

/** A registry and a project by their meaning. Shares nothing with the solver: ranges are semver's. */
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
    // This list grows while it is walked: versions ask for packages, which have versions.
    const places = [{ from: ROOT, id: ROOT }];
    const rules: Edge[] = [];
    for (const { from, id } of places) {
      for (const edge of this.#edgesOf(from, id)) {
        rules.push(edge);
        for (const found of this.#join(edge)) places.push({ from: edge.name, id: found });
      }
    }
    this.rules = rules;
  }

  get installable(): ReadonlyMap<string, readonly string[]> {
    return this.#installable;
  }

  /** What a spec for an installed name lets in. */
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
    // `*` is what is tagged `latest` too, should that be a prerelease.
    const any = (text || "*") === "*" ? tagged?.["latest"] : undefined;
    return versions.filter((version) => version === any || satisfies(version, text, { loose: true }));
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
    // npm: a rule that says `*` is for everything and changes nothing
    return typeof rule === "string" && rule !== "*" ? rule : undefined;
  }

  /** The versions that an edge brings into question for the first time. */
  #join({ name, spec }: Edge): string[] {
    const { source } = sourceOf(name, spec);
    const known = this.#installable.get(name) ?? [];
    this.#installable.set(name, known);
    if (known.some((id) => splitId(id).name === source)) return [];
    const found = (this.#versions.get(source) ?? []).map((version) => `${source}@${version}`);
    known.push(...found);
    return found;
  }
}

/** `npm:b@^1` → b, `^1`; `^1` for a → a, `^1`. */
export function sourceOf(name: string, spec: string): { source: string; text: string } {
  if (!spec.startsWith("npm:")) return { source: name, text: spec };
  const { name: source, version: text } = splitId(spec.slice("npm:".length));
  return { source, text };
}
