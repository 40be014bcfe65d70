import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { createInstaller } from "../../web/index.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";

const registry = fakeRegistry({ "a@1.2.0": {}, "b@1.0.0": { a: "1" }, "c@1.0.0-rc.1": {} });
const FILES = { "p/1.patch": "one", "p/2.patch": "two", "3.patch": new Uint8Array([0xff]) };

async function resolve(
  patchedDependencies: unknown,
  { npm = "12.2.2", more = {}, ...options }: ResolveOptions & { npm?: string; more?: object } = {},
): Promise<Resolution> {
  const manifest = { dependencies: { a: "1", c: "1.0.0-rc.1", z: "npm:b@1" }, ...more, patchedDependencies };
  const { url, fetch } = registry;
  const installer = await createInstaller({ registry: url, fetch, mode: "inline", retries: 0, platform: { npm } });
  try {
    const files = { "package.json": JSON.stringify(manifest), ...FILES };
    return await installer.resolve({ files }, options);
  } finally {
    installer.dispose();
  }
}

/** Returns the path of each patched package's patch, by location. */
const paths = ({ tree }: Resolution): Record<string, string> =>
  Object.fromEntries(tree.nodes.flatMap(({ location, patched }) => (patched ? [[location, patched.path]] : [])));

const A = "node_modules/a";

test.each<[string, object, Record<string, string>]>([
  ["a bare name", { a: "p/1.patch" }, { [A]: "p/1.patch" }],
  ["an exact version before a range", { "a@1": "p/2.patch", "a@1.2.0": "p/1.patch" }, { [A]: "p/1.patch" }],
  ["an exact version with v", { a: "p/2.patch", "a@v1.2.0": "p/1.patch" }, { [A]: "p/1.patch" }],
  ["a range before a bare name", { a: "p/2.patch", "a@>=1": "p/1.patch" }, { [A]: "p/1.patch" }],
  ["the narrowest range", { "a@>=1": "p/2.patch", "a@^1.1": "p/1.patch", "a@*": "3.patch" }, { [A]: "p/1.patch" }],
  ["the first of equal ranges", { "a@^1.2": "p/1.patch", "a@1.2 - 1": "p/2.patch" }, { [A]: "p/2.patch" }],
  ["no range that excludes the version", { "a@2": "p/1.patch", "a@1": "p/2.patch" }, { [A]: "p/2.patch" }],
  ["no range for a prerelease", { "c@*": "p/1.patch", a: "p/2.patch" }, { [A]: "p/2.patch" }],
  ["the alias of an alias", { z: "p/1.patch", b: "p/2.patch" }, { "node_modules/z": "p/1.patch" }],
  ["a path as it is written", { a: "./p/../p/1.patch" }, { [A]: "./p/../p/1.patch" }],
  ["no entries", {}, {}],
])("matches %s", async (_, patches, expected) => {
  expect(paths(await resolve(patches, { allowUnusedPatches: true }))).toEqual(expected);
});

test.each<[unknown, string]>([
  [{ a: "none.patch" }, "EPATCHNOTFOUND"],
  [{ a: "p" }, "EPATCHNOTFOUND"],
  [{ a: "../1.patch" }, "EPATCHUNSAFE"],
  [{ a: "/p/1.patch" }, "EPATCHUNSAFE"],
  [{ a: "." }, "EPATCHUNSAFE"],
  [{ a: "" }, "EPATCHUNSAFE"],
  [{ a: 5 }, "EPATCHUNSAFE"],
  [{ a: null }, "EPATCHUNSAFE"],
  [{ x: "p/1.patch" }, "EPATCHUNUSED"],
  [{ "a@2": "p/1.patch" }, "EPATCHUNUSED"],
  [{ "a@latest": "p/1.patch" }, "EPATCHUNUSED"],
  [{ a: "p/1.patch", "a@1.2.0": "p/2.patch" }, "EPATCHUNUSED"],
  // npm takes the members of a list, and the letters of a text, for entries
  [["a"], "EPATCHUNUSED"],
  ["a", "EPATCHUNUSED"],
  [{ "a@>=1.1": "p/1.patch", "a@<1.5": "p/2.patch" }, "EPATCHAMBIGUOUS"],
  [Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`x${i}`, "p/1.patch"])), "ELIMIT"],
])("refuses %j", async (patches, code) => {
  expect((await failureOf(resolve(patches))).code).toBe(code);
});

test.each([null, false, 0, ""])("takes %j for no patches", async (patches) => {
  expect(paths(await resolve(patches))).toEqual({});
});

test("the mark has the hash of the file's bytes", async () => {
  const { tree } = await resolve({ a: "3.patch" });
  const integrity = `sha512-${createHash("sha512").update(FILES["3.patch"]).digest("base64")}`;
  expect(tree.get(A)?.patched).toEqual({ integrity, path: "3.patch" });
});

test("rm drops the entries of its package from package.json, and no others", async () => {
  const patches = { a: "p/1.patch", "c@1.0.0-rc.1": "p/2.patch", "c@2": "p/2.patch" };
  const { files } = await resolve(patches, { rm: ["c"] });
  expect(JSON.parse(files["package.json"] ?? "{}").patchedDependencies).toEqual({ a: "p/1.patch" });
  const last = await resolve({ c: "p/1.patch" }, { rm: ["c"] });
  expect(JSON.parse(last.files["package.json"] ?? "{}")).not.toHaveProperty("patchedDependencies");
});

test("npm 11 does not know the field, and keeps it", async () => {
  const { tree, files } = await resolve({ x: "none" }, { npm: "11.19.1", rm: ["c"] });
  expect(tree.nodes.every(({ patched }) => patched === null)).toBe(true);
  expect(JSON.parse(files["package.json"] ?? "{}").patchedDependencies).toEqual({ x: "none" });
});
