import { WORST_CASES, type World } from "../../flat/worst-cases.ts";
import { type HostileCase, members, packument, range, resolving, resolvingProject } from "./case.ts";

type Documents = Record<string, string>;

const documentsOf = (count: number, manifest: (at: number) => object, versions = ["1.0.0"]): Documents =>
  Object.fromEntries(
    range(count).map((at) => [
      `p${at}`,
      packument(`p${at}`, Object.fromEntries(versions.map((version) => [version, manifest(at)]))),
    ]),
  );

const peersOf = (title: string, count: number, peers: (at: number) => object, versions?: string[]): HostileCase => ({
  group: "peers",
  title,
  prepare: () =>
    resolvingProject(
      { dependencies: { p0: "*" } },
      documentsOf(count, (at) => ({ peerDependencies: peers(at) }), versions),
    ),
});

/** A random formula of clauses of three variables, as packages: each variable has two versions, each clause three. */
function formula(variables: number, clauses: number): Documents {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const documents: Documents = {};
  for (const at of range(variables)) documents[`v${at}`] = packument(`v${at}`, { "1.0.0": {}, "2.0.0": {} });
  for (const at of range(clauses)) {
    const literal = (): object => ({ dependencies: { [`v${random(variables)}`]: `${1 + random(2)}.0.0` } });
    documents[`c${at}`] = packument(`c${at}`, { "1.0.0": literal(), "2.0.0": literal(), "3.0.0": literal() });
  }
  return documents;
}

const FLAT = { strategy: "flat" } as const;
const ofFlat = (group: string, title: string, dependencies: () => object, documents: () => Documents): HostileCase => ({
  group,
  title,
  prepare: () => resolvingProject({ dependencies: dependencies() }, documents(), FLAT),
});
/** A worst case that the tests of the flat strategy count too. */
const ofWorld = (group: string, title: string, size: number): HostileCase => ({
  group,
  title: `${title} (${size})`,
  prepare: () => {
    const { project, packages, options } = (WORST_CASES[title] as (size: number) => World)(size);
    const documents = [...packages].map(([name, versions]) => [name, packument(name, versions)]);
    return resolvingProject(project, Object.fromEntries(documents), { ...FLAT, ...options });
  },
});
const majors = (count: number): object => Object.fromEntries(range(count).map((at) => [`${at + 1}.0.0`, {}]));

export const TREE_CASES: readonly HostileCase[] = [
  peersOf("14 packages that are peers of each other", 14, (own) =>
    members(14, (at) => [`p${at === own ? 0 : at}`, "*"]),
  ),
  peersOf("40 packages that are peers of each other", 40, (own) =>
    members(40, (at) => [`p${at === own ? 0 : at}`, "*"]),
  ),
  peersOf("a chain of 1,000 peers", 1000, (at) => (at < 999 ? { [`p${at + 1}`]: "*" } : {})),
  peersOf("a package with 2,000 peers", 2001, (at) => (at === 0 ? members(2000, (to) => [`p${to + 1}`, "*"]) : {})),
  peersOf(
    "10 rings of peers with two versions",
    30,
    (at) => ({ [`p${(at + 1) % 30}`]: `${1 + (at % 2)}`, [`p${(at + 7) % 30}`]: "*" }),
    ["1.0.0", "2.0.0"],
  ),

  ofFlat(
    "solver",
    "a formula of 130 packages",
    () => members(100, (at) => [`c${at}`, "*"]),
    () => formula(30, 100),
  ),
  ofFlat(
    "solver",
    "a formula of 600 packages",
    () => members(500, (at) => [`c${at}`, "*"]),
    () => formula(120, 500),
  ),
  ofFlat(
    "solver",
    "a chain of 3,000 packages",
    () => ({ p0: "*" }),
    () => documentsOf(3000, (at) => ({ dependencies: { [`p${at + 1}`]: "*" } })),
  ),
  ofWorld("solver", "versions that each want another version", 2000),
  ofWorld("hints", "two ranges of many pieces without a common version", 1000),
  ofWorld("hints", "versions that each want a missing version", 4000),
  ofWorld("hints", "many direct dependencies and a conflict at the end", 1000),

  {
    group: "why",
    title: "a lattice of 20 layers of 10 packages",
    prepare: async () => {
      const below = (at: number): object =>
        at < 190 ? members(10, (to) => [`p${(Math.floor(at / 10) + 1) * 10 + to}`, "*"]) : {};
      const documents = documentsOf(200, (at) => ({ dependencies: below(at) }));
      const work = await resolvingProject({ dependencies: members(10, (at) => [`p${at}`, "*"]) }, documents);
      const resolution = (await work(new AbortController().signal)) as { why(name: string): unknown };
      return async () => resolution.why("p199");
    },
  },
  {
    group: "why",
    title: "a package that 3,000 others need",
    prepare: async () => {
      const documents = documentsOf(3000, () => ({ dependencies: { common: "*" } }));
      const work = await resolvingProject({ dependencies: members(3000, (at) => [`p${at}`, "*"]) }, documents);
      const resolution = (await work(new AbortController().signal)) as { why(name: string): unknown };
      return async () => resolution.why("common");
    },
  },
  {
    group: "writing",
    title: "a lock of 10,000 packages",
    prepare: () => resolvingProject({ dependencies: members(10_000, (at) => [`p${at}`, "*"]) }),
  },
  {
    group: "writing",
    title: "a copy in each of 300 packages",
    prepare: () => {
      const documents = documentsOf(300, (at) => ({ dependencies: { q: `${at + 1}.0.0` } }));
      documents["q"] = packument("q", majors(300) as Record<string, object>);
      return resolvingProject({ dependencies: members(300, (at) => [`p${at}`, "*"]) }, documents);
    },
  },

  ...globCases(),
];

function globCases(): HostileCase[] {
  const ofGlob = (title: string, patterns: () => string[], paths: () => string[] = () => ["x"]): HostileCase => ({
    group: "glob",
    title,
    prepare: () => {
      const found = paths().map((path, at) => [`${path}/package.json`, `{"name":"w${at}"}`]);
      return resolving({ "package.json": JSON.stringify({ workspaces: patterns() }), ...Object.fromEntries(found) });
    },
  });
  const deep = (): string[] => range(20).map((at) => `${"b/".repeat(10)}${at}`);
  const wide = (): string[] => range(5000).map((at) => `packages/p${at}`);
  return [
    ofGlob("**/ × 1,300", () => [`${"**/".repeat(1300)}y`], deep),
    ofGlob(
      "**/a/ × 800, in folders 500 deep",
      () => [`${"**/a/".repeat(800)}y`],
      () => [`${"a/".repeat(500)}x`],
    ),
    ofGlob(
      "*a × 2,000",
      () => [`${"*a".repeat(2000)}b`],
      () => ["a".repeat(4000)],
    ),
    ofGlob("an opened brace and 30,000 commas", () => [`{${",".repeat(30_000)}`]),
    ofGlob("{a,b} × 30", () => ["{a,b}".repeat(30)]),
    ofGlob("10,000 patterns, 5,000 folders", () => range(10_000).map((at) => `packages/p${at}`), wide),
    ofGlob("1,000 patterns with stars, 5,000 folders", () => range(1000).map((at) => `packages/*p*${at}*`), wide),
  ];
}
