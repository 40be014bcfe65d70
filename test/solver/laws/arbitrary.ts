import fc from "fast-check";
import { compare, prerelease } from "semver";
import { type Project, type Sections, splitId, type Told } from "./told.ts";

/** How large registries get, and how they are drawn. */
export interface Size {
  readonly title: string;
  readonly names: readonly string[];
  /** What versions are drawn from, lowest first. */
  readonly versions: readonly string[];
  /** Most requirements of the project, and of a version. */
  readonly asks: { readonly project: number; readonly version: number };
}

/** Small enough to try every choice. */
export const SMALL: Size = {
  title: "small",
  names: ["a", "b", "c", "d", "e", "f"],
  versions: ["1.0.0", "1.1.0", "2.0.0-beta.1", "2.0.0"],
  asks: { project: 6, version: 4 },
};

/** Hardly two versions that a range takes both: most choices turn out wrong. */
export const TIGHT: Size = {
  title: "tight",
  names: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
  versions: ["1.0.0", "2.0.0", "3.0.0", "4.0.0", "5.0.0", "6.0.0"],
  asks: { project: 8, version: 5 },
};

const LADDER = "0.9.0 1.0.0-alpha.1 1.0.0-rc.1 1.0.0 1.0.1 1.1.0 1.2.0 2.0.0-beta.1 2.0.0-beta.2 2.0.0 2.1.0";

export const LARGE: Size = {
  title: "large",
  names: Array.from({ length: 40 }, (_, at) => `p${at}`),
  versions: `${LADDER} 3.0.0-0 3.0.0 3.1.0 4.0.0`.split(" "),
  asks: { project: 12, version: 4 },
};

type Section = "prod" | "peer" | "optional" | "peerOptional" | "dev";

interface Wish {
  to: string;
  section: Section;
  spec: string;
  /** What stands there in truth: `npm:alias@spec`. */
  alias: string | undefined;
}

/** A drawn case becomes the first one, if it can. */
const SHRINKS = { withCrossShrink: true };

const often = <T>(weight: number, value: T): { arbitrary: fc.Arbitrary<T>; weight: number } => ({
  arbitrary: fc.constant(value),
  weight,
});

/** Every form of a range over the versions, tags too. The simplest is the first: shrinking goes there. */
function specFrom(versions: readonly string[]): fc.Arbitrary<string> {
  const version = fc.constantFrom(...versions);
  const of = (weight: number, tell: (one: string, two: string) => string) => ({
    arbitrary: fc.tuple(version, version).map(([one, two]) => tell(one, two)),
    weight,
  });
  return fc.oneof(
    SHRINKS,
    often(60, "*"),
    of(20, (one) => one),
    of(80, (one) => `^${one}`),
    of(10, (one) => `~${one}`),
    of(60, (one) => `>=${one}`),
    of(15, (one) => `<${one}`),
    of(40, (one, two) => `${one} || ${two}`),
    of(20, (one, two) => `^${one} || >=${two}`),
    of(10, (one, two) => `>=${one} <${two}`),
    of(10, (one) => `${one.slice(0, 1)}.x`),
    often(10, "latest"),
    often(5, "next"),
    often(5, ""),
    often(1, "lost-tag"),
  );
}

interface Asking {
  /** Whose: it seldom asks for itself. */
  readonly own: string;
  readonly sections: readonly Section[];
}

function wish({ names, versions }: Size, { own, sections }: Asking): fc.Arbitrary<Wish> {
  const known = fc.constantFrom(...names);
  const others = fc.constantFrom(...names.filter((name) => name !== own));
  const to = fc.oneof(
    SHRINKS,
    { arbitrary: others, weight: 150 },
    often(2, "gone"),
    often(1, "x"),
    often(1, own || "gone"),
  );
  const section = fc.oneof(SHRINKS, ...sections.map((each, at) => often(at === 0 ? 12 : 3, each)));
  const alias = fc.oneof(SHRINKS, often(29, undefined), { arbitrary: known, weight: 1 });
  // What the project asks for is mostly there: else most registries would be refused at a glance.
  const any = specFrom(versions);
  const wide = fc.constantFrom("*", ...versions.slice(0, 4).map((one) => `>=${one}`));
  const spec = own === "" ? fc.oneof(SHRINKS, { arbitrary: wide, weight: 3 }, { arbitrary: any, weight: 2 }) : any;
  return fc.record({ to, section, spec, alias });
}

const FIELD: Record<Section, keyof Sections> = {
  prod: "dependencies",
  dev: "devDependencies",
  optional: "optionalDependencies",
  peer: "peerDependencies",
  peerOptional: "peerDependencies",
};

function sectionsOf(wishes: readonly Wish[]): Sections {
  const found: Record<string, Record<string, unknown>> = {};
  for (const { to, section, spec, alias } of wishes) {
    const field = FIELD[section] as string;
    found[field] = { ...found[field], [to]: alias === undefined ? spec : `npm:${alias}@${spec || "*"}` };
    const optional = section === "peerOptional";
    if (field === "peerDependencies" && (optional || found["peerDependenciesMeta"]?.[to])) {
      found["peerDependenciesMeta"] = { ...found["peerDependenciesMeta"], [to]: { optional } };
    }
  }
  return found as Sections;
}

interface Drawn {
  wishes: Wish[];
  deprecated: boolean;
  engine: boolean;
}

/** What a version does not have of its own it has in common with the others of its package, as a real ladder does. */
interface Package {
  common: Drawn;
  own: readonly ("none" | "common" | Drawn)[];
  next: number;
}

function drawn(size: Size, own: string): fc.Arbitrary<Drawn> {
  const rare = fc.oneof(SHRINKS, often(9, false), often(1, true));
  const wishes = fc.array(wish(size, { own, sections: ["prod", "peer", "optional", "peerOptional"] }), {
    maxLength: size.asks.version,
    size: "max",
  });
  return fc.record({ wishes, deprecated: rare, engine: rare });
}

function packageOf(size: Size, name: string): fc.Arbitrary<Package> {
  const own = fc.oneof(SHRINKS, often(3, "none" as const), often(5, "common" as const), {
    arbitrary: drawn(size, name),
    weight: 8,
  });
  const count = size.versions.length;
  return fc.record({
    common: drawn(size, name),
    own: fc.array(own, { minLength: count, maxLength: count }),
    next: fc.nat(count - 1),
  });
}

/** Always with a section: fields of text alone would be read as dependencies. */
const manifestOf = ({ wishes, deprecated, engine }: Drawn): Sections => ({
  ...((deprecated || engine) && { dependencies: {} }),
  ...sectionsOf(wishes),
  ...(deprecated && { deprecated: "use something else" }),
  ...(engine && { engines: { node: ">=90" } }),
});

/** Fewer than it was drawn with: npm refuses to override what the project itself asks for. */
function overridesOf(rules: readonly Wish[], asks: Sections, scopes: readonly (string | undefined)[]): Project {
  const overrides: Record<string, string | Record<string, string>> = {};
  const direct = Object.values(FIELD).flatMap((field) => Object.keys((asks[field] as object | undefined) ?? {}));
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
  const asks = fc.array(wish(size, { own: "", sections: ["prod", "dev", "optional", "peer", "peerOptional"] }), {
    minLength: 1,
    maxLength: size.asks.project,
    size: "max",
  });
  const rules = fc.oneof(
    SHRINKS,
    { arbitrary: fc.constant([]), weight: 3 },
    { arbitrary: fc.array(wish(size, { own: "", sections: ["prod"] }), { maxLength: 2 }), weight: 1 },
  );
  const scopes = fc.array(fc.option(fc.constantFrom(...size.names), { nil: undefined }), {
    minLength: 2,
    maxLength: 2,
  });
  return fc.tuple(asks, rules, scopes).map(([wishes, own, scope]) => {
    const sections = sectionsOf(wishes);
    return { ...sections, ...overridesOf(own, sections, scope) };
  });
}

/** `latest` is the highest release, or the highest of all; `next` any version. */
function tagsOf(versions: readonly string[], next: string): Record<string, string> {
  const sorted = [...versions].sort(compare);
  const latest = sorted.filter((version) => !prerelease(version)).at(-1) ?? sorted.at(-1);
  return latest === undefined ? {} : { latest, ...(versions.includes(next) && { next }) };
}

/** A registry and a project. */
export function told(size: Size): fc.Arbitrary<Told> {
  const { names, versions } = size;
  const packages = fc.tuple(...names.map((name) => packageOf(size, name)));
  return fc.tuple(packages, projectOf(size)).map(([drawnPackages, project]) => {
    const told: Record<string, Sections> = {};
    const tags: Record<string, Record<string, string>> = {};
    drawnPackages.forEach(({ common, own, next }, at) => {
      const name = names[at] as string;
      own.forEach((each, index) => {
        if (each !== "none") told[`${name}@${versions[index]}`] = manifestOf(each === "common" ? common : each);
      });
      const there = Object.keys(told)
        .map(splitId)
        .filter((id) => id.name === name);
      const named = tagsOf(
        there.map(({ version }) => version),
        versions[next] as string,
      );
      if (there.length > 0) tags[name] = named;
    });
    return { packages: told, tags, project };
  });
}
