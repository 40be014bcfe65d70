import {
  type HostileCase,
  INTEGRITY,
  members,
  nested,
  packument,
  range,
  resolving,
  resolvingProject,
  type Versions,
} from "./case.ts";

const P = { dependencies: { a: "^1.0.0" } };
const versionsOf = (count: number, manifest: (at: number) => object = () => ({})): Versions =>
  Object.fromEntries(range(count).map((at) => [`1.0.${at}`, manifest(at)]));
const ofPackument = (title: string, text: () => string, options = {}): HostileCase => ({
  group: "packument",
  title,
  prepare: () => resolvingProject(P, { a: text() }, options),
});
const ofProject = (title: string, manifest: () => object): HostileCase => ({
  group: "package.json",
  title,
  prepare: () => resolvingProject(manifest()),
});
const ofText = (title: string, text: () => string): HostileCase => ({
  group: "package.json",
  title,
  prepare: () => resolving({ "package.json": text() }),
});
const ofSpec = (title: string, spec: () => string): HostileCase => ({
  group: "spec",
  title,
  prepare: () => resolvingProject({ dependencies: { a: spec() } }, { a: packument("a", versionsOf(2000)) }),
});
const ofNpmrc = (title: string, text: () => string): HostileCase => ({
  group: ".npmrc",
  title,
  prepare: () => resolving({ "package.json": JSON.stringify(P), ".npmrc": text() }),
});

export const METADATA_CASES: readonly HostileCase[] = [
  ofPackument("100,000 versions", () => packument("a", versionsOf(100_000))),
  ofPackument("20,000 deprecated versions", () =>
    packument(
      "a",
      versionsOf(20_000, () => ({ deprecated: "no" })),
    ),
  ),
  ofPackument("20,000 versions for another Node", () =>
    packument(
      "a",
      versionsOf(20_000, () => ({ engines: { node: "<1" } })),
    ),
  ),
  ofPackument("a version with 5,000 dependencies", () =>
    packument("a", { "1.0.0": { dependencies: members(5000, (at) => [`d${at}`, "*"]) } }),
  ),
  ofPackument("30,000 dist-tags", () =>
    packument("a", versionsOf(1), { "dist-tags": members(30_000, (at) => [`t${at}`, "1.0.0"]) }),
  ),
  ofPackument("100,000 dist-tags", () =>
    packument("a", versionsOf(1), { "dist-tags": members(100_000, (at) => [`t${at}`, "1.0.0"]) }),
  ),
  ofPackument(
    "20,000 publish times, all too young",
    () => packument("a", versionsOf(20_000), { time: members(20_000, (at) => [`1.0.${at}`, "2026-01-01T00:00:00Z"]) }),
    { before: "2020-01-01T00:00:00Z" },
  ),
  ofPackument("64 MB of text", () => packument("a", versionsOf(1), { readme: "x".repeat(64 << 20) })),
  ofPackument("a field nested 1,000,000 deep", () =>
    packument("a", versionsOf(1), { x: 0 }).replace('"x":0', `"x":${nested(1_000_000, "[", "", "]")}`),
  ),
  ofPackument("1,000,000 opened brackets", () => "[".repeat(1_000_000)),
  ofPackument("4,000,000 escapes", () => packument("a", versionsOf(1), { readme: '"'.repeat(4_000_000) })),

  ofProject("5,000 dependencies", () => ({ dependencies: members(5000, (at) => [`d${at}`, "*"]) })),
  ofProject("100,000 scripts", () => ({ scripts: members(100_000, (at) => [`s${at}`, "x"]) })),
  ofProject("10,000 commands", () => ({ bin: members(10_000, (at) => [`b${at}`, `./${at}`]) })),
  ofProject("100,000 commands", () => ({ bin: members(100_000, (at) => [`b${at}`, `./${at}`]) })),
  ofProject("100,000 bundled dependencies", () => ({ bundleDependencies: range(100_000).map((at) => `b${at}`) })),
  ofProject("10,000 overrides", () => ({ ...P, overrides: members(10_000, (at) => [`o${at}`, "1"]) })),
  ofProject("a name of 1,000,000 characters", () => ({ name: "n".repeat(1_000_000), ...P })),
  ofText("a field nested 1,000,000 deep", () => `{"x":${nested(1_000_000, "[", "", "]")}}`),
  ofText("overrides nested 20,000 deep", () => `{"overrides":${nested(20_000, '{"a":', '"1"', "}")}}`),
  ofText("bin nested 20,000 deep", () => `{"bin":${nested(20_000, "[", "", "]")}}`),
  {
    group: "package.json",
    title: "directories.bin with a folder 20,000 deep",
    prepare: () =>
      resolving({
        "package.json": '{"directories":{"bin":"cmd"}}',
        [`cmd/${"a/".repeat(20_000)}b`]: "",
      }),
  },

  ofSpec("a range of 10,000 alternatives", () =>
    range(10_000)
      .map((at) => `2.0.${at}`)
      .join(" || "),
  ),
  ofSpec("a range of 20,000 comparators", () => ">=1 ".repeat(20_000)),
  ofSpec("256 digits and a dot × 2,000", () => `${"1".repeat(256)}.`.repeat(2000)),
  ofSpec("256 digits and a dot × 40,000", () => `${"1".repeat(256)}.`.repeat(40_000)),
  ofSpec("a prerelease of 2,000,000 parts", () => `1.1.1-${"0.".repeat(2_000_000)}!`),
  ofSpec("60,000 blanks", () => `1${" ".repeat(30_000)}x`),
  ofSpec("npm: × 10,000", () => "npm:".repeat(10_000)),
  ofSpec("file: a//../ × 15,000", () => `file:${"a//../".repeat(15_000)}`),
  ofSpec("git@ × 50,000", () => `git+ssh://${"git@".repeat(50_000)}x/y.git`),
  ofSpec("a user and password of 1,000,000 characters", () => `https://${"u:".repeat(500_000)}@x.local/a.tgz`),

  ofNpmrc("a value with 60,000 blanks", () => `min-release-age=1\nmin-release-age-exclude=a${" ".repeat(30_000)}x`),
  ofNpmrc("a glob of 20,000 stars", () => `min-release-age=1\nmin-release-age-exclude=${"*a".repeat(20_000)}b`),
  ofNpmrc("100,000 lines", () =>
    range(100_000)
      .map((at) => `@s${at}:registry=http://registry.local/${at}/`)
      .join("\n"),
  ),
  ofNpmrc("a line of 5,000,000 backslashes", () => `registry=${"\\".repeat(5_000_000)}`),
  ofNpmrc("1,000,000 opened sections", () => "[".repeat(1_000_000)),

  ...lockCases(),
];

function lockCases(): HostileCase[] {
  const ofLock = (title: string, text: () => string, file = "package-lock.json"): HostileCase => ({
    group: "lock",
    title,
    prepare: () => resolving({ "package.json": JSON.stringify(P), [file]: text() }),
  });
  const entry = (name: string): object => ({
    version: "1.0.0",
    resolved: `http://registry.local/${name}/-/${name}-1.0.0.tgz`,
    integrity: INTEGRITY,
  });
  const lock = (packages: object): string => JSON.stringify({ lockfileVersion: 3, packages: { "": P, ...packages } });
  return [
    ofLock("50,000 packages", () => lock(members(50_000, (at) => [`node_modules/p${at}`, entry(`p${at}`)]))),
    ofLock("a package with 50,000 dependencies", () =>
      lock({ "node_modules/a": { ...entry("a"), dependencies: members(50_000, (at) => [`d${at}`, "*"]) } }),
    ),
    ofLock("locations 300 deep", () =>
      lock(members(300, (at) => [`node_modules/a${"/node_modules/a".repeat(at)}`, entry("a")])),
    ),
    ofLock("a location 20,000 deep", () => lock({ [`node_modules/a${"/node_modules/a".repeat(20_000)}`]: entry("a") })),
    ofLock("10,000 links to each other", () =>
      lock(members(10_000, (at) => [`node_modules/l${at}`, { link: true, resolved: `node_modules/l${at + 1}` }])),
    ),
    ofLock("a resolved of npm: × 10,000", () =>
      lock({ "node_modules/a": { version: "1.0.0", resolved: "npm:".repeat(10_000) } }),
    ),
    ofLock(
      "version 1, nested 10,000 deep",
      () =>
        `{"lockfileVersion":1,"dependencies":${nested(10_000, '{"a":{"version":"1.0.0","dependencies":', "{}", "}}")}}`,
    ),
    ofLock("100,000 conflict markers", () => "<<<<<<< a\n=======\n>>>>>>> b\n".repeat(33_000)),
    ofLock(
      "yarn.lock of 200,000 lines",
      () =>
        range(50_000)
          .map((at) => `p${at}@*:\n  version "1.0.0"\n\n`)
          .join("\n"),
      "yarn.lock",
    ),
    ofLock(
      "yarn.lock, npm: × 10,000",
      () => `a@1:\n  version "1.0.0"\n  resolved "${"npm:".repeat(10_000)}"\n`,
      "yarn.lock",
    ),
  ];
}
