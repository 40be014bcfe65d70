import { expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { type FakeRegistry, fakeRegistry } from "../support/fake-registry.ts";
import { PLACEHOLDER } from "../support/registry/snapshot.ts";
import { fakeTarball } from "../support/tarball.ts";
import { resolveIn } from "../support/tree.ts";

type Files = Record<string, unknown>;

/** Returns the warnings of a resolution, and the files with its new lock. */
async function resolve(
  registry: FakeRegistry,
  files: Files,
  options: ResolveOptions = {},
): Promise<{ warnings: readonly Failure[]; files: Files }> {
  const texts = Object.fromEntries(
    Object.entries(files).map(([path, value]) => [path, typeof value === "string" ? value : JSON.stringify(value)]),
  );
  const { warnings, files: written } = await resolveIn(registry, texts, options);
  return { warnings, files: { ...files, ...written } };
}

const codes = (warnings: readonly Failure[]): string[] => warnings.map(({ code }) => code);

const ALIKE = fakeRegistry({
  "JSONStream@1.3.5": {},
  "jsonstream@1.0.3": {},
  "a@1.0.0": { JSONStream: "1", jsonstream: "1" },
  "b@1.0.0": { jsonstream: "1" },
  "c@1.0.0": { dependencies: { JSONStream: "1", x: "1" }, optionalDependencies: { x: "1" } },
  "x@1.0.0": {},
});

test.each([
  ["two dependencies", { dependencies: { JSONStream: "^1.3.5", jsonstream: "^1.0.3" } }, "JSONStream", "the project"],
  [
    "two sections",
    { dependencies: { jsonstream: "1" }, devDependencies: { JSONStream: "1" } },
    "jsonstream",
    "the project",
  ],
  ["a dependency's own", { dependencies: { a: "1" } }, "JSONStream", "a@1.0.0"],
])("names that differ in case only: %s", async (_, manifest, dropped, by) => {
  const { warnings } = await resolve(ALIKE, { "package.json": manifest });
  expect(warnings).toMatchObject([{ code: "ENAMESALIKE", package: dropped }]);
  expect(warnings[0]!.message).toContain(`${by} requires both`);
});

test("names of one key that are both installed, and one name in two sections, give no warning", async () => {
  const dependencies = { JSONStream: "1", b: "1", c: "1" };
  expect((await resolve(ALIKE, { "package.json": { dependencies } })).warnings).toEqual([]);
});

/** A registry of `core`, whose tarball has the given files, and of `gauge`. */
function bundling(files: Files): FakeRegistry {
  const manifest = { bundleDependencies: ["npmlog"], dependencies: { npmlog: "7.0.1" } };
  const { bytes, integrity } = fakeTarball({
    "package.json": { name: "core", version: "1.0.0", ...manifest },
    ...files,
  });
  const dist = { tarball: `${PLACEHOLDER}core/-/core-1.0.0.tgz`, integrity };
  return fakeRegistry(
    { "core@1.0.0": { ...manifest, dist }, "gauge@5.0.2": {}, "gauge@4.0.0": {}, "npmlog@7.0.1": {} },
    { tarballs: { "core/-/core-1.0.0.tgz": bytes } },
  );
}

const NPMLOG = { name: "npmlog", version: "7.0.1", dependencies: { gauge: "^5" } };
const GAUGE = { "node_modules/npmlog/node_modules/gauge/package.json": { name: "gauge", version: "5.0.2" } };

test.each<[string, Files, object, string[]]>([
  ["complete", { "node_modules/npmlog/package.json": NPMLOG, ...GAUGE }, {}, []],
  [
    "it lacks a dependency",
    { "node_modules/npmlog/package.json": NPMLOG },
    {},
    ["npmlog@7.0.1, which requires gauge@^5"],
  ],
  ["the project has the dependency", { "node_modules/npmlog/package.json": NPMLOG }, { gauge: "5" }, []],
  ["the project has another version", { "node_modules/npmlog/package.json": NPMLOG }, { gauge: "4" }, ["gets gauge@4"]],
  ["it is empty", {}, {}, ["core@1.0.0 bundles npmlog, but the tarball lacks it"]],
  [
    "an optional dependency",
    {
      "node_modules/npmlog/package.json": { ...NPMLOG, dependencies: {}, optionalDependencies: { gauge: "^5" } },
    },
    {},
    [],
  ],
])("a bundle: %s", async (_, files, more, texts) => {
  const registry = bundling(files);
  const first = await resolve(registry, { "package.json": { dependencies: { core: "1.0.0", ...more } } });
  expect(codes(first.warnings)).toEqual(texts.map(() => "EINCOMPLETEBUNDLE"));
  for (const [at, text] of texts.entries()) expect(first.warnings[at]!.message).toContain(text);
});

test("the next run completes a bundle, and no longer warns", async () => {
  const registry = bundling({ "node_modules/npmlog/package.json": NPMLOG });
  const first = await resolve(registry, { "package.json": { dependencies: { core: "1.0.0" } } });
  const second = await resolve(registry, first.files);
  expect(second.warnings).toEqual([]);
  expect(second.files["package-lock.json"]).toContain("node_modules/gauge");
});

const DM = fakeRegistry({ "h@10.0.0": { dm: "^7" }, "dm@7.1.0": {}, "dm@8.0.0": {} });
const WORKSPACE = { "package.json": { workspaces: ["w"] }, "w/package.json": { name: "w", dependencies: { h: "10" } } };
const PLAIN = { "package.json": { dependencies: { h: "10" } } };

test.each<[string, Files, object, string[]]>([
  ["in a workspace", WORKSPACE, { dm: "8.0.0" }, ["ELOCKEDOVERRIDE"]],
  ["in a workspace, nested", WORKSPACE, { h: { dm: "8.0.0" } }, ["ELOCKEDOVERRIDE"]],
  ["in a workspace, and it fits", WORKSPACE, { dm: "7.1.0" }, []],
  ["in a workspace, for another range", WORKSPACE, { "dm@^6": "8.0.0" }, []],
  ["in a workspace, for another name", WORKSPACE, { x: "8.0.0" }, []],
  ["in the project: npm applies it", PLAIN, { dm: "8.0.0" }, []],
])("an override that was added after the lock: %s", async (_, files, overrides, expected) => {
  const first = await resolve(DM, files);
  const manifest = { ...(files["package.json"] as object), overrides };
  const second = await resolve(DM, { ...first.files, "package.json": manifest });
  expect(codes(second.warnings)).toEqual(expected);
  const lock = JSON.parse(second.files["package-lock.json"] as string) as { packages: Record<string, Failure> };
  const got = (lock.packages["node_modules/dm"] as unknown as { version: string }).version;
  if (expected.length > 0)
    expect([got, second.warnings[0]!.message]).toEqual(["7.1.0", expect.stringContaining("h@10.0.0")]);
  const fresh = await resolve(DM, { ...files, "package.json": manifest });
  expect(fresh.warnings).toEqual([]);
});

test.each<[string, Record<string, string>, ResolveOptions, string | null]>([
  ["no times", {}, { minReleaseAge: 7 }, "a@1.1.0, b@1.0.0"],
  ["some times", { "a@1.1.0": "2020-01-01T00:00:00.000Z" }, { minReleaseAge: 7 }, "b@1.0.0"],
  ["all excluded", {}, { minReleaseAge: 7, minReleaseAgeExclude: ["*"] }, null],
  ["no limit", {}, {}, null],
])("the age of versions: %s", async (_, times, options, named) => {
  const registry = fakeRegistry({ "a@1.0.0": { b: "1" }, "a@1.1.0": { b: "1" }, "b@1.0.0": {} }, { times });
  for (const strategy of ["npm", "flat"] as const) {
    const { warnings } = await resolve(
      registry,
      { "package.json": { dependencies: { a: "1" } } },
      { ...options, strategy },
    );
    expect(codes(warnings)).toEqual(named === null ? [] : ["EUNKNOWNAGE"]);
    if (named !== null) expect(warnings[0]!.message).toContain(`The age of ${named} is unknown`);
  }
});
