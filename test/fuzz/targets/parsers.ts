import { runToEnd } from "../../../src/base/run-to-end.ts";
import { InstallError } from "../../../src/errors/failure.ts";
import { edgeSpecs } from "../../../src/graph/edge-spec.ts";
import { Node } from "../../../src/graph/node.ts";
import { OverrideSet } from "../../../src/graph/overrides.ts";
import { SpecTable } from "../../../src/graph/spec-table.ts";
import { readLock } from "../../../src/lockfile/read-lock.ts";
import { parseYarnLock } from "../../../src/lockfile/yarn-lock.ts";
import { ProjectFiles } from "../../../src/project/files.ts";
import { glob } from "../../../src/project/glob.ts";
import { readPackageJson } from "../../../src/project/package-json.ts";
import { findWorkspaces, workspaceTest } from "../../../src/project/workspaces.ts";
import { indexPackument } from "../../../src/registry/condense.ts";
import { integrityOf } from "../../../src/registry/dist.ts";
import { platformFits } from "../../../src/registry/platform.ts";
import { engineFits, type PickPolicy, selectVersion } from "../../../src/registry/select-version.ts";
import { npmRules } from "../../../src/spec/npm-rules.ts";
import { packageNameProblem } from "../../../src/spec/package-name.ts";
import { parseRange, rangesIntersect, testRange } from "../../../src/spec/range.ts";
import { parseArg, parseSpec } from "../../../src/spec/spec.ts";
import { cleanVersion, parseVersion } from "../../../src/spec/version.ts";
import { RangeTable } from "../../../src/spec/version-range.ts";
import { parseIntegrity } from "../../../src/tarball/integrity.ts";
import { PLATFORM } from "../../conformance/recorded.ts";
import { planFromLock } from "../../support/plan-from-lock.ts";
import { mutateJson } from "../json-mutation.ts";
import { BrokenLaw, faultOf } from "../laws.ts";
import type { Random } from "../random.ts";
import { npmWorlds, randomWorlds, YARN } from "../seeds.ts";
import type { Target } from "../target.ts";
import { mutateText } from "../text-mutation.ts";
import { isTree, type Tree, type Value } from "../value.ts";
import { LOCK_WORDS, MANIFEST_WORDS, PACKUMENT_WORDS, SPECS, YARN_WORDS } from "../words.ts";

// Parsers by themselves, which read thousands of inputs a second. The targets of whole resolutions read some hundreds.

const worlds = [...randomWorlds, ...npmWorlds];
const encoder = new TextEncoder();

/** Runs a function. Its coded failures are checked and forgotten, so that the next one runs too. */
async function attempt(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    const fault = faultOf(error.failure);
    if (fault) throw new BrokenLaw(fault);
  }
}

const documents: Value[] = [];
for (const { packuments } of worlds)
  for (const text of Object.values(packuments)) if (text.length < 6000) documents.push(JSON.parse(text) as Value);

const policyOf = (before: number | null): PickPolicy => ({
  ranges: new RangeTable(),
  before,
  nodeVersion: PLATFORM.node,
  npmVersion: PLATFORM.npm,
});

/** The document of a package: its record, its versions and its manifests. */
export const document: Target = {
  name: "document",
  perTest: 1000,
  make: (random: Random): Value => mutateJson(random.pick(documents), random, PACKUMENT_WORDS),
  async run(input) {
    const packument = indexPackument("a", encoder.encode(input as string));
    const keys = packument.versionKeys();
    const read = [() => packument.distTags, () => packument.restrictedVersions, () => packument.sorted()];
    for (const one of read) await attempt(one);
    for (const key of keys.slice(0, 20)) {
      await attempt(() => packument.time(key));
      await attempt(() => useManifest(packument.manifest(key)));
    }
    for (const policy of [policyOf(null), policyOf(1_600_000_000_000)])
      for (const spec of ["*", "^1.0.0", "latest", "1.0.0", "", "x"])
        await attempt(() => {
          const picked = selectVersion(packument, spec, policy);
          if (picked.ok) return;
          const fault = faultOf(picked.failure);
          if (fault) throw new BrokenLaw(fault);
        });
  },
};

/** Uses the parts of a manifest that decide a tree. */
function useManifest(
  manifest: ReturnType<typeof readPackageJson> extends infer T
    ? (T extends { manifest: infer M } ? M : never) | undefined
    : never,
): void {
  if (!manifest) return;
  edgeSpecs(manifest, { dev: true, peers: true });
  edgeSpecs(manifest, { dev: false, peers: false });
  platformFits(manifest, { os: "linux", cpu: "x64", libc: "glibc" });
  engineFits(manifest, policyOf(null));
  integrityOf(manifest.dist);
}

const manifests: Value[] = [];
for (const { files } of worlds)
  for (const [path, text] of Object.entries(files))
    if (path.endsWith("package.json") && typeof text === "string" && text.length < 6000 && isJson(text))
      manifests.push(JSON.parse(text) as Value);

function isJson(text: string): boolean {
  try {
    return isTree(JSON.parse(text));
  } catch {
    return false;
  }
}

/** A package.json: its dependencies and their specs, its overrides and workspaces. */
export const manifest: Target = {
  name: "manifest",
  perTest: 2000,
  make: (random: Random): Value => mutateJson(random.pick(manifests), random, MANIFEST_WORDS),
  async run(input) {
    const other = JSON.stringify({ name: "w", version: "1.0.0" });
    const files = new ProjectFiles(
      { "package.json": input as string, "packages/w/package.json": other, "bin/a": "" },
      "/p",
    );
    const read = readPackageJson(files, "/p");
    if (!read) throw new BrokenLaw("package.json is not found");
    useManifest(read.manifest);
    const specTable = new SpecTable({ legacyPeerDeps: false, installLinks: false, rules: npmRules("11.19.1") });
    const node = new Node({ specTable, name: "p", manifest: read.manifest });
    for (const { name, raw } of edgeSpecs(read.manifest, { dev: true, peers: true }).values())
      await attempt(() => specTable.parsed(name, raw, "/p"));
    void node.packageName;
    await attempt(() => runToEnd(findWorkspaces(read.manifest.workspaces, files, "/p")));
    await attempt(() => workspaceTest(read.manifest.workspaces)("packages/w"));
    await attempt(() => {
      const { overrides } = read.manifest;
      if (!isTree(overrides)) return;
      const set = new OverrideSet(overrides);
      for (const spec of edgeSpecs(read.manifest, { dev: true, peers: true }).values())
        set.ruleFor({ spec }, specTable);
    });
  },
};

/** Names, specs, versions, ranges, globs and hashes: texts that occur in every kind of file. */
export const spec: Target = {
  name: "spec",
  perTest: 4000,
  make: (random: Random): Value => ({
    name: random.once(3) ? mutateText("@s/a", random, SPECS) : "a",
    text: mutateText(random.pick(SPECS), random, SPECS),
    other: random.pick(SPECS),
  }),
  async run(input) {
    const { name, text, other } = input as { name: string; text: string; other: string };
    packageNameProblem(name);
    const version = parseVersion(text);
    const range = parseRange(text);
    if (range && version) testRange(range, version);
    cleanVersion(text);
    rangesIntersect(text, other);
    parseIntegrity(text);
    integrityOf({ integrity: text, shasum: other });
    await attempt(() => parseSpec(name, text, "/p"));
    await attempt(() => parseArg(text, "/p"));
    await attempt(() => glob(text).matches(other));
    await attempt(() => glob(text, true).matches("packages/a"));
  },
};

const locks: Tree[] = [];
for (const { files } of worlds)
  for (const [path, text] of Object.entries(files))
    if (
      /(?:package-lock|npm-shrinkwrap)\.json$/.test(path) &&
      typeof text === "string" &&
      text.length < 6000 &&
      isJson(text)
    )
      locks.push(JSON.parse(text) as Tree);

/** A lock of npm, versions 1 to 4: as the start of a tree, and as the plan of an install. */
export const lockText: Target = {
  name: "lock-text",
  perTest: 1200,
  make(random: Random): Value {
    const data = { ...random.pick(locks) };
    if (random.once(3)) data["lockfileVersion"] = random.below(5);
    if (random.once(4)) delete data["packages"];
    return mutateJson(data, random, LOCK_WORDS);
  },
  async run(input) {
    const text = input as string;
    const files = new ProjectFiles({ "package-lock.json": text }, "/0/1/p");
    await attempt(() =>
      readLock({ files, root: "/0/1/p", manifest: { dependencies: { a: "*" } }, rules: npmRules("11.19.1") }),
    );
    await attempt(() => planFromLock(text, { platform: PLATFORM }));
  },
};

/** A yarn.lock. */
export const yarnText: Target = {
  name: "yarn-text",
  perTest: 5000,
  make: (random: Random): Value => mutateText(YARN, random, YARN_WORDS),
  run: (input) => void parseYarnLock(input as string),
};
