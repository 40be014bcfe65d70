import { expect, test } from "vitest";
import { createInstaller } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf, failureOf, warned } from "../support/outcome.ts";
import { resolveManifest, tree } from "../support/tree.ts";

test.each([
  ["^1.0.0", "1.9.0"],
  ["~1.0.0", "1.0.5"],
  ["1.0.0", "1.0.0"],
  ["v1.0.0", "1.0.0"],
  ["1.x || 2.x", "2.0.0"],
  ["", "2.0.0"],
  ["*", "2.0.0"],
  ["latest", "2.0.0"],
  ["next", "3.0.0-rc.1"],
  [">=2", "2.0.0"],
  ["^3.0.0-rc.0", "3.0.0-rc.1"],
])("x@%j is %s", async (spec, version) => {
  const packages = { "x@1.0.0": {}, "x@1.0.5": {}, "x@1.9.0": {}, "x@2.0.0": {}, "x@3.0.0-rc.1": {} };
  const registry = fakeRegistry(packages, { tags: { x: { next: "3.0.0-rc.1" } } });
  expect(await tree(registry, { x: spec })).toBe(`x@${version}`);
});

test("latest is preferred to a higher version if the range allows it", async () => {
  const packages = { "x@1.0.0": {}, "x@1.1.0": {}, "x@1.2.0": {} };
  const registry = fakeRegistry(packages, { tags: { x: { latest: "1.1.0" } } });
  expect(await tree(registry, { x: "^1.0.0" })).toBe("x@1.1.0");
  expect(await tree(registry, { x: ">=1.2.0" })).toBe("x@1.2.0");
});

test("versions for this engine are preferred to newer ones, and deprecated ones come last", async () => {
  const registry = fakeRegistry({
    "x@1.0.0": { engines: { node: ">=18" } },
    "x@1.1.0": { engines: { node: ">=20" } },
    "x@1.2.0": { engines: { node: ">=99" } },
    "y@1.0.0": {},
    "y@1.1.0": { dependencies: {}, deprecated: "broken" },
    "z@1.0.0": { engines: { npm: ">=99" } },
    "z@1.1.0": { engines: { npm: ">=99" }, deprecated: "old" },
  });
  const resolution = await resolveManifest(registry, { dependencies: { x: "1", y: "1", z: "1" } });
  expect([...entriesOf(resolution)].map(([at, { version }]) => `${at} ${version}`).slice(1)).toEqual([
    "node_modules/x 1.1.0",
    "node_modules/y 1.0.0",
    "node_modules/z 1.0.0",
  ]);
  expect(warned(resolution)).toEqual(["EBADENGINE z"]);
});

test("an older engine changes the version that a range picks", async () => {
  const registry = fakeRegistry({ "x@1.0.0": {}, "x@1.1.0": { engines: { node: ">=20" } } });
  const platform = { ...PLATFORM, node: "18.0.0" };
  const { url, fetch } = registry;
  const installer = await createInstaller({ registry: url, fetch, platform, metadata: "full" });
  const files = { "package.json": '{ "dependencies": { "x": "1" } }' };
  expect((await installer.resolve({ files })).tree.get("node_modules/x")?.version).toBe("1.0.0");
  installer.dispose();
});

test("a deprecated package is a warning that names its dependents", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { x: "1" }, "x@1.0.0": { dependencies: {}, deprecated: "use y" } });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1" } });
  expect(resolution.warnings).toMatchObject([
    { code: "EDEPRECATED", package: "x", message: "x@1.0.0 is deprecated: use y", requiredBy: ["node_modules/a"] },
  ]);
  expect(entriesOf(resolution).get("node_modules/x")?.["deprecated"]).toBe("use y");
});

test("an alias has its own folder, beside that of the real package", async () => {
  const registry = fakeRegistry({ "x@1.0.0": {}, "x@2.0.0": {}, "@s/y@1.0.0": {} });
  const resolution = await resolveManifest(registry, {
    dependencies: { x: "2", old: "npm:x@1", y: "npm:@s/y", newest: "npm:x@latest" },
  });
  expect([...entriesOf(resolution)].slice(1).map(([at, entry]) => [at, entry["name"], entry["version"]])).toEqual([
    ["node_modules/newest", "x", "2.0.0"],
    ["node_modules/old", "x", "1.0.0"],
    ["node_modules/x", undefined, "2.0.0"],
    ["node_modules/y", "@s/y", "1.0.0"],
  ]);
});

test("as in npm, any package under the alias's name satisfies the alias if its version does", async () => {
  // npm compares versions only, so any package called `y` satisfies a.
  const registry = fakeRegistry({ "a@1.0.0": { y: "npm:x@1" }, "x@1.0.0": {}, "y@1.5.0": {} });
  expect(await tree(registry, { a: "1", y: "1" })).toBe("a@1.0.0\ny@1.5.0");
});

const dated = {
  "x@1.0.0": {},
  "x@1.1.0": {},
  "x@2.0.0": {},
};
const times = {
  "x@1.0.0": "2020-01-01T00:00:00Z",
  "x@1.1.0": "2021-01-01T00:00:00Z",
  "x@2.0.0": "2022-01-01T00:00:00Z",
};

test.each([
  ["^1.0.0", "2020-06-01", "1.0.0"],
  ["*", "2021-06-01", "1.1.0"],
  ["latest", "2021-06-01", "1.1.0"],
  ["*", "2023-01-01", "2.0.0"],
])("x@%s before %s is %s", async (spec, before, version) => {
  expect(await tree(fakeRegistry(dated, { times }), { x: spec }, { before })).toBe(`x@${version}`);
  expect(await tree(fakeRegistry(dated, { times }), { x: spec }, { before: new Date(before) })).toBe(`x@${version}`);
});

test("a date before the first version: ENOVERSIONS, and the only way out is the date", async () => {
  const registry = fakeRegistry(dated, { times });
  const none = await failureOf(tree(registry, { x: "*" }, { before: "2019-01-01" }));
  expect(none).toMatchObject({ code: "ENOVERSIONS", package: "x", requiredBy: [""] });
  expect(none.wayOut).toEqual([expect.objectContaining({ kind: "option", option: "before" })]);
  const exact = await failureOf(tree(registry, { x: "2.0.0" }, { before: "2021-06-01" }));
  expect(exact).toMatchObject({ code: "ETARGET", package: "x", spec: "2.0.0" });
  expect(exact.wayOut).toContainEqual(expect.objectContaining({ kind: "option", option: "before" }));
  expect((await failureOf(tree(registry, { x: "*" }, { before: "soon" }))).code).toBe("EINVALIDOPTION");
});

test("a date limit fetches full metadata instead of abbreviated, with a warning", async () => {
  const registry = fakeRegistry(dated, { times });
  const { url, fetch } = registry;
  const installer = await createInstaller({ registry: url, fetch, platform: PLATFORM, metadata: "abbreviated" });
  const project = { files: { "package.json": '{ "dependencies": { "x": "*" } }' } };
  const resolution = await installer.resolve(project, { before: "2021-06-01" });
  expect(resolution.tree.get("node_modules/x")?.version).toBe("1.1.0");
  expect(warned(resolution)).toEqual(["EFULLMETADATA"]);
  expect(registry.log.map(({ headers }) => headers.get("accept"))).toEqual(["application/json"]);
  expect(warned(await installer.resolve(project))).toEqual([]);
  expect(registry.log.at(-1)?.headers.get("accept")).toContain("install-v1");
  installer.dispose();
});

test("minReleaseAge excludes versions younger than that many days, except of excluded names", async () => {
  const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
  const recent = { "x@1.0.0": ago(30), "x@1.1.0": ago(2), "@s/y@1.0.0": ago(30), "@s/y@1.1.0": ago(2) };
  const packages = { "x@1.0.0": {}, "x@1.1.0": {}, "@s/y@1.0.0": {}, "@s/y@1.1.0": {} };
  const registry = fakeRegistry(packages, { times: recent });
  const wanted = { x: "1", "@s/y": "1" };
  expect(await tree(registry, wanted)).toBe("@s/y@1.1.0\nx@1.1.0");
  expect(await tree(registry, wanted, { minReleaseAge: 7 })).toBe("@s/y@1.0.0\nx@1.0.0");
  expect(await tree(registry, wanted, { minReleaseAge: 1 })).toBe("@s/y@1.1.0\nx@1.1.0");
  const exclude = (pattern: string) => tree(registry, wanted, { minReleaseAge: 7, minReleaseAgeExclude: [pattern] });
  expect(await exclude("@s/*")).toBe("@s/y@1.1.0\nx@1.0.0");
  expect(await exclude("x")).toBe("@s/y@1.0.0\nx@1.1.0");
});

test("defaultTag replaces latest", async () => {
  const registry = fakeRegistry({ "x@1.0.0": {}, "x@2.0.0": {} }, { tags: { x: { lts: "1.0.0" } } });
  expect(await tree(registry, { x: "*" }, { defaultTag: "lts" })).toBe("x@1.0.0");
});
