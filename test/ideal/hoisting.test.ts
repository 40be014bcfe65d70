import { expect, test } from "vitest";
import { drawTree } from "../support/draw-tree.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf, failureOf, flagsOf } from "../support/outcome.ts";
import { resolveManifest, tree } from "../support/tree.ts";

test("a dependency of a dependency is placed in the project's folder", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { b: "1" }, "b@1.0.0": { c: "1" }, "c@1.0.0": {} });
  expect(await tree(registry, { a: "1" })).toBe("a@1.0.0\nb@1.0.0\nc@1.0.0");
});

test("of two versions, the one whose dependent comes first by name is at the top, not the first in package.json", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": { x: "1" },
    "b@1.0.0": { x: "2" },
    "c@1.0.0": { x: "2" },
    "x@1.0.0": {},
    "x@2.0.0": {},
  });
  const drawn = "a@1.0.0\nb@1.0.0\n  x@2.0.0\nc@1.0.0\n  x@2.0.0\nx@1.0.0";
  expect(await tree(registry, { c: "1", b: "1", a: "1" })).toBe(drawn);
});

test("a nested package is placed as high as it hides no other package", async () => {
  // The project's c@2 and x@1 keep b's c@1 and x@2 out of the project's folder. c@1 finds its x one folder up.
  const registry = fakeRegistry({
    "a@1.0.0": { b: "1", x: "1" },
    "b@1.0.0": { c: "1", x: "2" },
    "c@1.0.0": { x: "2" },
    "c@2.0.0": {},
    "x@1.0.0": {},
    "x@2.0.0": {},
  });
  const drawn = "a@1.0.0\nb@1.0.0\n  c@1.0.0\n  x@2.0.0\nc@2.0.0\nx@1.0.0";
  expect(await tree(registry, { a: "1", c: "2" })).toBe(drawn);
});

test("a version further up that satisfies the range is used, even if a newer one exists", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { x: "^1.0.0" }, "x@1.1.0": {}, "x@1.5.0": {} });
  expect(await tree(registry, { a: "1", x: "1.1.0" })).toBe("a@1.0.0\nx@1.1.0");
});

test("a newer version nests if a dependent needs the older one", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": { x: "~1.0.0" },
    "b@1.0.0": { x: "^1.5.0" },
    "c@1.0.0": { x: ">=1.0.0" },
    "x@1.0.0": {},
    "x@1.5.0": {},
  });
  expect(await tree(registry, { a: "1", b: "1", c: "1" })).toBe("a@1.0.0\nb@1.0.0\n  x@1.5.0\nc@1.0.0\nx@1.0.0");
});

test("a newer version that all dependents accept replaces the older one and its own dependencies", async () => {
  const packages = {
    "a@1.0.0": { x: "*" },
    "b@1.0.0": { x: "^1.5.0" },
    "x@1.0.0": { y: "1" },
    "x@1.5.0": {},
    "x@1.6.0": {},
    "y@1.0.0": {},
  };
  // For a's `*`, the version of the tag is picked first.
  const registry = fakeRegistry(packages, { tags: { x: { latest: "1.0.0" } } });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1", b: "1" } });
  expect(drawTree(resolution.tree)).toBe("a@1.0.0\nb@1.0.0\nx@1.6.0");
  expect(flagsOf(resolution)).toEqual(["node_modules/a", "node_modules/b", "node_modules/x"]);
});

test("narrower and narrower ranges end with one copy", async () => {
  const registry = fakeRegistry(
    {
      "a@1.0.0": { x: "*" },
      "b@1.0.0": { x: "1.2.0" },
      "c@1.0.0": { x: ">=1.2.0" },
      "x@1.1.0": {},
      "x@1.2.0": {},
      "x@1.3.0": {},
    },
    { tags: { x: { latest: "1.1.0" } } },
  );
  expect(await tree(registry, { a: "1", b: "1", c: "1" })).toBe("a@1.0.0\nb@1.0.0\nc@1.0.0\nx@1.2.0");
});

test("a package that would be placed below itself becomes a link", async () => {
  // a@1 → b@1 → a@2 → b@2 → a@1 → … : npm ends the chain with a link to the same package further up.
  const registry = fakeRegistry({
    "a@1.0.0": { b: "1" },
    "b@1.0.0": { a: "2" },
    "a@2.0.0": { b: "2" },
    "b@2.0.0": { a: "1" },
  });
  const drawn = "a@1.0.0\nb@1.0.0\n  a@2.0.0\n  b@2.0.0\n    a@1.0.0\n    b -> node_modules/b";
  expect(await tree(registry, { a: "1" })).toBe(drawn);
});

test.each([
  ["hoisted", "a@1.0.0\nb@1.0.0\nc@1.0.0"],
  ["nested", "a@1.0.0\n  b@1.0.0\n    c@1.0.0"],
  ["shallow", "a@1.0.0\n  b@1.0.0\n  c@1.0.0"],
  ["linked", "a@1.0.0\nb@1.0.0\nc@1.0.0"],
] as const)("installStrategy %s", async (installStrategy, drawn) => {
  const registry = fakeRegistry({ "a@1.0.0": { b: "1" }, "b@1.0.0": { c: "1" }, "c@1.0.0": {} });
  expect(await tree(registry, { a: "1" }, { installStrategy })).toBe(drawn);
});

test("the nested strategy still uses the project's own packages", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { b: "1" }, "b@1.0.0": {} });
  expect(await tree(registry, { a: "1", b: "1" }, { installStrategy: "nested" })).toBe("a@1.0.0\nb@1.0.0");
});

test("preferDedupe replaces a newer version by an older one that all dependents accept", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": { x: "^1.0.0" },
    "b@1.0.0": { x: "1.1.0" },
    "x@1.1.0": {},
    "x@1.5.0": {},
  });
  expect(await tree(registry, { a: "1", b: "1" })).toBe("a@1.0.0\nb@1.0.0\n  x@1.1.0\nx@1.5.0");
  expect(await tree(registry, { a: "1", b: "1" }, { preferDedupe: true })).toBe("a@1.0.0\nb@1.0.0\nx@1.1.0");
});

test("names that differ only in case share one folder", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { JSONStream: "1" }, "JSONStream@1.0.0": {}, "jsonstream@1.0.0": {} });
  expect(await tree(registry, { a: "1", jsonstream: "1" })).toBe("a@1.0.0\n  JSONStream@1.0.0\njsonstream@1.0.0");
});

// npm crashes on these names, because it uses them as keys of plain objects.
test.each(["constructor", "hasOwnProperty", "toString", "valueOf"])("a package may be called %s", async (name) => {
  const registry = fakeRegistry({ "a@1.0.0": { [name]: "^1.0.0" } as Record<string, string>, [`${name}@1.2.0`]: {} });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1", [name]: "1.x" } });
  expect(drawTree(resolution.tree)).toBe(`a@1.0.0\n${name}@1.2.0`);
  expect(entriesOf(resolution).get("node_modules/a")?.["dependencies"]).toEqual({ [name]: "^1.0.0" });
});

test("a dependency called __proto__ fails without harm", async () => {
  const registry = fakeRegistry({ "a@1.0.0": JSON.parse('{ "dependencies": { "__proto__": "1" } }') });
  const failure = await failureOf(tree(registry, { a: "1" }));
  expect(failure).toMatchObject({ code: "EINVALIDPACKAGENAME", package: "__proto__", requiredBy: ["node_modules/a"] });
});

test("flags say how each package is reached", async () => {
  const registry = fakeRegistry({
    "d@1.0.0": { both: "1", onlydev: "1" },
    "o@1.0.0": { both: "1", onlyopt: "1" },
    "p@1.0.0": { shared: "1", peerdep: "1" },
    "r@1.0.0": { shared: "1" },
    "both@1.0.0": {},
    "onlydev@1.0.0": {},
    "onlyopt@1.0.0": {},
    "shared@1.0.0": {},
    "peerdep@1.0.0": {},
  });
  const manifest = {
    dependencies: { r: "1" },
    devDependencies: { d: "1" },
    optionalDependencies: { o: "1" },
    peerDependencies: { p: "1" },
  };
  expect(flagsOf(await resolveManifest(registry, manifest))).toEqual([
    "node_modules/both devOptional",
    "node_modules/d dev",
    "node_modules/o optional",
    "node_modules/onlydev dev",
    "node_modules/onlyopt optional",
    "node_modules/p peer",
    "node_modules/peerdep peer",
    "node_modules/r",
    "node_modules/shared",
  ]);
});

test("a name in several sections: dev wins over optional, prod and peer, in this order", async () => {
  const registry = fakeRegistry({ "x@1.0.0": {}, "x@2.0.0": {}, "x@3.0.0": {}, "x@4.0.0": {} });
  const sections = {
    peerDependencies: { x: "1" },
    dependencies: { x: "2" },
    optionalDependencies: { x: "3" },
    devDependencies: { x: "4" },
  };
  const { devDependencies: _, ...noDev } = sections;
  const { optionalDependencies: __, ...noOptional } = noDev;
  expect(await tree(registry, sections)).toBe("x@4.0.0");
  expect(await tree(registry, noDev)).toBe("x@3.0.0");
  expect(await tree(registry, noOptional)).toBe("x@2.0.0");
  expect(await tree(registry, { peerDependencies: { x: "1" } })).toBe("x@1.0.0");
});

test("devDependencies of a dependency are ignored", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { devDependencies: { gone: "1" } } });
  expect(await tree(registry, { a: "1" })).toBe("a@1.0.0");
});

// gone -> f@2 -> c@1.1 -> f@1 -> c@2 -> d@2 -> b@2, which has f as a peer: the same f@2 as above, so a link to it. c@1 needs f@1 there. That
// replaces the link, and npm removes its target, which contains all of this.
test("a package that replaces a link to a package above it leaves the tree with that package", async () => {
  const registry = fakeRegistry({
    "a@1.1.0": { f: "*", c: "^2.0.0" },
    "a@2.0.0": {},
    "b@2.0.0": { dependencies: { c: "1.0.0" }, peerDependencies: { f: ">=1.1.0" } },
    "c@1.0.0": { peerDependencies: { f: "^1.0.0" } },
    "c@1.1.0": { f: "1.0.0" },
    "c@2.0.0": { d: ">=1.1.0" },
    "d@1.0.0": {},
    "d@2.0.0": { b: "*" },
    "e@2.0.0": { optionalDependencies: { gone: "npm:a@^1.0.0" } },
    "f@1.0.0": { c: "^2.0.0" },
    "f@1.1.0": { peerDependencies: { e: "*", d: "1.0.0" } },
    "f@2.0.0": { peerDependencies: { d: "1.0.0" }, optionalDependencies: { c: "^1.0.0" } },
  });
  const project = { c: "*", a: "*" };
  const below = "  b@2.0.0\n  c@1.0.0\n  d@1.0.0\n  f@1.1.0";
  expect(await tree(registry, project)).toBe(`a@2.0.0\nc@2.0.0\nd@2.0.0\n${below}\ne@2.0.0\ngone@1.1.0 (a)\n  d@1.0.0`);
});
