import { expect, test } from "vitest";
import { drawTree } from "../support/draw-tree.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { resolveIn, resolveManifest } from "../support/tree.ts";

const REGISTRY = {
  "a@1.0.0": { b: "file:../b" },
  "b@1.0.0": {},
  "b@2.0.0": {},
  "c@1.0.0": { b: "1" },
  "d@1.0.0": { x: "file:../b" },
};

// A package of the registry asks for a folder of node_modules, where another package is or will be.
test.each([
  ["the folder of a sibling", { a: "1", b: "1" }, "a@1.0.0\n  b -> node_modules/b\nb@1.0.0"],
  [
    "the folder of a sibling of another version",
    { a: "1", b: "2", c: "1" },
    "a@1.0.0\n  b -> node_modules/b\nb@2.0.0\nc@1.0.0\n  b@1.0.0",
  ],
])("%s becomes a link below the dependent, and the sibling stays, as in npm", async (_, dependencies, tree) => {
  const resolution = await resolveManifest(fakeRegistry(REGISTRY), { dependencies });
  expect(drawTree(resolution.tree)).toBe(tree);
  const lock = JSON.parse(resolution.files["package-lock.json"] as string);
  expect(lock.packages["node_modules/a/node_modules/b"]).toEqual({ resolved: "node_modules/b", link: true });
  expect(Object.keys(lock.packages).join()).not.toContain("..");
});

// b asks for the folder first, which makes an empty one. c, a peer, brings the package that belongs there.
test("a package that is placed where a link made a folder becomes the link's target, as in npm", async () => {
  const registry = fakeRegistry({
    "b@1.0.0": { dependencies: { g: "file:../e" }, peerDependencies: { c: "1" } },
    "c@1.0.0": { e: "1" },
    "e@1.0.0": { x: "1" },
    "x@1.0.0": {},
  });
  const { tree, files } = await resolveManifest(registry, { dependencies: { b: "1" } });
  expect(drawTree(tree)).toBe("b@1.0.0\nc@1.0.0\ne@1.0.0\ng -> node_modules/e\nx@1.0.0");
  const { packages } = JSON.parse(files["package-lock.json"] as string);
  // Over the link, no peer edge leads to e and x.
  const peers = Object.keys(packages).filter((location) => packages[location].peer);
  expect(peers).toEqual(["node_modules/c"]);
});

// npm moves the target of a link along when the package above the link leaves. The next run adds it again.
test("a package that is not needed any more takes along what a link in it leads to, as in npm, with a warning", async () => {
  const registry = fakeRegistry({
    "b@1.0.0": { x: "1" },
    "c@1.0.0": { d: "file:../b" },
    "d@1.0.0": {},
    "x@1.0.0": {},
  });
  const project = (dependencies: object): string => JSON.stringify({ dependencies });
  const first = await resolveIn(registry, { "package.json": project({ b: "1", c: "1", d: "1" }) });
  expect(drawTree(first.tree)).toBe("b@1.0.0\nc@1.0.0\n  d -> node_modules/b\nd@1.0.0\nx@1.0.0");
  expect(first.warnings).toEqual([]);
  const changed = { "package.json": project({ b: "1", d: "1" }) };
  const second = await resolveIn(registry, { ...first.files, ...changed });
  expect(drawTree(second.tree)).toBe("d@1.0.0\nx@1.0.0");
  expect(second.warnings).toMatchObject([{ code: "ELOSTPACKAGE", package: "b", requiredBy: [""] }]);
  const third = await resolveIn(registry, { ...second.files, ...changed });
  expect(drawTree(third.tree)).toBe("b@1.0.0\nd@1.0.0\nx@1.0.0");
  expect(third.warnings).toEqual([]);
});

// npm makes the link from the folder of the dependent, but judges it from the project's.
test.each([
  ["a dependency", { b: "1" }, "node_modules/b/local"],
  ["a peer", { p: "1" }, "node_modules/p/local"],
])(
  "an override of %s with a folder leads to one below the dependent, as in npm, with a warning",
  async (_, dependencies, folder) => {
    const registry = fakeRegistry({
      "b@1.0.0": { c: "1" },
      "c@1.0.0": {},
      "p@1.0.0": { peerDependencies: { c: "1" } },
    });
    const files = {
      "package.json": JSON.stringify({ dependencies, overrides: { c: "file:./local" } }),
      "local/package.json": JSON.stringify({ name: "c", version: "3.0.0" }),
    };
    const { files: written, warnings } = await resolveIn(registry, files);
    const { packages } = JSON.parse(written["package-lock.json"] as string);
    expect(packages["node_modules/c"]).toEqual({ resolved: folder, link: true });
    expect(warnings.at(-1)).toMatchObject({ code: "EOVERRIDEFOLDER", package: "c", found: folder });
  },
);

test("an override with a reference to a folder of the project leads to that folder", async () => {
  const registry = fakeRegistry({ "b@1.0.0": { c: "1" }, "c@1.0.0": {} });
  const { tree, warnings } = await resolveIn(registry, {
    "package.json": JSON.stringify({ dependencies: { b: "1", c: "file:./local" }, overrides: { c: "$c" } }),
    "local/package.json": JSON.stringify({ name: "c", version: "3.0.0" }),
  });
  expect(drawTree(tree)).toBe("b@1.0.0\nc -> local\nlocal@3.0.0");
  expect(warnings).toEqual([]);
});

// In the virtual root of x, the link for g would stand where it leads to. npm has a plain folder there, which does not satisfy d.
test("a peer on the folder beside the dependent is not placed with it, so that a package may come first, as in npm", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": { g: "2" },
    "a@2.0.0": {},
    "d@1.0.0": { peerDependencies: { g: "file:../g", a: "1" } },
    "d@2.0.0": {},
    "g@2.0.0": {},
    "x@1.0.0": { d: "1" },
  });
  const { tree } = await resolveManifest(registry, { dependencies: { x: "1", d: "2", a: "2" } });
  expect(drawTree(tree)).toBe("a@2.0.0\nd@2.0.0\ng@2.0.0\nx@1.0.0\n  a@1.0.0\n  d@1.0.0");
});
