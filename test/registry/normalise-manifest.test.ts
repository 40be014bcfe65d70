import fc from "fast-check";
import { expect, test } from "vitest";
import { normaliseManifest } from "../../src/registry/normalise-manifest.ts";

const NAMED = { name: "@scope/pkg", version: "1.0.0" };

test.each([
  ["bundledDependencies becomes bundleDependencies", { bundledDependencies: ["a"] }, { bundleDependencies: ["a"] }],
  [
    "bundleDependencies wins over bundledDependencies",
    { bundledDependencies: ["a"], bundleDependencies: ["b"] },
    { bundleDependencies: ["b"] },
  ],
  ["false bundles nothing", { bundleDependencies: false }, { bundleDependencies: [] }],
  [
    "true bundles all dependencies",
    { bundleDependencies: true, dependencies: { a: "1" } },
    { bundleDependencies: ["a"], dependencies: { a: "1" } },
  ],
  ["an object bundles its keys", { bundleDependencies: { a: "1" } }, { bundleDependencies: ["a"] }],
  ["any other value of bundleDependencies is dropped", { bundleDependencies: "a" }, {}],
  [
    "an optional dependency is removed from dependencies",
    { dependencies: { a: "1", b: "2" }, optionalDependencies: { a: "3" } },
    { dependencies: { b: "2" }, optionalDependencies: { a: "3" } },
  ],
  [
    "dependencies is dropped if it is then empty",
    { dependencies: { a: "1" }, optionalDependencies: { a: "3" } },
    { optionalDependencies: { a: "3" } },
  ],
  [
    "scripts that are not strings are dropped",
    { scripts: { test: "x", build: 1, lint: null } },
    { scripts: { test: "x" } },
  ],
  ["scripts is dropped if it is not an object", { scripts: "x" }, {}],
  [
    "a string funding becomes an object",
    { funding: "https://example.test" },
    { funding: { url: "https://example.test" } },
  ],
  ["a list of funding stays", { funding: ["x"] }, { funding: ["x"] }],
  ["specs stay unchanged", { dependencies: { a: " not a spec " } }, { dependencies: { a: " not a spec " } }],
  [
    "a string bin is named after the last part of the name",
    { ...NAMED, bin: "./cli.js" },
    { ...NAMED, _id: "@scope/pkg@1.0.0", bin: { pkg: "cli.js" } },
  ],
  ["a string bin without a name is dropped", { bin: "./cli.js" }, {}],
  ["a list of bins becomes an object", { bin: ["./bin/a.js", "b"] }, { bin: { "a.js": "bin/a.js", b: "b" } }],
  [
    "commands lose their folder",
    { bin: { "../x/y": "a", "c:d": "e", "p\\q": "r" } },
    { bin: { y: "a", d: "e", q: "r" } },
  ],
  [
    "paths of commands stay inside the package",
    { bin: { a: "../../../etc/passwd", b: "/c/./d//e/", f: "..\\g" } },
    { bin: { a: "etc/passwd", b: "c/d/e/", f: "g" } },
  ],
  ["commands without a name or a path are dropped", { bin: { a: "", b: "..", "..": "x", "": "y", c: 1 } }, {}],
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

test("law: the path of a command is resolved segment by segment, and never leaves the package", () => {
  const segment = fc.constantFrom("a", "b.js", "@s", "-x", "c..d", ".", "..", "", ".e", "f\\g", "h:i");
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
      const kept: string[] = [];
      // Backslashes separate segments like slashes. Colons do too, but only after `..` was resolved.
      const parts = segments.join("/").replaceAll("\\", "/").split("/");
      for (const part of parts) {
        if (part === "..") kept.pop();
        else if (part !== "" && part !== ".") kept.push(part.replace(":", "/"));
      }
      const folder = kept.length > 0 && parts.at(-1) === "" ? "/" : "";
      const expected = kept.length > 0 ? { bin: { c: kept.join("/") + folder } } : {};
      expect(normaliseManifest({ bin: { c: segments.join("/") } })).toEqual(expected);
    }),
  );
});

test.each([
  [10_000, "commands"],
  [10_001, "ELIMIT"],
])("a bin of %i commands gives %s", (count, outcome) => {
  const commands = Array.from({ length: count }, (_, at) => [`c${at}`, `./${at}.js`]);
  const read = (): string =>
    Object.keys(normaliseManifest({ name: "a", bin: Object.fromEntries(commands) }).bin as object).length === count
      ? "commands"
      : "fewer";
  if (outcome === "commands") expect(read()).toBe(outcome);
  else
    expect(read).toThrow(
      expect.objectContaining({ code: outcome, message: expect.stringContaining("a has more than 10000 commands") }),
    );
});
