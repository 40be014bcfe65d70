import { expect, test } from "vitest";
import type { FileMap } from "../../src/api/common.ts";
import { createInstaller } from "../../web/index.ts";
import { drawTree } from "../support/draw-tree.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf, failureOf, flagsOf } from "../support/outcome.ts";
import { resolveIn } from "../support/tree.ts";

/** Returns the files of a project: a package.json for each path. */
function packages(manifests: Readonly<Record<string, object>>): FileMap {
  const texts = Object.entries(manifests).map(([folder, manifest]) => [
    folder === "." ? "package.json" : `${folder}/package.json`,
    `${JSON.stringify(manifest, null, 2)}\n`,
  ]);
  return Object.fromEntries(texts);
}

const drawn = async (registry: ReturnType<typeof fakeRegistry>, files: FileMap): Promise<string> =>
  drawTree((await resolveIn(registry, files)).tree);

test("workspaces are links, and their dependencies are placed in the project's folder", async () => {
  const registry = fakeRegistry({ "x@1.0.0": { y: "1" }, "y@1.0.0": {} });
  const files = packages({
    ".": { workspaces: ["packages/*"] },
    "packages/a": { name: "a", version: "1.0.0", dependencies: { x: "1" } },
    "packages/b": { name: "@s/b", version: "1.0.0", devDependencies: { y: "1" } },
  });
  const resolution = await resolveIn(registry, files);
  expect(drawTree(resolution.tree)).toBe(
    "@s/b -> packages/b\na -> packages/a\nx@1.0.0\ny@1.0.0\npackages/a@1.0.0\npackages/b@1.0.0 (@s/b)",
  );
  expect(flagsOf(resolution)).toEqual([
    "node_modules/@s/b link",
    "node_modules/a link",
    "node_modules/x",
    "node_modules/y",
    "packages/a",
    "packages/b",
  ]);
  expect(entriesOf(resolution).get("node_modules/@s/b")).toEqual({ resolved: "packages/b", link: true });
  expect(entriesOf(resolution).get("packages/b")).toEqual({
    name: "@s/b",
    version: "1.0.0",
    devDependencies: { y: "1" },
  });
});

test("of two workspaces that need different versions, the second has its own copy", async () => {
  const registry = fakeRegistry({ "x@1.0.0": {}, "x@2.0.0": {} });
  const files = packages({
    ".": { workspaces: ["a", "b"] },
    a: { name: "a", dependencies: { x: "1" } },
    b: { name: "b", dependencies: { x: "2" } },
  });
  expect(await drawn(registry, files)).toBe("a -> a\nb -> b\nx@1.0.0\na@\nb@\n  x@2.0.0");
});

test("a workspace that depends on another gets it, or the registry's package if the version does not match", async () => {
  const registry = fakeRegistry({ "a@1.0.0": {} });
  const asks = (spec: string): FileMap =>
    packages({
      ".": { workspaces: ["a", "b"] },
      a: { name: "a", version: "2.0.0" },
      b: { name: "b", version: "1.0.0", dependencies: { a: spec } },
    });
  expect(await drawn(registry, asks("^2.0.0"))).toBe("a -> a\nb -> b\na@2.0.0\nb@1.0.0");
  expect(registry.log).toEqual([]);
  expect(await drawn(registry, asks("^1.0.0"))).toBe("a -> a\nb -> b\na@2.0.0\nb@1.0.0\n  a@1.0.0");
});

test("the project gets its workspace even if it asks for another version of that name", async () => {
  const files = packages({
    ".": { workspaces: ["a"], dependencies: { a: "^9.0.0" } },
    a: { name: "a", version: "1.0.0" },
  });
  expect(await drawn(fakeRegistry({}), files)).toBe("a -> a\na@1.0.0");
});

test("a dependency of a registry package on a workspace's name gets the workspace if the version matches", async () => {
  const registry = fakeRegistry({ "x@1.0.0": { a: "1" }, "y@1.0.0": { a: "2" }, "a@2.0.0": {} });
  const files = packages({
    ".": { workspaces: ["a"], dependencies: { x: "1", y: "1" } },
    a: { name: "a", version: "1.0.0" },
  });
  expect(await drawn(registry, files)).toBe("a -> a\nx@1.0.0\ny@1.0.0\n  a@2.0.0\na@1.0.0");
});

test("a peer of a workspace is placed where both the workspace and the project find it", async () => {
  const registry = fakeRegistry({
    "plugin@1.0.0": { peerDependencies: { host: "1" } },
    "host@1.0.0": {},
    "host@2.0.0": {},
  });
  const files = packages({
    ".": { workspaces: ["a"], dependencies: { host: "2" } },
    a: { name: "a", version: "1.0.0", dependencies: { plugin: "1" } },
  });
  expect(await drawn(registry, files)).toBe("a -> a\nhost@2.0.0\na@1.0.0\n  host@1.0.0\n  plugin@1.0.0");
});

test("two workspaces with one name are EDUPLICATEWORKSPACE, which names both folders", async () => {
  const files = packages({ ".": { workspaces: ["*"] }, one: { name: "a" }, two: { name: "a" } });
  const failure = await failureOf(resolveIn(fakeRegistry({}), files));
  expect(failure).toMatchObject({ code: "EDUPLICATEWORKSPACE", package: "a", details: { paths: ["one", "two"] } });
  expect(failure.wayOut.length).toBeGreaterThan(0);
});

test("a dependency on a folder is a link, and the folder's own dependencies are resolved", async () => {
  const registry = fakeRegistry({ "x@1.0.0": {}, "d@1.0.0": {} });
  const files = packages({
    ".": { dependencies: { lib: "file:./lib" } },
    lib: { name: "lib", version: "1.0.0", dependencies: { x: "1" }, devDependencies: { d: "1" } },
  });
  const resolution = await resolveIn(registry, files);
  expect(drawTree(resolution.tree)).toBe("d@1.0.0\nlib -> lib\nx@1.0.0\nlib@1.0.0");
  expect(entriesOf(resolution).get("node_modules/lib")).toEqual({ resolved: "lib", link: true });
});

test("links may lead to folders with links, also in a circle", async () => {
  const files = packages({
    ".": { dependencies: { a: "file:a" } },
    a: { name: "a", version: "1.0.0", dependencies: { b: "file:../b" } },
    b: { name: "b", version: "1.0.0", dependencies: { a: "file:../a" } },
  });
  const resolution = await resolveIn(fakeRegistry({}), files);
  expect([...entriesOf(resolution).keys()]).toEqual(["", "a", "b", "node_modules/a", "node_modules/b"]);
});

test("a folder beside the project is outside of it, and its dependencies are not resolved", async () => {
  const files = packages({
    "apps/web": { dependencies: { lib: "file:../../lib" } },
    lib: { name: "lib", version: "1.0.0", dependencies: { gone: "1" } },
  });
  const { url, fetch, log } = fakeRegistry({});
  const installer = await createInstaller({ registry: url, fetch });
  const resolution = await installer.resolve({ files, root: "apps/web" });
  expect(Object.keys(resolution.files)).toEqual(["apps/web/package-lock.json"]);
  expect(JSON.parse(resolution.files["apps/web/package-lock.json"] ?? "").packages["node_modules/lib"]).toEqual({
    resolved: "../../lib",
    link: true,
  });
  expect(log).toEqual([]);
  installer.dispose();
});

test("as in npm, a missing folder links to an empty package", async () => {
  const resolution = await resolveIn(fakeRegistry({}), packages({ ".": { dependencies: { lib: "file:./lib" } } }));
  expect(drawTree(resolution.tree)).toBe("lib -> lib\nlib@");
});

test("a package.json that is not JSON is EJSONPARSE, which names the file", async () => {
  const root = await failureOf(resolveIn(fakeRegistry({}), { "package.json": "{ oops" }));
  expect(root).toMatchObject({ code: "EJSONPARSE" });
  expect(root.message).toContain("package.json");
  const files = { "package.json": '{ "workspaces": ["w"] }', "w/package.json": "{" };
  expect((await failureOf(resolveIn(fakeRegistry({}), files))).message).toContain("w/package.json");
});

test.each([
  [undefined, "x@1.0.0"],
  [["w2"], "x@2.0.0"],
])("with workspaces %j, what they need is placed before the needs of the others", async (workspaces, top) => {
  const registry = fakeRegistry({ "x@1.0.0": {}, "x@2.0.0": {} });
  const files = {
    "package.json": JSON.stringify({ workspaces: ["packages/*"] }),
    "packages/w1/package.json": JSON.stringify({ name: "w1", version: "1.0.0", dependencies: { x: "1" } }),
    "packages/w2/package.json": JSON.stringify({ name: "w2", version: "1.0.0", dependencies: { x: "2" } }),
  };
  const { tree } = await resolveIn(registry, files, workspaces ? { workspaces } : {});
  const first = tree.nodes.find(({ location }) => location === "node_modules/x");
  expect(`x@${first?.version}`).toBe(top);
  expect(tree.nodes.filter(({ name }) => name === "x")).toHaveLength(2);
});

// npm moves the workspace's own link into the virtual root of b. It puts it back when it places the link, and here b stays as it is.
test("update takes a workspace out of the tree that a kept package has as a peer, as in npm, with a warning", async () => {
  const registry = fakeRegistry({
    "b@1.0.0": { peerDependencies: { w: "1" } },
    "x@1.0.0": { b: "1" },
  });
  const files = {
    "package.json": JSON.stringify({ workspaces: ["w"] }),
    "w/package.json": JSON.stringify({ name: "w", version: "1.0.0", dependencies: { x: "1" } }),
  };
  const first = await resolveIn(registry, files);
  expect(drawTree(first.tree)).toBe("b@1.0.0\nw -> w\nx@1.0.0\nw@1.0.0");
  const updated = await resolveIn(registry, { ...files, ...first.files }, { update: { names: ["b"] } });
  expect(drawTree(updated.tree)).toBe("");
  expect(updated.warnings).toMatchObject([{ code: "ELOSTPACKAGE", package: "w" }]);
  const again = await resolveIn(registry, { ...files, ...updated.files });
  expect(again.files).toEqual(first.files);
  expect(again.warnings).toEqual([]);
});

// While the link of w is in b's virtual root, npm finds no workspace for p and asks the registry.
test("a second package with the workspace as a peer does not take the workspace from the first", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": { b: "1", p: "1" },
    "b@1.0.0": { peerDependencies: { w: "1" } },
    "p@1.0.0": { peerDependencies: { w: "1" } },
    "x@1.0.0": {},
  });
  const files = {
    "package.json": JSON.stringify({ workspaces: ["w"], dependencies: { a: "1" } }),
    "w/package.json": JSON.stringify({ name: "w", version: "1.0.0", dependencies: { x: "1" } }),
  };
  const { tree, warnings } = await resolveIn(registry, files);
  expect(drawTree(tree)).toBe("a@1.0.0\nb@1.0.0\np@1.0.0\nw -> w\nx@1.0.0\nw@1.0.0");
  expect(warnings).toEqual([]);
  expect(registry.log.map(({ path }) => path)).toContain("w");
});

// The package that requires the workspace is inside it. So npm moves it too, and places the link into what it moved.
test("a workspace leaves the tree with a package inside it that requires the workspace, as in npm, with a warning", async () => {
  const registry = fakeRegistry({ "b@2.0.0": { a: "1.0.0" } });
  const files = packages({
    ".": { workspaces: ["w"] },
    w: { name: "a", version: "1.0.0", devDependencies: { a: "npm:b@2" } },
  });
  const { tree, warnings } = await resolveIn(registry, files);
  expect(drawTree(tree)).toBe("");
  expect(warnings).toMatchObject([{ code: "ELOSTPACKAGE", package: "a" }]);
});
