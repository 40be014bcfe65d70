import fc from "fast-check";
import { compare, prerelease } from "semver";
import { type Project, type RegistryCase, type Sections, splitId } from "./registry-case.ts";

/** The size of generated registries. */
export interface Size {
  readonly title: string;
  readonly names: readonly string[];
  /** The possible versions, the lowest first. */
  readonly versions: readonly string[];
  /** The maximum number of requirements of the project, and of a version. */
  readonly most: { readonly project: number; readonly version: number };
}

/** Small enough to try every choice. */
export const SMALL: Size = {
  title: "small",
  names: ["a", "b", "c", "d", "e", "f"],
  versions: ["1.0.0", "1.1.0", "2.0.0-beta.1", "2.0.0"],
  most: { project: 6, version: 4 },
};

/** Few ranges allow two versions, so most choices are wrong. */
export const TIGHT: Size = {
  title: "tight",
  names: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
  versions: ["1.0.0", "2.0.0", "3.0.0", "4.0.0", "5.0.0", "6.0.0"],
  most: { project: 8, version: 5 },
};

const VERSIONS = "0.9.0 1.0.0-alpha.1 1.0.0-rc.1 1.0.0 1.0.1 1.1.0 1.2.0 2.0.0-beta.1 2.0.0-beta.2 2.0.0 2.1.0";

export const LARGE: Size = {
  title: "large",
  names: Array.from({ length: 40 }, (_, at) => `p${at}`),
  versions: `${VERSIONS} 3.0.0-0 3.0.0 3.1.0 4.0.0`.split(" "),
  most: { project: 12, version: 4 },
};

type Section = "prod" | "peer" | "optional" | "peerOptional" | "dev";

interface DrawnDependency {
  to: string;
  section: Section;
  spec: string;
  /** The target of an alias: `npm:alias@spec`. */
  alias: string | undefined;
}

/** Shrinking tries the first case first. */
const SHRINK_TO_FIRST = { withCrossShrink: true };

const weighted = <T>(weight: number, value: T): { arbitrary: fc.Arbitrary<T>; weight: number } => ({
  arbitrary: fc.constant(value),
  weight,
});

/** Generates specs over the versions, in every form, and dist-tags. The simplest is the first, for shrinking. */
function specFrom(versions: readonly string[]): fc.Arbitrary<string> {
  const version = fc.constantFrom(...versions);
  const of = (weight: number, text: (low: string, high: string) => string) => ({
    arbitrary: fc.tuple(version, version).map(([low, high]) => text(low, high)),
    weight,
  });
  return fc.oneof(
    SHRINK_TO_FIRST,
    weighted(60, "*"),
    of(20, (low) => low),
    of(80, (low) => `^${low}`),
    of(10, (low) => `~${low}`),
    of(60, (low) => `>=${low}`),
    of(15, (low) => `<${low}`),
    of(40, (low, high) => `${low} || ${high}`),
    of(20, (low, high) => `^${low} || >=${high}`),
    of(10, (low, high) => `>=${low} <${high}`),
    of(10, (low) => `${low.slice(0, 1)}.x`),
    weighted(10, "latest"),
    weighted(5, "next"),
    weighted(5, ""),
    weighted(1, "lost-tag"),
  );
}

interface Dependent {
  /** The name of the dependent. It rarely requires itself. */
  readonly own: string;
  readonly sections: readonly Section[];
}

function dependencyOf({ names, versions }: Size, { own, sections }: Dependent): fc.Arbitrary<DrawnDependency> {
  const known = fc.constantFrom(...names);
  const others = fc.constantFrom(...names.filter((name) => name !== own));
  const to = fc.oneof(
    SHRINK_TO_FIRST,
    { arbitrary: others, weight: 150 },
    weighted(2, "gone"),
    weighted(1, "x"),
    weighted(1, own || "gone"),
  );
  const section = fc.oneof(SHRINK_TO_FIRST, ...sections.map((each, at) => weighted(at === 0 ? 12 : 3, each)));
  const alias = fc.oneof(SHRINK_TO_FIRST, weighted(29, undefined), { arbitrary: known, weight: 1 });
  // Most of the project's specs are wide. Otherwise most registries would have no solution for a trivial reason.
  const any = specFrom(versions);
  const wide = fc.constantFrom("*", ...versions.slice(0, 4).map((low) => `>=${low}`));
  const spec =
    own === "" ? fc.oneof(SHRINK_TO_FIRST, { arbitrary: wide, weight: 3 }, { arbitrary: any, weight: 2 }) : any;
  return fc.record({ to, section, spec, alias });
}

const FIELD: Record<Section, keyof Sections> = {
  prod: "dependencies",
  dev: "devDependencies",
  optional: "optionalDependencies",
  peer: "peerDependencies",
  peerOptional: "peerDependencies",
};

function sectionsOf(drawnDependencies: readonly DrawnDependency[]): Sections {
  const found: Record<string, Record<string, unknown>> = {};
  for (const { to, section, spec, alias } of drawnDependencies) {
    const field = FIELD[section] as string;
    found[field] = { ...found[field], [to]: alias === undefined ? spec : `npm:${alias}@${spec || "*"}` };
    const optional = section === "peerOptional";
    if (field === "peerDependencies" && (optional || found["peerDependenciesMeta"]?.[to])) {
      found["peerDependenciesMeta"] = { ...found["peerDependenciesMeta"], [to]: { optional } };
    }
  }
  return found as Sections;
}

interface DrawnManifest {
  drawnDependencies: DrawnDependency[];
  deprecated: boolean;
  engine: boolean;
}

/** A version has its own manifest, or one in common with other versions of its package, as in a real registry. */
interface Package {
  common: DrawnManifest;
  own: readonly ("none" | "common" | DrawnManifest)[];
  next: number;
}

function manifestFor(size: Size, own: string): fc.Arbitrary<DrawnManifest> {
  const rare = fc.oneof(SHRINK_TO_FIRST, weighted(9, false), weighted(1, true));
  const drawnDependencies = fc.array(
    dependencyOf(size, { own, sections: ["prod", "peer", "optional", "peerOptional"] }),
    {
      maxLength: size.most.version,
      size: "max",
    },
  );
  return fc.record({ drawnDependencies, deprecated: rare, engine: rare });
}

function packageOf(size: Size, name: string): fc.Arbitrary<Package> {
  const own = fc.oneof(SHRINK_TO_FIRST, weighted(3, "none" as const), weighted(5, "common" as const), {
    arbitrary: manifestFor(size, name),
    weight: 8,
  });
  const count = size.versions.length;
  return fc.record({
    common: manifestFor(size, name),
    own: fc.array(own, { minLength: count, maxLength: count }),
    next: fc.nat(count - 1),
  });
}

/** Returns a manifest with at least one section, because plain text fields would be read as dependencies. */
const manifestOf = ({ drawnDependencies, deprecated, engine }: DrawnManifest): Sections => ({
  ...((deprecated || engine) && { dependencies: {} }),
  ...sectionsOf(drawnDependencies),
  ...(deprecated && { deprecated: "use something else" }),
  ...(engine && { engines: { node: ">=90" } }),
});

/** Returns the overrides without those of direct dependencies, which npm refuses. */
function overridesOf(
  rules: readonly DrawnDependency[],
  sections: Sections,
  scopes: readonly (string | undefined)[],
): Project {
  const overrides: Record<string, string | Record<string, string>> = {};
  const direct = Object.values(FIELD).flatMap((field) => Object.keys((sections[field] as object | undefined) ?? {}));
  rules.forEach(({ to, spec }, at) => {
    const scope = scopes[at];
    const own = scope === undefined ? undefined : overrides[scope];
    if (scope !== undefined && scope !== to && typeof own !== "string")
      overrides[scope] = { ...own, [to]: spec || "*" };
    else if (scope === undefined && !direct.includes(to) && !overrides[to]) overrides[to] = spec || "*";
  });
  return Object.keys(overrides).length > 0 ? { overrides } : {};
}

function projectOf(size: Size): fc.Arbitrary<Project> {
  const dependencies = fc.array(
    dependencyOf(size, { own: "", sections: ["prod", "dev", "optional", "peer", "peerOptional"] }),
    {
      minLength: 1,
      maxLength: size.most.project,
      size: "max",
    },
  );
  const rules = fc.oneof(
    SHRINK_TO_FIRST,
    { arbitrary: fc.constant([]), weight: 3 },
    { arbitrary: fc.array(dependencyOf(size, { own: "", sections: ["prod"] }), { maxLength: 2 }), weight: 1 },
  );
  const scopes = fc.array(fc.option(fc.constantFrom(...size.names), { nil: undefined }), {
    minLength: 2,
    maxLength: 2,
  });
  return fc.tuple(dependencies, rules, scopes).map(([drawnDependencies, own, scope]) => {
    const sections = sectionsOf(drawnDependencies);
    return { ...sections, ...overridesOf(own, sections, scope) };
  });
}

/** Returns the dist-tags: `latest` is the highest release, otherwise the highest version; `next` is any version. */
function tagsOf(versions: readonly string[], next: string): Record<string, string> {
  const sorted = [...versions].sort(compare);
  const latest = sorted.filter((version) => !prerelease(version)).at(-1) ?? sorted.at(-1);
  return latest === undefined ? {} : { latest, ...(versions.includes(next) && { next }) };
}

/** Generates a registry and a project. */
export function registryCases(size: Size): fc.Arbitrary<RegistryCase> {
  const { names, versions } = size;
  const drawnPackages = fc.tuple(...names.map((name) => packageOf(size, name)));
  return fc.tuple(drawnPackages, projectOf(size)).map(([drawn, project]) => {
    const packages: Record<string, Sections> = {};
    const tags: Record<string, Record<string, string>> = {};
    drawn.forEach(({ common, own, next }, at) => {
      const name = names[at] as string;
      own.forEach((each, index) => {
        if (each !== "none") packages[`${name}@${versions[index]}`] = manifestOf(each === "common" ? common : each);
      });
      const there = Object.keys(packages)
        .map(splitId)
        .filter((id) => id.name === name);
      const named = tagsOf(
        there.map(({ version }) => version),
        versions[next] as string,
      );
      if (there.length > 0) tags[name] = named;
    });
    return { packages, tags, project };
  });
}
