import fc from "fast-check";
import { expect, test } from "vitest";
import { FileIndex, type FoundFile } from "../../src/install/file-index.ts";
import { codeOf, indexOf, packOf } from "./index-of.ts";

const TREE = indexOf(
  {
    "node_modules/a": ["package.json", "lib/a.js", "lib/deep/b.js", "cli.js"],
    "node_modules/@s/b": ["package.json", "node_modules/bundled/index.js", "node_modules/own/old.js"],
    "node_modules/@s/b/node_modules/own": ["package.json"],
    "packages/w/node_modules/a": ["package.json", "run.sh"],
    "node_modules/__proto__": ["constructor", "toString/__proto__"],
  },
  {
    "node_modules/w": "packages/w",
    "node_modules/.bin/a": "node_modules/a/cli.js",
    "node_modules/.bin/gone": "node_modules/a/none.js",
    "packages/w/node_modules/.bin/a": "packages/w/node_modules/a/run.sh",
  },
  { "package.json": "{}", "packages/w/index.js": "export {};", "src/main.js": new Uint8Array([1, 2]) },
);

const where = (found: FoundFile): string =>
  "pack" in found ? `${found.pack.location}: ${found.pack.index.paths[found.position]}` : `own: ${found.path}`;

test("lists every file by package, then the links, without bundled files that a separate package hides", () => {
  expect(TREE.paths()).toEqual([
    "node_modules/a/package.json",
    "node_modules/a/lib/a.js",
    "node_modules/a/lib/deep/b.js",
    "node_modules/a/cli.js",
    "node_modules/@s/b/package.json",
    "node_modules/@s/b/node_modules/bundled/index.js",
    "node_modules/@s/b/node_modules/own/package.json",
    "packages/w/node_modules/a/package.json",
    "packages/w/node_modules/a/run.sh",
    "node_modules/__proto__/constructor",
    "node_modules/__proto__/toString/__proto__",
    "node_modules/w",
    "node_modules/.bin/a",
    "node_modules/.bin/gone",
    "packages/w/node_modules/.bin/a",
  ]);
});

test("a link hides bundled files at its path", () => {
  const index = indexOf(
    { "node_modules/a": ["x.js", "node_modules/w/old.js"] },
    { "node_modules/a/node_modules/w": "packages/w" },
    { "packages/w/new.js": "" },
  );
  expect(index.paths()).toEqual(["node_modules/a/x.js", "node_modules/a/node_modules/w"]);
  expect(index.exists("node_modules/a/node_modules/w/old.js")).toBe(false);
  expect(index.readdir("node_modules/a/node_modules/w")).toEqual(["new.js"]);
});

test.each([
  ["node_modules/a/lib/a.js", "node_modules/a: lib/a.js"],
  ["/node_modules//a/./lib/deep/../a.js", "node_modules/a: lib/a.js"],
  ["node_modules/@s/b/node_modules/bundled/index.js", "node_modules/@s/b: node_modules/bundled/index.js"],
  ["node_modules/@s/b/node_modules/own/package.json", "node_modules/@s/b/node_modules/own: package.json"],
  ["node_modules/.bin/a", "node_modules/a: cli.js"],
  ["node_modules/w/node_modules/a/run.sh", "packages/w/node_modules/a: run.sh"],
  ["node_modules/w/index.js", "own: packages/w/index.js"],
  ["src/main.js", "own: src/main.js"],
  ["node_modules/__proto__/constructor", "node_modules/__proto__: constructor"],
  ["node_modules/__proto__/toString/__proto__", "node_modules/__proto__: toString/__proto__"],
])("finds %s", (path, expected) => {
  expect(where(TREE.find(path))).toBe(expected);
});

test.each([
  ["node_modules/a/none.js", "ENOENT"],
  ["node_modules/a/lib/a.js/deeper", "ENOTDIR"],
  ["node_modules/a/lib", "EISDIR"],
  ["node_modules/a", "EISDIR"],
  ["node_modules/@s", "EISDIR"],
  ["node_modules", "EISDIR"],
  ["", "EISDIR"],
  ["packages/w", "EISDIR"],
  ["node_modules/w", "EISDIR"],
  ["node_modules/.bin/gone", "ENOENT"],
  ["node_modules/@s/b/node_modules/own/old.js", "ENOENT"],
  ["node_modules/constructor", "ENOENT"],
  ["node_modules/__proto__/__proto__", "ENOENT"],
  ["node_modules/@s/c/package.json", "ENOENT"],
  ["node_modules/aa/package.json", "ENOENT"],
  ["../project/package.json", "ENOENT"],
  ["node_modules/../../package.json", "ENOENT"],
])("does not find %s: %s", (path, code) => {
  expect(codeOf(() => TREE.find(path))).toBe(code);
  expect(codeOf(() => TREE.stat(path))).toBe(code === "EISDIR" ? "" : code);
  expect(TREE.exists(path)).toBe(code === "EISDIR");
  expect(TREE.kind(path)).toBe(code === "EISDIR" ? "directory" : null);
});

test("circles of links and links out of the project lead nowhere", () => {
  const index = indexOf(
    {},
    { "node_modules/a": "node_modules/b", "node_modules/b": "node_modules/a", c: "c/d", out: "../x" },
  );
  for (const path of ["node_modules/a", "node_modules/b/x", "c", "c/d"]) {
    expect(codeOf(() => index.find(path))).toBe("ELOOP");
    expect(index.exists(path)).toBe(false);
  }
  expect(codeOf(() => index.find("out"))).toBe("ENOENT");
  expect(index.lstat("node_modules/a")).toMatchObject({ kind: "link", target: "b" });
});

test("a folder lists the entries of packs, links and the project, sorted", () => {
  expect(TREE.readdir("")).toEqual(["node_modules", "package.json", "packages", "src"]);
  expect(TREE.readdir("node_modules")).toEqual([".bin", "@s", "__proto__", "a", "w"]);
  expect(TREE.readdir("node_modules/.bin")).toEqual(["a", "gone"]);
  expect(TREE.readdir("node_modules/a/")).toEqual(["cli.js", "lib", "package.json"]);
  expect(TREE.readdir("node_modules/@s/b/node_modules")).toEqual(["bundled", "own"]);
  expect(TREE.readdir("node_modules/w")).toEqual(["index.js", "node_modules"]);
  expect(codeOf(() => TREE.readdir("node_modules/a/cli.js"))).toBe("ENOTDIR");
  expect(codeOf(() => TREE.readdir("node_modules/none"))).toBe("ENOENT");
});

test("sizes and modes are the archive's, and commands are executable", () => {
  const index = new FileIndex(
    [{ location: "node_modules/a", index: packOf("cli.js", "run.sh"), executables: new Set(["cli.js"]) }],
    [{ path: "node_modules/.bin/a", to: "node_modules/a/cli.js" }],
  );
  expect(index.stat("node_modules/a/cli.js")).toEqual({ kind: "file", size: 6, mode: 0o755 });
  expect(index.stat("node_modules/.bin/a")).toEqual({ kind: "file", size: 6, mode: 0o755 });
  expect(index.stat("node_modules/a")).toEqual({ kind: "directory", size: 0, mode: 0o755 });
  expect(index.lstat("node_modules/.bin/a")).toEqual({ kind: "link", size: 0, mode: 0o777, target: "../a/cli.js" });
  expect(TREE.stat("src/main.js")).toEqual({ kind: "file", size: 2, mode: 0o644 });
  expect(TREE.stat("node_modules/a/cli.js").mode).toBe(0o644);
});

test("realpath follows links, also of folders", () => {
  expect(TREE.realpath("node_modules/w/node_modules/.bin/a")).toBe("packages/w/node_modules/a/run.sh");
  expect(TREE.realpath("./node_modules/w/")).toBe("packages/w");
  expect(codeOf(() => TREE.realpath("node_modules/w/none"))).toBe("ENOENT");
});

test("a command comes from the nearest .bin", () => {
  expect(TREE.resolveBin("a")).toBe("node_modules/a/cli.js");
  expect(TREE.resolveBin("a", "packages/w")).toBe("packages/w/node_modules/a/run.sh");
  expect(TREE.resolveBin("a", "node_modules/w")).toBe("packages/w/node_modules/a/run.sh");
  expect(TREE.resolveBin("a", "src/deep")).toBe("node_modules/a/cli.js");
  for (const name of ["gone", "none", "", "..", "../a/cli.js", "__proto__"]) expect(TREE.resolveBin(name)).toBe(null);
});

test("packs by location: nested folders and links find their pack, each once", () => {
  const locations = ["node_modules/a", "node_modules/a/lib", "node_modules/@s/b/node_modules/bundled"];
  expect(TREE.packs(locations).map(({ location }) => location)).toEqual(["node_modules/a", "node_modules/@s/b"]);
  expect(TREE.packs()).toHaveLength(5);
  expect(codeOf(() => TREE.packs(["node_modules/none"]))).toBe("ENOENT");
});

test.each([
  ["node_modules/*/package.json", ["node_modules/a/package.json"]],
  ["**/package.json", TREE.paths().filter((path) => path.endsWith("/package.json"))],
  ["./node_modules/a/lib/**", ["node_modules/a/lib/a.js", "node_modules/a/lib/deep/b.js"]],
  ["node_modules/a/{cli,lib/a}.js", ["node_modules/a/lib/a.js", "node_modules/a/cli.js"]],
  ["node_modules/[!@_.]/*.j?", ["node_modules/a/cli.js"]],
  ["node_modules/.bin/*", ["node_modules/.bin/a", "node_modules/.bin/gone"]],
  ["node_modules/*", ["node_modules/w"]],
  ["node_modules//a/cli.js", ["node_modules/a/cli.js"]],
  ["**/none", []],
])("glob %s", (pattern, expected) => {
  expect(TREE.glob(pattern)).toEqual(expected);
});

/** Random trees with nested, scoped and bundled packages. The content of a path follows from all paths together. */
const location = fc
  .array(fc.constantFrom("a", "b", "@s/a", "__proto__"), { minLength: 1, maxLength: 3 })
  .map((names) => names.map((name) => `node_modules/${name}`).join("/"));
const file = fc.constantFrom(
  "package.json",
  "lib/x.js",
  "lib/y/z.js",
  "node_modules/b/index.js",
  "node_modules/b/node_modules/a/i.js",
);
const trees = fc.dictionary(location, fc.uniqueArray(file, { minLength: 1 }), { maxKeys: 6 });

test("law: every listed file is found in its own pack, and folders have exactly the listed entries", () => {
  fc.assert(
    fc.property(trees, (packs) => {
      const index = indexOf(packs);
      const paths = index.paths();
      expect(new Set(paths).size).toBe(paths.length);
      const walked: string[] = [];
      const walk = (folder: string): void => {
        for (const name of index.readdir(folder)) {
          const path = folder ? `${folder}/${name}` : name;
          if (index.kind(path) === "file") walked.push(path);
          else walk(path);
        }
      };
      walk("");
      // A folder may stay although a separate package hides all its files. A file may not.
      expect(walked.sort()).toEqual([...paths].sort());
      for (const path of paths) {
        const found = index.find(path);
        if (!("pack" in found)) throw new Error(path);
        expect(`${found.pack.location}/${found.pack.index.paths[found.position]}`).toBe(path);
      }
    }),
    { numRuns: 300 },
  );
});
