import { InstallError } from "../../../src/errors/failure.ts";
import { moduleSyntax } from "../../../src/import-map/module-syntax.ts";
import type { PackageFiles } from "../../../src/node/package-files.ts";
import { NodeResolver } from "../../../src/node/resolve.ts";
import { mutateJson } from "../json-mutation.ts";
import { BrokenLaw, faultOf } from "../laws.ts";
import type { Random } from "../random.ts";
import type { Target } from "../target.ts";
import { mutateText } from "../text-mutation.ts";
import type { Tree, Value } from "../value.ts";

// biome-ignore format: a table
export const WORDS = {
  keys: [".", "./*", "./a", "./lib/*", "./lib/*.js", "./lib/", "import", "require", "default", "browser", "node", "module", "#a", "#*", "#lib/*", "exports", "imports", "main", "name", "0", "1", "./__proto__", "__proto__", "type", "./a*b*c", "types"],
  values: ["./index.js", "./lib/*.js", "./lib/a.js", "./*", "../x", "./../x", "./node_modules/x", "b", "b/c", "#a", "node:fs", "fs", "http://registry.local/x.js", "./%2e%2e/x", "", "/x", ".", "./", "./lib/*/*", "a", "@s/b", "@s", "./lib"],
};

export const MANIFEST: Tree = {
  name: "a",
  version: "1.0.0",
  main: "index.js",
  module: "./lib/a.js",
  browser: { "./lib/a.js": "./lib/b.js", fs: false, b: "./lib/b.js" },
  exports: {
    ".": { browser: "./lib/b.js", import: ["./lib/a.js", "./index.js"], default: "./index.js" },
    "./lib/*": "./lib/*.js",
    "./lib/x/*": null,
    "./features/*.js": { node: "./lib/*.js", default: { import: "./lib/*.js" } },
    "./package.json": "./package.json",
  },
  imports: { "#a": "./lib/a.js", "#b/*": { browser: "b/*", default: "./lib/*.js" }, "#fs": "node:fs" },
};

const SPECIFIERS = [
  "a",
  "a/lib/a",
  "a/features/b.js",
  "a/package.json",
  "b",
  "#a",
  "#b/x",
  "./lib/a",
  "../a",
  "/x",
  "fs",
  "node:fs",
  "@s/b",
  "@s/b/c",
  "",
  ".",
  "..",
  "https://x",
  "data:,",
  "a/",
  "a//b",
  "a/lib/__proto__",
  "__proto__",
  "#",
  "#/",
  "%2f",
  "a\\b",
];
const OPTIONS: Value[] = [
  {},
  { conditions: ["import", "node"] },
  { extensions: [] },
  { browser: true, builtins: "external" },
  { mainFields: ["main"] },
  { conditions: [] },
];

/** Returns the files of two packages, in memory. */
function filesOf(manifest: string): PackageFiles {
  const texts = new Map([
    ["node_modules/a/package.json", manifest],
    ["node_modules/a/index.js", ""],
    ["node_modules/a/lib/a.js", ""],
    ["node_modules/a/lib/b.js", ""],
    ["node_modules/b/package.json", manifest],
    ["node_modules/b/index.js", ""],
    ["node_modules/@s/b/package.json", "{}"],
    ["node_modules/@s/b/index.js", ""],
    ["package.json", manifest],
    ["index.js", ""],
  ]);
  const folders = new Set(
    [...texts.keys()].flatMap((path) => [path.replace(/\/[^/]*$/, ""), path.replace(/\/[^/]*\/[^/]*$/, "")]),
  );
  return {
    kind: (path) => (texts.has(path) ? "file" : folders.has(path) || path === "" ? "directory" : null),
    text: (path) => texts.get(path) ?? "",
    realpath: (path) => path,
  };
}

/** Resolves imports with a changed package.json: `exports`, `imports`, `browser`, `main`. */
export const modules: Target = {
  name: "modules",
  perTest: 1500,
  make: (random: Random): Value => ({
    manifest: mutateJson(MANIFEST, random, WORDS),
    specifiers: Array.from({ length: 4 }, () =>
      random.once(3) ? mutateText(random.pick(SPECIFIERS), random) : random.pick(SPECIFIERS),
    ),
    importer: random.pick([
      "index.js",
      "node_modules/a/index.js",
      "node_modules/a/lib/a.js",
      "",
      "x/y/z.js",
      "../x.js",
    ]),
    options: random.pick(OPTIONS),
  }),
  async run(input) {
    const { manifest, specifiers, importer, options } = input as {
      manifest: string;
      specifiers: string[];
      importer: string;
      options: object;
    };
    const resolver = new NodeResolver(filesOf(manifest));
    for (const specifier of specifiers) {
      try {
        await resolver.resolve({ specifier, importer }, options);
      } catch (error) {
        if (!(error instanceof InstallError)) throw error;
        const fault = faultOf(error.failure);
        if (fault) throw new BrokenLaw(fault);
      }
    }
  },
};

export const SCRIPTS = [
  'import a, { b as c } from "a"; import * as d from "./b.js"; import "x"; export * from "y"; export { z } from "z"; const e = await import("e");\n',
  "const a = require('a'); module.exports = { a: 1 }; exports.b = 2;\n",
  'import x from "x" with { type: "json" };\n`a${import("b")}c`; /import "no"/; // import "no"\n/* import "no" */\n',
];

/** Reads the imports of a changed script. */
export const script: Target = {
  name: "script",
  perTest: 10_000,
  make: (random: Random): Value =>
    mutateText(random.pick(SCRIPTS), random, [
      "import ",
      "export ",
      "from ",
      "require(",
      "import(",
      "import.meta",
      "`",
      "${",
      "}",
      "/",
      "//",
      "/*",
      "*/",
      "\\",
      '"',
      "'",
      "(",
      ")",
      "{",
      "<!--",
      "-->",
      "#!",
    ]),
  run: (input) => void moduleSyntax(input as string),
};
