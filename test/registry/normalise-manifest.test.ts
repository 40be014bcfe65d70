import { expect, test } from "vitest";
import { normaliseManifest } from "../../src/registry/normalise-manifest.ts";

const NAMED = { name: "@scope/pkg", version: "1.0.0" };

test.each([
  ["bundledDependencies is the other spelling", { bundledDependencies: ["a"] }, { bundleDependencies: ["a"] }],
  [
    "which loses to the first",
    { bundledDependencies: ["a"], bundleDependencies: ["b"] },
    { bundleDependencies: ["b"] },
  ],
  ["nothing bundled", { bundleDependencies: false }, { bundleDependencies: [] }],
  [
    "all bundled",
    { bundleDependencies: true, dependencies: { a: "1" } },
    { bundleDependencies: ["a"], dependencies: { a: "1" } },
  ],
  ["bundled by name", { bundleDependencies: { a: "1" } }, { bundleDependencies: ["a"] }],
  ["bundled nonsense", { bundleDependencies: "a" }, {}],
  [
    "an optional dependency is no other kind",
    { dependencies: { a: "1", b: "2" }, optionalDependencies: { a: "3" } },
    { dependencies: { b: "2" }, optionalDependencies: { a: "3" } },
  ],
  [
    "and may leave none",
    { dependencies: { a: "1" }, optionalDependencies: { a: "3" } },
    { optionalDependencies: { a: "3" } },
  ],
  ["scripts are text", { scripts: { test: "x", build: 1, lint: null } }, { scripts: { test: "x" } }],
  ["scripts are an object", { scripts: "x" }, {}],
  ["funding is an object", { funding: "https://example.test" }, { funding: { url: "https://example.test" } }],
  ["funding may be a list", { funding: ["x"] }, { funding: ["x"] }],
  ["specs are left as they are", { dependencies: { a: " not a spec " } }, { dependencies: { a: " not a spec " } }],
  [
    "bin takes the last part of the name",
    { ...NAMED, bin: "./cli.js" },
    { ...NAMED, _id: "@scope/pkg@1.0.0", bin: { pkg: "cli.js" } },
  ],
  ["bin without a name is nothing", { bin: "./cli.js" }, {}],
  ["bin may be a list", { bin: ["./bin/a.js", "b"] }, { bin: { "a.js": "bin/a.js", b: "b" } }],
  ["commands have no folder", { bin: { "../x/y": "a", "c:d": "e", "p\\q": "r" } }, { bin: { y: "a", d: "e", q: "r" } }],
  [
    "commands stay inside",
    { bin: { a: "../../../etc/passwd", b: "/c/./d//e/", f: "..\\g" } },
    { bin: { a: "etc/passwd", b: "c/d/e/", f: "g" } },
  ],
  ["commands that lead nowhere are dropped", { bin: { a: "", b: "..", "..": "x", "": "y", c: 1 } }, {}],
])("%s", (_, raw, expected) => {
  expect(normaliseManifest(structuredClone(raw))).toEqual(expected);
});

test("a value that is not an object becomes an empty manifest", () => {
  for (const raw of [null, undefined, 1, "text", true]) expect(normaliseManifest(raw)).toEqual({});
});

test("names like `__proto__` do not change any object's prototype", () => {
  const raw = JSON.parse(
    '{"bin":{"__proto__":"x.js"},"optionalDependencies":{"__proto__":"1"},"dependencies":{"a":"1"}}',
  );
  const manifest = normaliseManifest(raw);
  expect(Object.getPrototypeOf(manifest.bin ?? {})).toBe(Object.prototype);
  expect(manifest.dependencies).toEqual({ a: "1" });
});
