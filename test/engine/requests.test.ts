import { expect, test } from "vitest";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { drawTree } from "../support/draw-tree.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf, failureOf } from "../support/outcome.ts";
import { resolveIn, resolveManifest, tree } from "../support/tree.ts";

const PACKAGES = {
  "a@1.0.0": { x: "^1.0.0" },
  "a@1.2.0": { x: "^1.0.0" },
  "a@2.0.0": { x: "^1.0.0" },
  "b@1.0.0": { x: "^1.0.0" },
  "@s/c@0.1.0": {},
  "x@1.0.0": {},
  "x@1.3.0": {},
};
const registry = fakeRegistry(PACKAGES, { tags: { a: { old: "1.0.0" } } });

/** Returns the parsed package.json after a request, or undefined if it is not among the files. */
async function saved(manifest: object, options: ResolveOptions): Promise<unknown> {
  const text = (await resolveManifest(registry, manifest, options)).files["package.json"];
  return text === undefined ? undefined : JSON.parse(text);
}

test.each<[string, ResolveOptions, object]>([
  ["a name", { add: ["a"] }, { dependencies: { a: "^2.0.0" } }],
  ["a version", { add: ["a@1.0.0"] }, { dependencies: { a: "^1.0.0" } }],
  ["a range", { add: ["a@^1.0.0"] }, { dependencies: { a: "^1.2.0" } }],
  ["a range narrower than the caret", { add: ["a@~1.0.0"] }, { dependencies: { a: "~1.0.0" } }],
  ["a tag", { add: ["a@old"] }, { dependencies: { a: "^1.0.0" } }],
  ["an alias", { add: ["z@npm:a@1"] }, { dependencies: { z: "npm:a@^1.2.0" } }],
  ["a scope", { add: ["@s/c"] }, { dependencies: { "@s/c": "^0.1.0" } }],
  ["several", { add: ["b", "a@1"] }, { dependencies: { a: "^1.2.0", b: "^1.0.0" } }],
  ["for development", { add: ["a"], saveType: "dev" }, { devDependencies: { a: "^2.0.0" } }],
  ["as optional", { add: ["a"], saveType: "optional" }, { optionalDependencies: { a: "^2.0.0" } }],
  ["as a peer", { add: ["a"], saveType: "peer" }, { peerDependencies: { a: "^2.0.0" } }],
  // npm does not write peerDependenciesMeta here.
  ["as an optional peer", { add: ["a"], saveType: "peerOptional" }, { peerDependencies: { a: "^2.0.0" } }],
  ["exactly", { add: ["a@^1.0.0"], saveExact: true }, { dependencies: { a: "1.2.0" } }],
  ["with a prefix", { add: ["a"], savePrefix: "~" }, { dependencies: { a: "~2.0.0" } }],
  ["bundled", { add: ["a"], saveBundle: true }, { dependencies: { a: "^2.0.0" }, bundleDependencies: ["a"] }],
])("add %s", async (_, options, manifest) => {
  expect(await saved({}, options)).toEqual(manifest);
});

test("add keeps a dependency in its section, and its range if no range is given", async () => {
  expect(await saved({ devDependencies: { a: "^1.0.0" } }, { add: ["a@2"] })).toEqual({
    devDependencies: { a: "^2.0.0" },
  });
  const { tree: found, files } = await resolveManifest(registry, { dependencies: { a: "^1.0.0" } }, { add: ["a@*"] });
  expect(drawTree(found)).toBe("a@1.2.0\nx@1.3.0");
  expect(JSON.parse(files["package.json"] ?? "{}").dependencies).toEqual({ a: "^1.2.0" });
});

test("adding a package as a dev dependency removes it from dependencies", async () => {
  const manifest = { dependencies: { a: "^1.0.0", b: "1" } };
  expect(await saved(manifest, { add: ["a"], saveType: "dev" })).toMatchObject({
    dependencies: { b: "1" },
    devDependencies: { a: "^2.0.0" },
  });
});

test("add raises a package even if its locked version is valid, and no other package", async () => {
  const manifest = '{\n  "dependencies": {\n    "a": "^1.0.0",\n    "b": "^1.0.0"\n  }\n}\n';
  const older = fakeRegistry({ "a@1.0.0": { x: "^1.0.0" }, "b@1.0.0": { x: "^1.0.0" }, "x@1.0.0": {} });
  const before = await resolveIn(older, { "package.json": manifest });
  const files = { "package.json": manifest, ...before.files };
  expect(drawTree((await resolveIn(registry, files)).tree)).toBe("a@1.0.0\nb@1.0.0\nx@1.0.0");
  const after = await resolveIn(registry, files, { add: ["a@^1.0.0"] });
  expect(drawTree(after.tree)).toBe("a@1.2.0\nb@1.0.0\nx@1.0.0");
  expect(entriesOf(after).get("")?.["dependencies"]).toEqual({ a: "^1.2.0", b: "^1.0.0" });
});

test("rm removes a dependency from every section, and its own dependencies from the lock", async () => {
  const text = '{\n\t"devDependencies": { "a": "1" },\n\t"dependencies": {\n\t\t"a": "1",\n\t\t"@s/c": "0.1"\n\t}\n}\n';
  const before = await resolveIn(registry, { "package.json": text });
  const { files, tree: found } = await resolveIn(registry, { "package.json": text, ...before.files }, { rm: ["a"] });
  expect(drawTree(found)).toBe("@s/c@0.1.0");
  expect(files["package.json"]).toBe('{\n\t"dependencies": {\n\t\t"@s/c": "0.1"\n\t}\n}\n');
  expect(Object.keys(files).sort()).toEqual(["package-lock.json", "package.json"]);
});

test("rm of an unknown name changes nothing", async () => {
  expect(await saved({ dependencies: { a: "1" } }, { rm: ["gone"] })).toBeUndefined();
});

const OLD = fakeRegistry({ "a@1.0.0": { x: "^1.0.0" }, "b@1.0.0": { x: "^1.0.0" }, "x@1.0.0": {} });
const MANIFEST = { "package.json": '{\n  "dependencies": {\n    "a": "^1.0.0",\n    "b": "^1.0.0"\n  }\n}\n' };

test.each<[string, ResolveOptions["update"], string]>([
  ["one name", ["a"], "a@1.2.0\nb@1.0.0\nx@1.0.0"],
  ["a name deep in the tree", { names: ["x"] }, "a@1.0.0\nb@1.0.0\nx@1.3.0"],
  ["everything", true, "a@1.2.0\nb@1.0.0\nx@1.3.0"],
  ["everything, as an object", { all: true }, "a@1.2.0\nb@1.0.0\nx@1.3.0"],
  ["a name that is not in the tree", ["gone"], "a@1.0.0\nb@1.0.0\nx@1.0.0"],
])("update %s", async (_, update, drawn) => {
  const before = await resolveIn(OLD, MANIFEST);
  const after = await resolveIn(registry, { ...MANIFEST, ...before.files }, { update: update ?? false, save: false });
  expect(drawTree(after.tree)).toBe(drawn);
  expect(Object.keys(after.files)).toEqual(["package-lock.json"]);
});

test("update saves the new versions, unless save is off", async () => {
  const before = await resolveIn(OLD, MANIFEST);
  const after = await resolveIn(registry, { ...MANIFEST, ...before.files }, { update: true, save: true });
  expect(JSON.parse(after.files["package.json"] ?? "")).toEqual({ dependencies: { a: "^1.2.0", b: "^1.0.0" } });
});

test("update rejects names with a version", async () => {
  const failure = await failureOf(resolveIn(registry, MANIFEST, { update: ["a@2"] }));
  expect(failure).toMatchObject({ code: "EUPDATEARGS", package: "a@2" });
  expect(failure.wayOut.map(({ text }) => text)).toEqual(["Update a, without a version."]);
});

test.each([
  ["add", { add: 5 }],
  ["add[0]", { add: [5] }],
  ["rm", { rm: {} }],
  ["workspaces", { workspaces: "one", add: ["a"] }],
  ["update", { update: "react" }],
  ["update", { update: 5 }],
])("%s is refused if it is not a list of names: %j", async (name, options) => {
  const failure = await failureOf(tree(registry, {}, options as ResolveOptions));
  expect(failure).toMatchObject({ code: "EINVALIDOPTION" });
  expect(failure.message).toContain(`options.${name} must be`);
});

test("no way out of a git dependency is a change that installs the registry's package of that name", async () => {
  const direct = await failureOf(tree(registry, { x: "github:user/x" }));
  expect(direct.wayOut[0]?.text).toContain("in package.json");
  const inner = await failureOf(tree(fakeRegistry({ "a@1.0.0": { x: "github:user/x" } }), { a: "1" }));
  expect(inner.wayOut[0]?.text).toContain("in an override");
  for (const { code, wayOut } of [direct, inner]) {
    expect(code).toBe("EUNSUPPORTED");
    expect(new Set(wayOut.map(({ kind }) => kind))).toEqual(new Set(["other"]));
  }
});

const WORKSPACES = {
  "package.json": '{\n  "workspaces": ["packages/*"]\n}\n',
  "packages/one/package.json": '{\n  "name": "one",\n  "version": "1.0.0"\n}\n',
  "packages/two/package.json": '{\n  "name": "@s/two",\n  "version": "1.0.0"\n}\n',
};

test.each([
  ["by name", ["one"], ["packages/one"]],
  ["by folder", ["packages/two"], ["packages/two"]],
  ["several", ["one", "@s/two"], ["packages/one", "packages/two"]],
])("add to workspaces %s", async (_, workspaces, folders) => {
  const { files, tree: found } = await resolveIn(registry, WORKSPACES, { add: ["b"], workspaces });
  const changed = folders.map((folder) => `${folder}/package.json`);
  expect(Object.keys(files).sort()).toEqual(["package-lock.json", ...changed]);
  for (const path of changed) expect(JSON.parse(files[path] ?? "").dependencies).toEqual({ b: "^1.0.0" });
  expect(found.get("node_modules/b")?.version).toBe("1.0.0");
});

test("includeWorkspaceRoot adds to the project too", async () => {
  const options = { add: ["b"], workspaces: ["one"], includeWorkspaceRoot: true };
  const { files } = await resolveIn(registry, WORKSPACES, options);
  expect(Object.keys(files).sort()).toEqual(["package-lock.json", "package.json", "packages/one/package.json"]);
});

test("a workspace is added by its version", async () => {
  const { files, tree: found } = await resolveIn(registry, WORKSPACES, { add: ["one"], workspaces: ["@s/two"] });
  expect(JSON.parse(files["packages/two/package.json"] ?? "").dependencies).toEqual({ one: "^1.0.0" });
  expect(found.get("packages/two")?.edgesOut[0]?.to?.location).toBe("node_modules/one");
});

test("an unknown workspace is ENOWORKSPACES, which lists the workspaces", async () => {
  const failure = await failureOf(resolveIn(registry, WORKSPACES, { add: ["b"], workspaces: ["three"] }));
  expect(failure).toMatchObject({ code: "ENOWORKSPACES", package: "three", found: "one, @s/two" });
  expect(failure.wayOut.length).toBeGreaterThan(0);
});

test.each<[string, ResolveOptions, object]>([
  ["a package that does not exist", { add: ["gone"] }, { code: "E404", package: "gone" }],
  ["a version that does not exist", { add: ["a@9.9.9"] }, { code: "ETARGET", package: "a", spec: "9.9.9" }],
  ["a tag that does not exist", { add: ["a@oldd"] }, { code: "ETARGET", package: "a", spec: "oldd" }],
  ["a repository", { add: ["github:user/repo"] }, { code: "EUNSUPPORTED" }],
  ["no name at all", { add: ["a b"] }, { code: "EINVALIDTAGNAME" }],
])("adding %s fails and says so", async (_, options, expected) => {
  const failure = await failureOf(tree(registry, {}, options));
  expect(failure).toMatchObject(expected);
});

test("what is requested for a workspace that the lock lacks is ignored, as in npm, with a warning", async () => {
  const old = await resolveIn(registry, { "package.json": "{}" });
  const first = await resolveIn(registry, { ...WORKSPACES, ...old.files }, { add: ["b"], workspaces: ["one"] });
  expect(Object.keys(first.files)).toEqual(["package-lock.json"]);
  expect(first.tree.get("node_modules/one")?.isLink).toBe(true);
  expect(first.tree.get("node_modules/b")).toBeUndefined();
  expect(first.warnings).toMatchObject([{ code: "ENEWWORKSPACE", package: "one" }]);
  const again = await resolveIn(registry, { ...WORKSPACES, ...first.files }, { add: ["b"], workspaces: ["one"] });
  expect(again.tree.get("node_modules/b")?.version).toBe("1.0.0");
  expect(again.warnings).toEqual([]);
});
