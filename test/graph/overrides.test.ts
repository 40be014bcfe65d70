import { expect, test } from "vitest";
import { fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf, failureOf, warned } from "../support/outcome.ts";
import { resolveIn, resolveManifest, tree } from "../support/tree.ts";

const registry = fakeRegistry({
  "a@1.0.0": { b: "^1.0.0", c: "^1.0.0" },
  "b@1.0.0": { c: "^1.0.0" },
  "b@2.0.0": { c: "^1.0.0" },
  "c@1.0.0": {},
  "c@1.5.0": {},
  "c@2.0.0": {},
  "c@3.0.0": {},
});

const DEFAULT = "a@1.0.0\nb@1.0.0\nc@1.5.0";

test.each<[string, unknown, string]>([
  ["none", {}, DEFAULT],
  ["for all dependents", { c: "3.0.0" }, "a@1.0.0\nb@1.0.0\nc@3.0.0"],
  ["below one package only", { b: { c: "2.0.0" } }, "a@1.0.0\nb@1.0.0\n  c@2.0.0\nc@1.5.0"],
  [
    "the package itself and what is below it",
    { b: { ".": "2.0.0", c: "2.0.0" } },
    "a@1.0.0\nb@2.0.0\n  c@2.0.0\nc@1.5.0",
  ],
  ["deeper than a package, and itself", { a: { b: { c: "2.0.0" } } }, "a@1.0.0\nb@1.0.0\n  c@2.0.0\nc@1.5.0"],
  ["the nearest rule wins", { c: "3.0.0", b: { c: "2.0.0" } }, "a@1.0.0\nb@1.0.0\n  c@2.0.0\nc@3.0.0"],
  ["if the range intersects that of the key", { "c@1": "2.0.0" }, "a@1.0.0\nb@1.0.0\nc@2.0.0"],
  ["not if the range does not intersect", { "c@2": "3.0.0" }, DEFAULT],
  ["not below another version", { "b@2": { c: "3.0.0" } }, DEFAULT],
  ["an empty value changes nothing", { c: "" }, DEFAULT],
  ["a star changes nothing", { c: "*" }, DEFAULT],
  ["names that nothing depends on", { unknown: "1.0.0" }, DEFAULT],
  ["by a dist-tag", { c: "latest" }, "a@1.0.0\nb@1.0.0\nc@3.0.0"],
  ["by another package", { c: "npm:b@2.0.0" }, "a@1.0.0\nb@1.0.0\nc@2.0.0 (b)"],
])("%s", async (_, overrides, drawn) => {
  expect(await tree(registry, { dependencies: { a: "1" }, overrides })).toBe(drawn);
});

test("$name is the project's own spec of the name", async () => {
  const manifest = { dependencies: { a: "1", c: "~2.0.0" }, overrides: { c: "$c" } };
  expect(await tree(registry, manifest)).toBe("a@1.0.0\nb@1.0.0\nc@2.0.0");
  const dev = { dependencies: { a: "1" }, devDependencies: { c: "3" }, overrides: { b: { c: "$c" } } };
  expect(await tree(registry, dev)).toBe("a@1.0.0\n  c@1.5.0\nb@1.0.0\nc@3.0.0");
});

test("an override by the key's own range narrows the spec of a package that has only nested rules", async () => {
  // As in npm, the range of the key is also the new spec: ^1.0.0 of c becomes 1.0.0.
  const manifest = { dependencies: { a: "1" }, overrides: { "c@1.0.0": { x: "1" } } };
  expect(await tree(registry, manifest)).toBe("a@1.0.0\nb@1.0.0\nc@1.0.0");
});

test("the lock keeps the specs of the manifests, and an edge has both specs", async () => {
  const resolution = await resolveManifest(registry, { dependencies: { a: "1" }, overrides: { c: "3.0.0" } });
  expect(entriesOf(resolution).get("node_modules/b")?.["dependencies"]).toEqual({ c: "^1.0.0" });
  const edge = resolution.tree.get("node_modules/b")?.edgesOut[0];
  expect(edge).toMatchObject({ rawSpec: "^1.0.0", spec: "3.0.0", overridden: true, valid: true });
  expect(warned(resolution)).toEqual([]);
});

test("an override resolves the project's own peer conflict", async () => {
  const peers = fakeRegistry({
    "plugin@1.0.0": { peerDependencies: { host: "1" } },
    "host@1.0.0": {},
    "host@2.0.0": {},
  });
  const dependencies = { plugin: "1", host: "2" };
  expect((await failureOf(tree(peers, dependencies))).code).toBe("ERESOLVE");
  const overrides = { plugin: { host: "$host" } };
  expect(await tree(peers, { dependencies, overrides })).toBe("host@2.0.0\nplugin@1.0.0");
});

test("only the project's overrides count, not a dependency's nor a workspace's", async () => {
  const other = fakeRegistry({
    "a@1.0.0": { dependencies: { c: "1" }, overrides: { c: "2.0.0" } },
    "c@1.0.0": {},
    "c@2.0.0": {},
  });
  expect(await tree(other, { a: "1" })).toBe("a@1.0.0\nc@1.0.0");
  const files = {
    "package.json": '{ "workspaces": ["w"], "overrides": { "c": "2.0.0" } }',
    "w/package.json": '{ "name": "w", "dependencies": { "a": "1" }, "overrides": { "c": "1.0.0" } }',
  };
  const resolution = await resolveIn(other, files);
  expect(resolution.tree.get("node_modules/c")?.version).toBe("2.0.0");
});

test("an override applies to a lock that was written before it", async () => {
  const before = await resolveManifest(registry, { dependencies: { a: "1" } });
  const manifest = JSON.stringify({ dependencies: { a: "1" }, overrides: { c: "3.0.0" } }, null, 2);
  const lock = { "package-lock.json": before.files["package-lock.json"] ?? "" };
  const resolution = await resolveIn(registry, { "package.json": manifest, ...lock });
  expect(resolution.tree.get("node_modules/c")?.version).toBe("3.0.0");
});

test("an override of the project's own dependency is EOVERRIDE, with two ways out", async () => {
  const failure = await failureOf(tree(registry, { dependencies: { c: "^1.0.0" }, overrides: { c: "3.0.0" } }));
  expect(failure).toMatchObject({ code: "EOVERRIDE", package: "c", spec: "^1.0.0", found: "3.0.0", requiredBy: [""] });
  expect(failure.wayOut).toMatchObject([
    { kind: "override", overrides: { c: "$c" } },
    { kind: "spec", package: "c", spec: "3.0.0" },
  ]);
  const first = { dependencies: { c: "^1.0.0", a: "1" }, overrides: { c: "$c" } };
  expect(await tree(registry, first)).toBe(DEFAULT);
  const second = { dependencies: { c: "3.0.0", a: "1" }, overrides: { c: "3.0.0" } };
  expect(await tree(registry, second)).toBe("a@1.0.0\nb@1.0.0\nc@3.0.0");
});

test.each([
  ["a reference to nothing", { c: "$gone" }, "gone"],
  ["a key that is not a package name", { "github:u/r": "2.0.0" }, "github:u/r"],
  ["a value that is null", { c: null }, "c"],
  ["a nested value that is null", { a: { c: null } }, "c"],
  ["a key without a name", { "": "2.0.0" }, ""],
])("%s is EOVERRIDE", async (_, overrides, culprit) => {
  const failure = await failureOf(tree(registry, { dependencies: { a: "1" }, overrides }));
  expect(failure).toMatchObject({ code: "EOVERRIDE", package: culprit });
  expect(failure.wayOut.length).toBeGreaterThan(0);
});

test("rules may have names that every object has, such as constructor", async () => {
  const named = fakeRegistry({ "a@1.0.0": { constructor: "1" }, "constructor@1.0.0": {}, "constructor@2.0.0": {} });
  expect(await tree(named, { dependencies: { a: "1" }, overrides: { constructor: "2.0.0" } })).toBe(
    "a@1.0.0\nconstructor@2.0.0",
  );
  const text = '{ "dependencies": { "a": "1" }, "overrides": { "__proto__": "2" } }';
  expect(await failureOf(resolveIn(named, { "package.json": text }))).toMatchObject({
    code: "EOVERRIDE",
    package: "__proto__",
  });
});

test("rules stay in force for a package that replaces another one", async () => {
  const peers = fakeRegistry({
    "a@2.0.0": { peerDependencies: { d: "*" } },
    "c@1.0.0": { e: "^1.0.0" },
    "c@2.0.0": {},
    "d@1.1.0": { peerDependencies: { c: "*" } },
    "d@2.0.0": { dependencies: { f: "^1.0.0" }, peerDependencies: { a: "*" } },
    "e@1.1.0": { c: ">=1.1.0" },
    "f@1.1.0": { dependencies: { a: "*" }, peerDependencies: { d: "^1.0.0" } },
  });
  // d@1 replaces d@2 because of f, and f goes with d@2. The rule must stay.
  expect(await tree(peers, { dependencies: { d: "*" }, overrides: { c: "1.0.0" } })).toBe("c@1.0.0\nd@1.1.0\ne@1.1.0");
});

test("updating everything applies overrides to the dependencies of workspaces", async () => {
  const files = {
    "package.json": JSON.stringify({ workspaces: ["packages/*"], overrides: { b: "2.0.0" } }),
    "packages/w/package.json": JSON.stringify({ name: "w", version: "1.0.0", dependencies: { a: "^1.0.0" } }),
  };
  const first = await resolveIn(registry, files);
  const again = await resolveIn(registry, { ...files, ...first.files }, { update: true });
  expect(again.tree.nodes.map(({ location }) => location)).toEqual(first.tree.nodes.map(({ location }) => location));
  expect(again.tree.get("node_modules/b")?.version).toBe("2.0.0");
});
