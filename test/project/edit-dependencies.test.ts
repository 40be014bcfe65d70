import { expect, test } from "vitest";
import type { Manifest } from "../../src/api/manifest.ts";
import {
  type AddOptions,
  addDependencies,
  localSpec,
  pinsVersion,
  removeDependencies,
  saveDependency,
  savedSpec,
} from "../../src/project/edit-dependencies.ts";
import { parsePackageJson } from "../../src/project/package-json.ts";
import { updatePackageJson } from "../../src/project/update-package-json.ts";
import { parseArg, parseSpec } from "../../src/spec/spec.ts";

/** Adds a dependency. `request` is `name rawSpec`. */
function add(manifest: Manifest, request: string, options: AddOptions = {}): Manifest {
  const [name = "", rawSpec = ""] = request.split(" ");
  return addDependencies(manifest, [{ name, rawSpec }], options);
}

const OPTIONAL_A = { peerDependenciesMeta: { a: { optional: true } } };

test.each<[Manifest, string, Manifest]>([
  [{}, "a ^1", { dependencies: { a: "^1" } }],
  [{ devDependencies: { a: "1" } }, "a ^2", { devDependencies: { a: "^2" } }],
  [{ peerDependencies: { a: "1" }, ...OPTIONAL_A }, "a 2", { peerDependencies: { a: "2" }, ...OPTIONAL_A }],
  [{ dependencies: { a: "^1" } }, "a *", { dependencies: { a: "^1" } }],
])("without a save type, %j with %s becomes %j", (manifest, request, expected) => {
  expect(add(manifest, request)).toEqual(expected);
});

test.each<[NonNullable<AddOptions["saveType"]>, Manifest, Manifest]>([
  ["prod", { devDependencies: { a: "1" }, peerDependencies: { a: "1" } }, { dependencies: { a: "2" } }],
  ["dev", { dependencies: { a: "1", b: "1" } }, { dependencies: { b: "1" }, devDependencies: { a: "2" } }],
  ["peer", { devDependencies: { a: "1" } }, { devDependencies: { a: "2" }, peerDependencies: { a: "2" } }],
  ["optional", {}, { optionalDependencies: { a: "2" }, dependencies: { a: "2" } }],
  ["peerOptional", {}, { peerDependencies: { a: "2" }, ...OPTIONAL_A }],
])(
  "adding a@2 as %s removes it from the sections that this excludes: %j becomes %j",
  (saveType, manifest, expected) => {
    expect(add(manifest, "a 2", { saveType })).toEqual(expected);
  },
);

test("lists bundled dependencies once and sorted, and never peers", () => {
  const manifest = { bundleDependencies: ["z", "a"] };
  expect(add(manifest, "a 1", { saveBundle: true })).toMatchObject({ bundleDependencies: ["a", "z"] });
  expect(add(manifest, "b 1", { saveBundle: true, saveType: "peer" })).toMatchObject({
    bundleDependencies: ["z", "a"],
  });
});

test("removes a dependency from every section, without changing the given manifest", () => {
  const manifest = {
    dependencies: { a: "1" },
    devDependencies: { a: "1", b: "1" },
    bundleDependencies: ["a"],
    peerDependencies: { a: "1" },
    peerDependenciesMeta: { a: { optional: true } },
  };
  const before = structuredClone(manifest);
  expect(removeDependencies(manifest, ["a"])).toEqual({ devDependencies: { b: "1" } });
  expect(manifest).toEqual(before);
});

test.each([
  ["^1.0.0", "1.4.0", "^1.4.0"],
  ["*", "1.4.0", "^1.4.0"],
  ["1.x <1.4.9", "1.4.0", "1.x <1.4.9"],
  ["1.4.0", "1.4.0", "^1.4.0"],
  ["latest", "1.4.0", "^1.4.0"],
  [">=1", "1.4.0", "^1.4.0"],
  ["~1.4", "1.4.0", "~1.4"],
  ["npm:b@~1.4", "1.4.0", "npm:b@~1.4"],
  ["npm:b@1", "1.4.0", "npm:b@^1.4.0"],
  ["file:../b", "1.4.0", "file:../b"],
  ["/p/b.tgz", "1.4.0", "file:../b.tgz"],
  ["u/r#v1", "1.4.0", "github:u/r#v1"],
  ["git+https://x:y@github.com/u/r", "1.4.0", "git+https://x:y@github.com/u/r.git"],
  ["http://h.example/b.tgz", "1.4.0", "http://h.example/b.tgz"],
])("a request for %s that resolved to %s is saved as %s", (raw, version, text) => {
  const packageName = raw.startsWith("npm:") ? "b" : "a";
  const spec = parseSpec("a", raw, "/p/q");
  expect(savedSpec({ name: "a", spec, version, packageName, isWorkspace: false, folder: "/p/q" }, "^")).toBe(text);
});

test("saves a workspace by its version, and keeps a peer range that intersects the dev range", () => {
  const spec = parseSpec("w", "file:../w", "/p/q");
  const saved = { name: "w", spec, version: "1.2.3", packageName: "w", isWorkspace: true, folder: "/p/q" };
  expect(savedSpec(saved, "~")).toBe("~1.2.3");
  const both = { devDependencies: { w: "1" }, peerDependencies: { w: ">=1" } };
  const registry = { ...saved, spec: parseSpec("w", "^1", "/"), isWorkspace: false };
  expect(saveDependency(both, registry, { prefix: "^" })).toEqual({
    devDependencies: { w: "^1.2.3" },
    peerDependencies: { w: ">=1" },
  });
  const apart = { ...registry, spec: parseSpec("w", "2", "/"), version: "2.0.0" };
  expect(saveDependency({ ...both, peerDependencies: { w: "1" } }, apart, { prefix: "^" })).toEqual({
    devDependencies: { w: "^2.0.0" },
    peerDependencies: { w: "^2.0.0" },
  });
  expect(pinsVersion("1.2.3", "1.2.3")).toBe(true);
  expect(pinsVersion("^1.2.3", "1.2.3")).toBe(false);
});

test("saves a local path relative to the package.json that gets it", () => {
  const spec = localSpec(parseArg("./packages/b", "/p"), "/p/packages/a");
  expect([spec.rawSpec, spec.type]).toEqual(["file:../b", "directory"]);
});

test("writes package.json as npm does: sections sorted, and the rest unchanged", () => {
  const text = '{\r\n\t"scripts": {},\r\n\t"devDependencies": {"z": "1"},\r\n\t"name": "p",\r\n\t"x": [1]\r\n}\r\n';
  const read = parsePackageJson(text, "package.json");
  const edited = addDependencies(
    read.manifest,
    [
      { name: "b", rawSpec: "1" },
      { name: "a", rawSpec: "2" },
    ],
    { saveType: "dev" },
  );
  const after =
    '{\n\t"scripts": {},\n\t"devDependencies": {\n\t\t"a": "2",\n\t\t"b": "1",\n\t\t"z": "1"\n\t},\n\t"name": "p",\n\t"x": [\n\t\t1\n\t]\n}\n';
  expect(updatePackageJson(read, edited)).toBe(after.replaceAll("\n", "\r\n"));
  const unsorted = parsePackageJson('{\n  "dependencies": {\n    "a": "1"\n  }\n}', "package.json");
  expect(updatePackageJson(unsorted, unsorted.manifest)).toBeNull();
  expect(updatePackageJson(null, { dependencies: { a: "1" } })).toBe('{\n  "dependencies": {\n    "a": "1"\n  }\n}\n');
});
