import { expect, test } from "vitest";
import { drawTree } from "../support/draw-tree.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf, failureOf, flagsOf } from "../support/outcome.ts";
import { fakeTarball } from "../support/tarball.ts";
import { resolveIn, resolveManifest, tree } from "../support/tree.ts";

const REGISTRY = "http://registry.local/";

/** a@1.0.0 bundles x@1.0.0 and one of the two dependencies of x, and requires z from the registry. */
const bundling = fakeTarball({
  "package.json": { name: "a", version: "1.0.0", dependencies: { x: "1", z: "1" }, bundleDependencies: ["x"] },
  "node_modules/x/package.json": { name: "x", version: "1.0.0", dependencies: { "@s/y": "1", y: "1" } },
  "node_modules/x/index.js": "",
  "node_modules/@s/y/package.json": { name: "@s/y", version: "1.2.3" },
  "node_modules/.bin/x": "",
});

function bundlingRegistry(integrity: string = bundling.integrity): ReturnType<typeof fakeRegistry> {
  const dist = { tarball: `${REGISTRY}a/-/a-1.0.0.tgz`, integrity };
  const a = { dependencies: { x: "1", z: "1" }, bundleDependencies: ["x"], dist };
  return fakeRegistry(
    { "a@1.0.0": a, "x@1.9.0": {}, "y@1.0.0": {}, "z@1.0.0": {} },
    { tarballs: { "a/-/a-1.0.0.tgz": bundling.bytes } },
  );
}

test("bundled dependencies come from the tarball and stay, even if they are incomplete", async () => {
  const resolution = await resolveManifest(bundlingRegistry(), { dependencies: { a: "1" } });
  expect(drawTree(resolution.tree)).toBe("a@1.0.0\n  @s/y@1.2.3\n  x@1.0.0\nz@1.0.0");
  expect(flagsOf(resolution)).toEqual([
    "node_modules/a",
    "node_modules/a/node_modules/@s/y inBundle",
    "node_modules/a/node_modules/x inBundle",
    "node_modules/z",
  ]);
  const bundled = entriesOf(resolution).get("node_modules/a/node_modules/x");
  expect(bundled).toEqual({ version: "1.0.0", inBundle: true, dependencies: { "@s/y": "1", y: "1" } });
});

test("a tarball is opened only after its integrity was checked", async () => {
  const wrong = `sha512-${"A".repeat(86)}==`;
  const failure = await failureOf(tree(bundlingRegistry(wrong), { a: "1" }));
  expect(failure).toMatchObject({ code: "EINTEGRITY", package: "a", requiredBy: [""] });
});

test("a tarball that cannot be fetched fails, and the failure names its dependents", async () => {
  const dist = { tarball: `${REGISTRY}a/-/gone.tgz`, integrity: bundling.integrity };
  const registry = fakeRegistry({
    "b@1.0.0": { a: "1" },
    "a@1.0.0": { bundleDependencies: ["x"], dist },
  });
  const failure = await failureOf(tree(registry, { b: "1" }));
  expect(failure).toMatchObject({ code: "E404", package: "a", requiredBy: ["node_modules/b"] });
});

test("the tarball of a package without bundled dependencies is not opened", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { dependencies: { x: "1" }, bundleDependencies: [] }, "x@1.0.0": {} });
  expect(await tree(registry, { a: "1" })).toBe("a@1.0.0\nx@1.0.0");
  expect(registry.log.map(({ path }) => path)).toEqual(["a", "x"]);
});

test("a package with a shrinkwrap gets its locked versions, even if newer ones exist", async () => {
  const archive = fakeTarball({
    "package.json": { name: "a", version: "1.0.0", dependencies: { x: "^1.0.0" } },
    "npm-shrinkwrap.json": {
      name: "a",
      version: "1.0.0",
      lockfileVersion: 3,
      requires: true,
      packages: {
        "": { name: "a", version: "1.0.0", dependencies: { x: "^1.0.0" } },
        "node_modules/x": { version: "1.0.0", resolved: `${REGISTRY}x/-/x-1.0.0.tgz` },
      },
    },
  });
  const dist = { tarball: `${REGISTRY}a/-/a-1.0.0.tgz`, integrity: archive.integrity };
  const registry = fakeRegistry(
    { "a@1.0.0": { dependencies: { x: "^1.0.0" }, _hasShrinkwrap: true, dist }, "x@1.0.0": {}, "x@1.5.0": {} },
    { tarballs: { "a/-/a-1.0.0.tgz": archive.bytes } },
  );
  const resolution = await resolveManifest(registry, { dependencies: { a: "1", x: "^1.0.0" } });
  expect(drawTree(resolution.tree)).toBe("a@1.0.0\n  x@1.0.0\nx@1.5.0");
  expect(entriesOf(resolution).get("node_modules/a")).toMatchObject({ hasShrinkwrap: true });
});

test("a shrinkwrap with an entry outside of its package is rejected", async () => {
  const packages = { "": { name: "a" }, "../../evil": { version: "6.6.6" } };
  const archive = fakeTarball({
    "package.json": { name: "a", version: "1.0.0" },
    "npm-shrinkwrap.json": { lockfileVersion: 3, packages },
  });
  const dist = { tarball: `${REGISTRY}a/-/a-1.0.0.tgz`, integrity: archive.integrity };
  const registry = fakeRegistry(
    { "a@1.0.0": { _hasShrinkwrap: true, dist } },
    { tarballs: { "a/-/a-1.0.0.tgz": archive.bytes } },
  );
  expect(await failureOf(tree(registry, { a: "1" }))).toMatchObject({ code: "EINVALIDLOCATION", package: "a" });
});

// npm's answers: npm 11 stops at each of the damaged ones, also below an optional dependency, and npm 12 reads none.
test.each([
  ["no JSON", null, true],
  [5, null, true],
  [{ packages: 5 }, "EINVALIDLOCK", true],
  [{ packages: "ab" }, "EINVALIDLOCK", true],
  [{ lockfileVersion: 3, packages: { "node_modules/x": 5 } }, "EINVALIDLOCK", true],
  [{ lockfileVersion: 3, packages: { "node_modules/x": null } }, "EINVALIDLOCK", true],
  [{ lockfileVersion: 3, packages: { "node_modules/x": { link: true, resolved: "z" } } }, "EMISSINGTARGET", true],
  [{ lockfileVersion: 3, packages: { "../../x": { version: "1.0.0" } } }, "EINVALIDLOCATION", true],
  [{ lockfileVersion: 9, packages: {} }, null, true],
  [{ packages: 5 }, null, false],
])("a shrinkwrap %j in a package that bundles: npm 11 %s, npm 12 ignores it", async (shrinkwrap, code, isAnnounced) => {
  const archive = fakeTarball({
    "package.json": { name: "a", version: "1.0.0" },
    "npm-shrinkwrap.json": shrinkwrap as object,
    "node_modules/x/package.json": { name: "x", version: "1.0.0" },
  });
  const dist = { tarball: `${REGISTRY}a/-/a-1.0.0.tgz`, integrity: archive.integrity };
  const manifest = { dependencies: { x: "1" }, bundleDependencies: ["x"], dist };
  const registry = fakeRegistry(
    { "a@1.0.0": { ...manifest, ...(isAnnounced && { _hasShrinkwrap: true }) }, "x@1.0.0": {} },
    { tarballs: { "a/-/a-1.0.0.tgz": archive.bytes } },
  );
  for (const section of ["dependencies", "optionalDependencies"]) {
    const resolveWith = async (npm: string): Promise<string> => {
      return drawTree((await resolveManifest(registry, { [section]: { a: "1" } }, {}, { npm })).tree);
    };
    expect(await resolveWith("12.2.2")).toBe("a@1.0.0\n  x@1.0.0");
    if (code === null) expect(await resolveWith("11.19.1")).toBe("a@1.0.0\n  x@1.0.0");
    else expect((await failureOf(resolveWith("11.19.1"))).code).toBe(code);
  }
});

const remote = fakeTarball({
  "package.json": { name: "a", version: "3.2.1", license: "MIT", dependencies: { x: "1" } },
});

test("a tarball URL: its package.json is the manifest, and its hash the integrity", async () => {
  const registry = fakeRegistry({ "x@1.0.0": {} }, { tarballs: { "files/-/a.tgz": remote.bytes } });
  const resolution = await resolveManifest(registry, { dependencies: { alias: `${REGISTRY}files/-/a.tgz` } });
  expect(drawTree(resolution.tree)).toBe("alias@3.2.1 (a)\nx@1.0.0");
  expect(entriesOf(resolution).get("node_modules/alias")).toEqual({
    name: "a",
    version: "3.2.1",
    resolved: `${REGISTRY}files/-/a.tgz`,
    integrity: remote.integrity,
    license: "MIT",
    dependencies: { x: "1" },
  });
});

test("a tarball among the project's files is installed", async () => {
  const registry = fakeRegistry({ "x@1.0.0": {} });
  const files = {
    "package.json": '{\n  "dependencies": { "a": "file:vendor/a.tgz" }\n}',
    "vendor/a.tgz": remote.bytes,
  };
  const resolution = await resolveIn(registry, files);
  expect(entriesOf(resolution).get("node_modules/a")).toMatchObject({
    version: "3.2.1",
    resolved: "file:vendor/a.tgz",
    integrity: remote.integrity,
  });
  const missing = await failureOf(tree(registry, { a: "file:vendor/other.tgz" }));
  expect(missing).toMatchObject({ code: "ENOENT", package: "a", requiredBy: [""] });
});

test("a tarball without a valid package.json is rejected", async () => {
  const { bytes } = fakeTarball({ "index.js": "" });
  const registry = fakeRegistry({}, { tarballs: { "files/-/a.tgz": bytes } });
  expect(await failureOf(tree(registry, { a: `${REGISTRY}files/-/a.tgz` }))).toMatchObject({
    code: "EJSONPARSE",
    package: "a",
    requiredBy: [""],
  });
});

test.each([
  "github:user/repo",
  "user/repo#v1",
  "git+https://git.example/user/repo.git",
  "git+ssh://git@git.example/user/repo.git#semver:^1",
])("%s is EUNSUPPORTED, and the failure names it and its dependents", async (spec) => {
  const registry = fakeRegistry({ "b@1.0.0": { a: spec } });
  const failure = await failureOf(tree(registry, { b: "1" }));
  expect(failure).toMatchObject({ code: "EUNSUPPORTED", package: "a", requiredBy: ["node_modules/b"] });
  expect(failure.message).toContain("node_modules/b");
  expect(failure.wayOut.map(({ kind }) => kind)).toEqual(["other", "other"]);
  const own = await failureOf(tree(registry, { a: spec }));
  expect(own).toMatchObject({ code: "EUNSUPPORTED", requiredBy: [""] });
});

test("an optional git dependency is left out", async () => {
  const registry = fakeRegistry({ "b@1.0.0": { optionalDependencies: { a: "github:user/repo" } } });
  expect(flagsOf(await resolveManifest(registry, { dependencies: { b: "1" } }))).toEqual(["node_modules/b"]);
});

test("an override can replace a git dependency", async () => {
  const registry = fakeRegistry({ "b@1.0.0": { a: "github:user/repo" }, "a@1.0.0": {} });
  expect(await tree(registry, { dependencies: { b: "1" }, overrides: { a: "latest" } })).toBe("a@1.0.0\nb@1.0.0");
});

test.each(["workspace:*", "catalog:", "link:../a", "patch:a@1", "jsr:@s/a"])("%s is not an npm spec", async (spec) => {
  const failure = await failureOf(tree(fakeRegistry({ "b@1.0.0": { a: spec } }), { b: "1" }));
  expect(failure).toMatchObject({ code: "EUNSUPPORTEDPROTOCOL", package: "a", requiredBy: ["node_modules/b"] });
});
