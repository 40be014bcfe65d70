import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeResolveOptions } from "../../src/api/install.ts";
import { NodeResolver } from "../../src/node/resolve.ts";
import { DiskProject, NodeOracle, type Question } from "./disk.ts";

let oracle: NodeOracle;
beforeAll(() => {
  oracle = new NodeOracle();
});
afterAll(() => oracle[Symbol.dispose]());

const IMPORT: NodeResolveOptions = {
  conditions: ["node", "import", "module-sync", "node-addons"],
  mainFields: ["main"],
  extensions: [],
};
const REQUIRE: NodeResolveOptions = {
  conditions: ["node", "require", "module-sync", "node-addons"],
  mainFields: ["main"],
  extensions: [".js", ".json", ".node"],
};

const condition = fc.constantFrom(
  "import",
  "require",
  "node",
  "default",
  "browser",
  "module-sync",
  "0",
  "1.5",
  "__proto__",
);
const target: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<unknown>(
      "./index.js",
      "./lib/a.js",
      "./lib/*.js",
      "./lib/*",
      "./*",
      "./*/*.js",
      "./lib",
      "./none.js",
      "./lib//a.js",
      "./lib/./a.js",
      "./lib/../index.js",
      "./%2e%2E/b/index.js",
      "./node_modules/inner/index.js",
      "../b/index.js",
      "/lib/a.js",
      "lib/a.js",
      "b",
      "b/lib/*",
      "fs",
      "node:fs",
      "#a",
      "./",
      null,
      null,
      5,
      true,
    ),
    fc.array(tie("node"), { maxLength: 3 }),
    fc
      .uniqueArray(fc.tuple(condition, tie("node")), { maxLength: 3, selector: ([key]) => key })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).node;

const subpath = fc.constantFrom(
  ".",
  "./a",
  "./lib/a.js",
  "./lib/*",
  "./lib/*.js",
  "./lib/*/b.js",
  "./l*",
  "./*",
  "./*.js",
  "./lib/",
  "./*/*",
  "./lib/deep/*",
  "./package.json",
  "./",
);
const importName = fc.constantFrom(
  "#a",
  "#lib/*",
  "#lib/a.js",
  "#*",
  "#lib/*.js",
  "#",
  "#/x",
  "#b/*",
  "#lib/",
  "b",
  "#*/*",
);

const mapOf = (key: fc.Arbitrary<string>): fc.Arbitrary<unknown> =>
  fc
    .uniqueArray(fc.tuple(key, target), { maxLength: 5, selector: ([name]) => name })
    .map((entries) => Object.fromEntries(entries));

const main = fc.constantFrom<unknown>(
  "index.js",
  "lib",
  "lib/a",
  "./lib/a.js",
  "none",
  "",
  "../b/index.js",
  "lib/deep/",
  5,
  null,
);

const manifest = fc.record(
  {
    name: fc.constantFrom("a", "@s/c", "root"),
    main,
    exports: fc.oneof(
      { weight: 4, arbitrary: mapOf(subpath) },
      { weight: 3, arbitrary: target },
      mapOf(fc.oneof(subpath, condition)),
    ),
    imports: mapOf(importName),
  },
  { requiredKeys: [] },
);

const files = (folder: string): Record<string, string> =>
  Object.fromEntries(
    [
      "index.js",
      "lib/a.js",
      "lib/index.js",
      "lib/deep/b.js",
      "lib/deep/index.json",
      "a.json",
      "node_modules/inner/index.js",
    ].map((path) => [`${folder}${path}`, path.endsWith("json") ? "{}" : "module.exports = 1;"]),
  );

const specifier = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("a", "b", "@s/c", "root", "linked"),
      fc.constantFrom(
        "",
        "/",
        "/a",
        "/lib",
        "/lib/",
        "/lib/a",
        "/lib/a.js",
        "/lib/deep",
        "/lib/deep/b.js",
        "/index",
        "/index.js",
        "/lib//a.js",
        "/../b",
        "/none",
        "/package.json",
        "/lib/node_modules/x.js",
        "/lib/../a.js",
        "/*",
      ),
    )
    .map((parts) => parts.join("")),
  fc.constantFrom(
    "#a",
    "#lib/a",
    "#lib/a.js",
    "#lib/deep/b.js",
    "#b/a.js",
    "#x",
    "#",
    "#/x",
    "#lib/",
    "#lib/../x",
    "#lib/*",
  ),
  fc.constantFrom(
    ".",
    "..",
    "./",
    "../",
    "./lib",
    "./lib/",
    "./lib/a",
    "./lib/a.js",
    "../index.js",
    "./a",
    "./.",
    "../lib/..",
    "./none",
  ),
  fc.constantFrom("fs", "node:fs", "fs/promises", "fs/", "fs/none", "none", "@s", "@s/none", "inner", "file"),
);

const importer = fc.constantFrom(
  "index.js",
  "lib/a.js",
  "node_modules/a/lib/a.js",
  "node_modules/@s/c/index.js",
  "packages/linked/lib/a.js",
);

const project = fc.record({
  root: manifest,
  a: fc.option(manifest),
  // Node skips a list's target if another package's `exports` are faulty. Here that is an error.
  b: fc.option(fc.record({ exports: fc.constantFrom("./lib/a.js", { ".": null, "./lib/*": "./lib/*" }) })),
  c: manifest,
  linked: manifest,
  nested: fc.boolean(),
});

/**
 * Maps codes that `require` reports less exactly than `import`. For `require` an undefined import, or an invalid package name,
 * is not found. One of Node's own modules in `imports` is an error, although Node's documentation allows it.
 */
function known(node: string, ours: string): string {
  if (node === "ERR_INVALID_URL_SCHEME") return "node:fs";
  const exact = ["ERR_PACKAGE_IMPORT_NOT_DEFINED", "ERR_INVALID_MODULE_SPECIFIER"].includes(ours);
  return exact && node === "ERR_MODULE_NOT_FOUND" ? ours : node;
}

test("law: Node finds the same file or fails with the same code", async () => {
  await fc.assert(
    fc.asyncProperty(
      project,
      fc.array(fc.record({ specifier, importer }), { minLength: 30, maxLength: 30 }),
      async ({ root, a, b, c, linked, nested }, questions: Question[]) => {
        using disk = new DiskProject(
          {
            ...files(""),
            "package.json": root,
            ...files("node_modules/a/"),
            ...(a && { "node_modules/a/package.json": a }),
            ...(nested && files("node_modules/a/node_modules/b/")),
            ...files("node_modules/b/"),
            ...(b && { "node_modules/b/package.json": b }),
            ...files("node_modules/@s/c/"),
            "node_modules/@s/c/package.json": c,
            "node_modules/@s/c/lib/package.json": { main: "deep/b" },
            ...files("packages/linked/"),
            "packages/linked/package.json": linked,
            "node_modules/file.js": "",
          },
          { "node_modules/linked": "packages/linked" },
        );
        const answers = await oracle.ask(disk.root, questions);
        const resolver = new NodeResolver(disk.files());
        const answer = (question: Question, options: NodeResolveOptions): string => {
          try {
            return resolver.resolveSync(question, options);
          } catch (error) {
            return (error as { code?: string }).code ?? String(error);
          }
        };
        const found = questions.map((question) => ({
          import: answer(question, IMPORT),
          require: answer(question, REQUIRE),
        }));
        const expected = answers.map((given, i) => ({ ...given, require: known(given.require, found[i]!.require) }));
        const tell = (given: readonly object[]): object[] =>
          questions.map((question, i) => ({ ...question, ...given[i] }));
        expect(tell(found)).toEqual(tell(expected));
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
