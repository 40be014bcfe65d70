import type { ResolveOptions } from "../../src/api/resolve.ts";

/** A generated project and registry of a certain size. */
export interface World {
  /** The project's package.json. */
  readonly project: Readonly<Record<string, unknown>>;
  /** The manifests by package and version, without name and version. */
  readonly packages: ReadonlyMap<string, Readonly<Record<string, object>>>;
  readonly options?: ResolveOptions;
}

type Versions = Record<string, object>;
type Specs = Record<string, string>;

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
const world = (project: object, packages: Readonly<Record<string, Versions>>, options: ResolveOptions = {}): World => ({
  project: { name: "project", version: "1.0.0", ...project },
  packages: new Map(Object.entries(packages)),
  options,
});
/** Returns versions 1.0.0 to 1.`count - 1`.0. */
const minors = (count: number, manifest: (at: number) => object = () => ({})): Versions =>
  Object.fromEntries(range(count).map((at) => [`1.${at}.0`, manifest(at)]));
/** Returns versions 1.0.0 to `count`.0.0. */
const majors = (count: number, manifest: (at: number) => object = () => ({})): Versions =>
  Object.fromEntries(range(count).map((at) => [`${at + 1}.0.0`, manifest(at + 1)]));
const specs = (count: number, entry: (at: number) => [name: string, spec: string]): Specs =>
  Object.fromEntries(range(count).map(entry));
const needs = (dependencies: Specs): { dependencies: Specs } => ({ dependencies });

/** A range of every second version, as one piece each. */
const pieces = (count: number, parity: number): string =>
  range(count)
    .map((at) => `1.${2 * at + parity}.0`)
    .join(" || ");

/** Worst cases of the flat strategy, by the phase that they strain. `size` is the number of the things that the title names. */
export const WORST_CASES: Readonly<Record<string, (size: number) => World>> = {
  "a solvable range of many pieces": (size) =>
    world(needs({ q: pieces(size, 0), p: "*" }), {
      q: minors(2 * size),
      p: minors(2, () => needs({ q: pieces(size, 0) })),
    }),
  "two ranges of many pieces without a common version": (size) =>
    world(needs({ q: pieces(size, 0), p: "*" }), {
      q: minors(2 * size),
      p: minors(2, () => needs({ q: pieces(size, 1) })),
    }),
  "a range of many pieces that matches nothing": (size) =>
    world(needs({ p: "*" }), {
      q: majors(size),
      p: minors(2, () => needs({ q: pieces(size, 1) })),
    }),
  "a range of many pieces that matches prereleases only": (size) =>
    world(needs({ p: "*" }), {
      q: Object.fromEntries(range(size).map((at) => [`1.${2 * at + 1}.0-rc.1`, {}])),
      p: minors(2, () => needs({ q: pieces(size, 1) })),
    }),
  "a range of many pieces below a date": (size) =>
    world(
      needs({ p: "*" }),
      { q: minors(2 * size), p: minors(2, () => needs({ q: pieces(size, 1) })) },
      { before: "2020-01-01T00:00:00.000Z" },
    ),
  "versions that each want another version": (size) =>
    world(needs({ p: "*", q: "0.1.0" }), {
      p: minors(size, (at) => needs({ q: `${at + 1}.0.0` })),
      q: { "0.1.0": {}, ...majors(size) },
    }),
  "versions that each want a missing version": (size) =>
    world(needs({ p: "*" }), { p: minors(size, (at) => needs({ q: `${at + 1}.0.0` })), q: { "0.1.0": {} } }),
  "versions that each want a missing package": (size) =>
    world(needs({ p: "*" }), { p: minors(size, (at) => needs({ [`missing-${at}`]: "1.0.0" })) }),
  "versions that each want another package": (size) =>
    world(needs({ p: "*", q: "1.0.0" }), {
      p: minors(size, (at) => needs({ [`r${at}`]: "1.0.0" })),
      q: majors(2),
      ...Object.fromEntries(range(size).map((at) => [`r${at}`, { "1.0.0": needs({ q: "2.0.0" }) }])),
    }),
  "versions that each want other lines of one package": (size) =>
    world(needs({ p: "*", q: "0.1.0" }), {
      p: minors(size, (at) => needs({ q: `^${at + 1}.0.0 || ^${at + 2}.0.0` })),
      q: { "0.1.0": {}, ...majors(size + 1) },
    }),
  "equal needs of every second version": (size) =>
    world(needs({ p: "*", q: "1.0.0" }), {
      p: minors(2 * size, (at) => needs(at % 2 ? { q: "2.0.0", [`x${at}`]: "*" } : { q: "3.0.0", [`x${at}`]: "*" })),
      q: majors(3),
    }),
  "many direct dependencies": (size) =>
    world(
      needs(specs(size, (at) => [`p${at}`, "*"])),
      Object.fromEntries(range(size).map((at) => [`p${at}`, minors(2)])),
    ),
  "many direct dependencies and a conflict at the end": (size) =>
    world(needs({ q: "1.0.0", ...specs(size, (at) => [`p${at}`, "*"]) }), {
      ...Object.fromEntries(range(size).map((at) => [`p${at}`, minors(2)])),
      [`p${size - 1}`]: minors(2, () => needs({ q: "2.0.0" })),
      q: majors(2),
    }),
  "a package with many dependencies": (size) =>
    world(needs({ p: "*" }), {
      p: minors(2, () => needs(specs(size, (at) => [`p${at}`, "*"]))),
      ...Object.fromEntries(range(size).map((at) => [`p${at}`, minors(2)])),
    }),
  "a package with many dependencies that are all needed for a conflict": (size) =>
    world(needs({ p: "*" }), {
      p: minors(1, () => needs(specs(size, (at) => [`p${at}`, "*"]))),
      ...Object.fromEntries(
        range(size).map((at) => [
          `p${at}`,
          majors(2, (v) => needs({ [`p${(at + 1) % size}`]: `${at === 0 ? 3 - v : v}.0.0` })),
        ]),
      ),
    }),
  "a deep chain": (size) =>
    world(needs({ p0: "*" }), {
      ...Object.fromEntries(range(size).map((at) => [`p${at}`, minors(2, () => needs({ [`p${at + 1}`]: "*" }))])),
      [`p${size}`]: minors(1),
    }),
  "a deep chain that ends at a missing package": (size) =>
    world(
      needs({ p0: "*" }),
      Object.fromEntries(range(size).map((at) => [`p${at}`, minors(2, () => needs({ [`p${at + 1}`]: "*" }))])),
    ),
  "a deep chain whose versions differ": (size) =>
    world(
      needs({ p0: "*" }),
      Object.fromEntries(
        range(size).map((at) => [`p${at}`, majors(4, (version) => needs({ [`p${at + 1}`]: `${version}.0.0` }))]),
      ),
    ),
  "many deprecated versions": (size) =>
    world(needs({ p: "*", ...specs(20, (at) => [`d${at}`, "*"]) }), {
      p: minors(size, () => ({ deprecated: "old" })),
      ...Object.fromEntries(range(20).map((at) => [`d${at}`, minors(2, () => needs({ p: `<1.${size - at}.0` }))])),
    }),
  "many versions with their own manifests, chosen again": (size) =>
    world(needs({ p: "*", q: "1.0.0" }), {
      p: minors(size, (at) =>
        needs({ q: at < size - 1 ? "1.0.0" : "2.0.0", [`r${at % 7}`]: `>=1.${at % 2}.0`, x: `<=${at + 1}.0.0` }),
      ),
      x: majors(2),
      q: majors(2),
      ...Object.fromEntries(range(7).map((at) => [`r${at}`, minors(2)])),
    }),
  "many aliases under one name": (size) =>
    world(
      needs(specs(size, (at) => [`p${at}`, "*"])),
      {
        ...Object.fromEntries(
          range(size).map((at) => [
            `p${at}`,
            minors(1, () => needs({ a: `npm:b${at % 100}@${at % 2 ? "*" : "^1.0.0"}` })),
          ]),
        ),
        ...Object.fromEntries(range(100).map((at) => [`b${at}`, minors(3)])),
      },
      { relax: "copies" },
    ),
  "many optional peers on one package": (size) =>
    world(needs({ ...specs(size, (at) => [`p${at}`, "*"]), q: "*" }), {
      ...Object.fromEntries(
        range(size).map((at) => [
          `p${at}`,
          minors(1, () => ({
            peerDependencies: { q: `<${at + 2}.0.0` },
            peerDependenciesMeta: { q: { optional: true } },
          })),
        ]),
      ),
      q: majors(size),
    }),
  "many optional dependencies that do not fit": (size) =>
    world(needs({ q: "1.0.0", ...specs(size, (at) => [`p${at}`, "*"]) }), {
      ...Object.fromEntries(
        range(size).map((at) => [`p${at}`, minors(1, () => ({ optionalDependencies: { [`o${at}`]: "*" } }))]),
      ),
      ...Object.fromEntries(range(size).map((at) => [`o${at}`, minors(2, () => needs({ q: "2.0.0" }))])),
      q: majors(2),
    }),
  "many peers that are relaxed": (size) =>
    world(
      needs({ q: "1.0.0", ...specs(size, (at) => [`p${at}`, "*"]) }),
      {
        ...Object.fromEntries(
          range(size).map((at) => [`p${at}`, minors(1, () => ({ peerDependencies: { q: "2.0.0" } }))]),
        ),
        q: majors(2),
      },
      { relax: "peers" },
    ),
  "many lines of one package": (size) =>
    world(
      needs({ ...specs(size, (at) => [`p${at}`, "*"]) }),
      {
        ...Object.fromEntries(range(size).map((at) => [`p${at}`, minors(1, () => needs({ q: `^${at + 1}.0.0` }))])),
        q: majors(size),
      },
      { relax: "copies" },
    ),
  "choices between many lines": (size) =>
    world(
      needs({ q: "1.0.0", ...specs(size, (at) => [`p${at}`, "*"]) }),
      {
        ...Object.fromEntries(range(size).map((at) => [`p${at}`, minors(1, () => needs({ q: `>=${at + 2}.0.0` }))])),
        q: majors(size + 1),
      },
      { relax: "copies" },
    ),
  "copies below copies": (size) =>
    world(
      needs({ p0: "1.0.0", ...specs(size, (at) => [`q${at}`, "*"]) }),
      {
        ...Object.fromEntries(
          range(20).map((at) => [
            `p${at}`,
            majors(2, (version) => needs(at < 19 ? { [`p${at + 1}`]: `${version}.0.0` } : {})),
          ]),
        ),
        ...Object.fromEntries(range(size).map((at) => [`q${at}`, minors(1, () => needs({ p0: "2.0.0" }))])),
      },
      { relax: "copies" },
    ),
  "overrides of many versions": (size) =>
    world(
      { ...needs({ o: "*", r: "1.0.0" }), overrides: { "p@<1.1.0": { q: "1.0.0" } } },
      {
        o: minors(2, () => needs({ p: "*" })),
        p: minors(size, (at) => needs({ q: "2.0.0", x: `<=${at + 1}.0.0` })),
        x: majors(2),
        q: majors(2, () => needs({ r: "2.0.0" })),
        r: majors(2),
      },
    ),
  "versions ruled out one by one": (size) =>
    world(needs({ p: "*", r: "1.0.0" }), {
      p: minors(2 * size, (at) => needs(at % 2 ? { [`q${at}`]: "*" } : { r: "2.0.0" })),
      ...Object.fromEntries(range(2 * size).map((at) => [`q${at}`, minors(1, () => needs({ r: "2.0.0" }))])),
      r: majors(2),
    }),
};

/** Generates a random 3-SAT problem: packages with two versions each, and clauses that three of them cannot break together. */
export function satWorld(variables: number, ratio = 4.26, seed = 1): World {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
  const clauses = range(Math.round(variables * ratio)).map(() =>
    range(3).map(() => [random(variables), 1 + random(2)]),
  );
  return world(
    needs({ ...specs(variables, (at) => [`v${at}`, "*"]), ...specs(clauses.length, (at) => [`c${at}`, "*"]) }),
    {
      ...Object.fromEntries(range(variables).map((at) => [`v${at}`, majors(2)])),
      ...Object.fromEntries(
        clauses.map((literals, at) => [
          `c${at}`,
          Object.fromEntries(
            literals.map(([variable, value], choice) => [
              `${choice + 1}.0.0`,
              needs({ [`v${variable}`]: `${value}.0.0` }),
            ]),
          ),
        ]),
      ),
    },
  );
}
