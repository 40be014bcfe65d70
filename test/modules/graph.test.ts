import { SourceMap } from "node:module";
import { describe, expect, test } from "vitest";
import type { ModuleGraphOptions } from "../../src/api/modules.ts";
import { moduleGraph } from "../../web/modules.ts";
import { runGraph } from "./run-graph.ts";
import { type Files, toldPackage as pkg, toldProject } from "./told-project.ts";

async function run(files: Files, options: Partial<ModuleGraphOptions> & { packages?: Files } = {}): Promise<unknown> {
  const { packages, ...rest } = options;
  const graph = await moduleGraph(toldProject(packages), { files, entry: Object.keys(files)[0] as string, ...rest });
  expect(graph.errors).toEqual([]);
  const { default: value } = await runGraph(graph);
  return JSON.parse(JSON.stringify(value));
}

async function problems(
  files: Files,
  options: Partial<ModuleGraphOptions> & { packages?: Files } = {},
): Promise<string[]> {
  const { packages, ...rest } = options;
  const graph = await moduleGraph(toldProject(packages), { files, entry: Object.keys(files)[0] as string, ...rest });
  return graph.errors.map(({ code, file, line, column }) => `${code} ${file}:${line}:${column}`);
}

describe("resolving", () => {
  test("conditions are module, browser, development and import or require", async () => {
    const exports = {
      ".": { node: "./node.js", development: { require: "./dev.cjs", import: "./dev.js" }, default: "./index.js" },
    };
    const packages = {
      ...pkg("a", "", { exports }),
      "node_modules/a/dev.js": "export default 'import'",
      "node_modules/a/dev.cjs": "module.exports = 'require'",
    };
    const files = {
      "main.js": "import a from 'a'; import b from './b.cjs'; export default [a, b]",
      "b.cjs": "module.exports = require('a')",
    };
    expect(await run(files, { packages })).toEqual(["import", "require"]);
  });

  test("imports, self references, folders, files without extensions, and `.js` for a TypeScript file", async () => {
    const files = {
      "main.ts":
        "import a from '#inner'; import b from './folder'; import c from './c'; import d from './d.js'; export default [a, b, c, d]",
      "package.json": '{ "imports": { "#inner": "./inner.js" } }',
      "inner.js": "export default 'inner'",
      "folder/index.jsx": "export default 'folder'",
      "c.tsx": "export default 'c'",
      "d.ts": "export default 'd'",
    };
    expect(await run(files)).toEqual(["inner", "folder", "c", "d"]);
  });

  test("tsconfig.json: extends, paths with and without a star, fallbacks, baseUrl, comments and trailing commas", async () => {
    const files = {
      "src/main.ts":
        "import a from '@/a'; import b from '#b'; import c from 'shared/c'; import d from 'src/d'; export default [a, b, c, d]",
      "tsconfig.json":
        '{ // a comment\n "extends": "./base.json", /* "paths" */ "compilerOptions": { "strict": true, }, }',
      "base.json":
        '{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["src/*"], "#b": ["./src/b/index.ts"], "shared/*": ["none/*", "other/*"] } } }',
      "src/a.ts": "export default 1",
      "src/b/index.ts": "export default 2",
      "other/c.ts": "export default 3",
      "src/d.ts": "export default 4",
    };
    expect(await run(files)).toEqual([1, 2, 3, 4]);
  });

  test("tsconfig.json with references alone, as in Vite's templates", async () => {
    const files = {
      "main.ts": "import a from '@/a'; export default a",
      "tsconfig.json": '{ "files": [], "references": [{ "path": "./tsconfig.app.json" }] }',
      "tsconfig.app.json": '{ "compilerOptions": { "paths": { "@/*": ["./lib/*"] } } }',
      "lib/a.ts": "export default 1",
    };
    expect(await run(files)).toBe(1);
  });

  test("a URL stays as it is", async () => {
    const graph = await moduleGraph(toldProject(), {
      files: { "main.js": "import 'https://cdn.example/a.js'" },
      entry: "main.js",
    });
    expect(graph.modules.get("main.js")?.code).toBe('import "https://cdn.example/a.js"'.replaceAll('"', "'"));
    expect(graph.modules.get("main.js")?.imports).toEqual([
      { specifier: "https://cdn.example/a.js", key: "https://cdn.example/a.js", form: "static" },
    ]);
  });

  test("a package that imports one of Node's own modules runs as long as it does not use it", async () => {
    const packages = pkg(
      "a",
      "import { readFileSync } from 'node:fs'; import path from 'path'; export const ok = 1; export const read = () => readFileSync('x'); export const join = () => path.join('x')",
      { type: "module" },
    );
    const files = {
      "main.js":
        "import { ok, read, join } from 'a'; const tell = (f) => { try { f() } catch (error) { return error.message } }; export default [ok, tell(read), tell(join)]",
    };
    const why = "one of Node's own modules, and a page does not have it.";
    expect(await run(files, { packages })).toEqual([1, `a@1.0.0 uses "fs", ${why}`, `a@1.0.0 uses "path", ${why}`]);
  });
});

describe("compiling", () => {
  test("TypeScript: types go, enums and parameter properties stay, type-only names are left out", async () => {
    const files = {
      "main.ts":
        "import { Shape, type Colour, count } from './shapes'; export { Shape } from './shapes'; export * from './shapes';\nexport enum Side { Left, Right }\nexport enum Side { Bottom = 4 }\nclass Dog { constructor(readonly name: string, private age?: number) {} }\nconst x: Shape = { n: count };\nexport default [Side[1] + Side.Bottom, new Dog('Rex').name, x.n satisfies number]",
      "shapes.ts":
        "import { Inner } from './inner'; export { Inner }; export interface Shape { n: number }; export type Colour = string; export const count = 2",
      "inner.ts": "export interface Inner {}",
    };
    expect(await run(files)).toEqual(["Right4", "Rex", 2]);
  });

  test("TypeScript: namespaces become functions, line by line", async () => {
    const files = {
      "main.ts": `namespace Circle {
  export const pi: number = 3.14
  const hidden = 2
  export namespace Double { export const tau = pi * hidden; }
  export function area(r: number): number { return pi * r }
  export class Round { static x = area(1) }
  export interface Shape { n: number }
  export enum Side { Left }
}
export namespace A.B { export const c = new Error().stack }
class Merged { static own = 1 }
namespace Merged { export const more = 2; }
declare namespace None { const x: number }
export default [Circle.pi, Circle.Double.tau, Circle.area(2), Circle.Round.x, Circle.Side.Left, Object.keys(Circle).sort().join(), /main.ts:10/.test(A.B.c!), Merged.own + Merged.more];`,
    };
    expect(await run(files)).toEqual([3.14, 6.28, 6.28, 3.14, 0, "Double,Round,Side,area,pi", true, 3]);
  });

  const jsx = (name: string): Files => ({
    ...pkg(
      name,
      "export const createElement = (...all) => ['classic', ...all]; export const h = createElement; export const Fragment = 'F'; export default { createElement, Fragment }",
      { type: "module" },
    ),
    [`node_modules/${name}/jsx-dev-runtime.js`]: `export const jsxDEV = (type, { children, ...props }) => [type, props, children]; export const Fragment = 'F'`,
    [`node_modules/${name}/jsx-runtime.js`]: `export const jsx = (type, { children, ...props }) => ['prod', type, props, children]; export const Fragment = 'F'`,
  });

  test.each([
    ["automatic", { "main.jsx": "export default <p id='a'>b</p>" }, ["p", { id: "a" }, "b"], {}],
    ["in a .js file", { "main.js": "export default <p>b</p>" }, ["p", {}, "b"], {}],
    [
      "production",
      { "main.jsx": "export default <p>b</p>" },
      ["prod", "p", {}, "b"],
      { define: { "process.env.NODE_ENV": '"production"' } },
    ],
    [
      "classic by tsconfig.json",
      {
        "main.tsx": "import React from 'react'; export default <p>b</p>",
        "tsconfig.json": '{ "compilerOptions": { "jsx": "react" } }',
      },
      ["classic", "p", null, "b"],
      {},
    ],
    [
      "jsxImportSource",
      {
        "main.tsx": "export default <p>b</p>",
        "tsconfig.json": '{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "preact" } }',
      },
      ["p", {}, "b"],
      { packages: jsx("preact") },
    ],
    [
      "a pragma",
      { "main.jsx": "/** @jsxImportSource preact */\nexport default <p>b</p>" },
      ["p", {}, "b"],
      { packages: jsx("preact") },
    ],
    [
      "a factory by pragma",
      { "main.jsx": "/** @jsx h */\nimport { h } from 'react'; export default <p>b</p>" },
      ["classic", "p", null, "b"],
      {},
    ],
  ] as const)("JSX: %s", async (_, files, value, options) => {
    const found = await run(files, { packages: jsx("react"), ...options });
    expect(found).toEqual(expect.arrayContaining([...value].filter((one) => typeof one === "string")));
  });

  test("constants: NODE_ENV, process.env, import.meta.env, own ones; not in texts, keys and members", async () => {
    const files = {
      "main.js":
        "const a = { __DEV__: 1, b: x => x.__DEV__ }; const __V__x = 2; export default [process.env.NODE_ENV, process.env.API, process.env.NONE === undefined, import.meta.env.DEV, import.meta.env.API, import.meta.env.MODE, __DEV__, '__DEV__', `$" +
        "{__DEV__}`, { __DEV__ }.__DEV__, a.__DEV__, __V__x]",
    };
    expect(await run(files, { env: { API: "/api" }, define: { __DEV__: "true" } })).toEqual([
      "development",
      "/api",
      true,
      true,
      "/api",
      "development",
      true,
      "__DEV__",
      "true",
      true,
      1,
      2,
    ]);
  });

  test("lines stay, and maps lead to the author's source", async () => {
    const files = {
      "main.tsx":
        "import { a } from './a.cjs'\ninterface X {\n  b: string\n}\nconst x: X = { b: a }; throw new Error(x.b)\n",
      "a.cjs": "\n\nexports.a = 1",
    };
    const graph = await moduleGraph(toldProject(), { files, entry: "main.tsx" });
    const { code, map } = graph.modules.get("main.tsx") ?? {};
    expect(code?.split("\n")[4]).toContain("throw new Error");
    const column = code?.split("\n")[4]?.indexOf("throw") as number;
    expect(new SourceMap(JSON.parse(map as string)).findEntry(4, column)).toMatchObject({
      originalSource: "main.tsx",
      originalLine: 4,
      originalColumn: 23,
    });
    expect(graph.modules.get("a.cjs#commonjs")?.code.split("\n")[2]).toBe("exports.a = 1");
  });

  test("the transform hook compiles files, parts of files, and reports its place", async () => {
    const files = { "main.js": "import a from './a.note'; export default a", "a.note": "text" };
    const transform: ModuleGraphOptions["transform"] = ({ path, query, code }) => {
      if (!path.endsWith(".note")) return undefined;
      if (query) return { code: `export default ${JSON.stringify(query)}`, lang: "js" };
      return {
        code: `import part from "./a.note?part=1"; const t: string = ${JSON.stringify(code)}; export default [t, part]`,
        lang: "ts",
      };
    };
    expect(await run(files, { transform })).toEqual(["text", "?part=1"]);
    const fails = (): never => {
      throw Object.assign(new Error("no"), { loc: { line: 1, column: 2 } });
    };
    expect(await problems(files, { transform: fails })).toEqual(["ETRANSFORM main.js:1:3"]);
    expect(await problems(files)).toEqual(["EMODULEKIND a.note:undefined:undefined"]);
  });
});

describe("styles, JSON, text and assets", () => {
  test("a style sheet holds the text of its imports, and addresses of assets", async () => {
    const files = {
      "main.js": "import './a.css'; import css from './b.css?inline'; export default css",
      "a.css":
        "@import './b.css' layer(x) screen;\n@import url(https://fonts.example/f.css);\n.a { background: url(./img/a.svg#x) }",
      "b.css": "/* @import 'no.css' */ @import './a.css'; .b { color: red }",
      "img/a.svg": "<svg/>",
    };
    const graph = await moduleGraph(toldProject(), { files, entry: "main.js" });
    expect(graph.errors).toEqual([]);
    expect(graph.modules.get("a.css")?.css).toBe(
      "@import url(https://fonts.example/f.css);\n@layer x {\n@media screen {\n/* @import 'no.css' */  .b { color: red }\n}\n}\n\n.a { background: url(\"data:image/svg+xml;base64,PHN2Zy8+#x\") }",
    );
    expect((await runGraph(graph))["default"]).toContain(".b { color: red }");
  });

  test("a CSS module exports its classes, with those they are composed of", async () => {
    const files = {
      "main.js": "import styles, { title } from './a.module.css'; export default [title === styles.title, styles]",
      "a.module.css":
        ".title { composes: base from './b.module.css'; color: red }\n.title:hover > .sub-title, :global(.kept) .x { animation: spin 1s }\n@keyframes spin { from { top: 0 } }\n@media print { .y { composes: x } }",
      "b.module.css": ".base { top: 0 }",
    };
    const graph = await moduleGraph(toldProject(), { files, entry: "main.js" });
    expect(graph.errors).toEqual([]);
    const [isSame, styles] = (await runGraph(graph))["default"] as [boolean, Record<string, string>];
    expect(isSame).toBe(true);
    expect(Object.keys(styles)).toEqual(["title", "sub-title", "x", "y"]);
    const suffix = styles["x"]?.slice(1);
    expect(styles["title"]).toMatch(new RegExp(`^title${suffix} base_`));
    expect(styles["y"]).toBe(`y${suffix} x${suffix}`);
    expect(graph.modules.get("a.module.css")?.css).toBe(
      `.title${suffix} {  color: red }\n.title${suffix}:hover > .sub-title${suffix}, .kept .x${suffix} { animation: spin${suffix} 1s }\n@keyframes spin${suffix} { from { top: 0 } }\n@media print { .y${suffix} { } }`,
    );
  });

  test("JSON has a default export and a name for each key; `?raw`, `?url` and `new URL` work on any file", async () => {
    const files = {
      "main.js":
        "import all, { v } from './x.json' with { type: 'json' }; import raw from './x.json?raw'; import url from './t.txt'; import js from './y.js?url'; export default [all, v, raw, url, js, new URL('./t.txt', import.meta.url).href, typeof new URL('./none.bin', 'https://a.example/').href]",
      "x.json": '{"v":1,"not a name":2}',
      "t.txt": "hé",
      "y.js": "1",
    };
    expect(await run(files)).toEqual([
      { v: 1, "not a name": 2 },
      1,
      '{"v":1,"not a name":2}',
      "data:text/plain;base64,aMOp",
      "data:text/javascript;base64,MQ==",
      "data:text/plain;base64,aMOp",
      "string",
    ]);
    const assets = ({ path, mediaType, bytes }: { path: string; mediaType: string; bytes: Uint8Array }): string =>
      `/${path}?${mediaType}&${bytes.length}`;
    expect(await run({ "main.js": "import a from './t.txt'; export default a", "t.txt": "hé" }, { assets })).toBe(
      "/t.txt?text/plain&3",
    );
  });
});

describe("problems", () => {
  test.each<[string, Files, string[]]>([
    ["a package that is not installed", { "main.js": "\nimport x from 'none'" }, ["ERR_MODULE_NOT_FOUND main.js:2:15"]],
    ["a file that does not exist", { "main.ts": "type A = 1\nimport './none'" }, ["ERR_MODULE_NOT_FOUND main.ts:2:8"]],
    [
      "a name that is not exported",
      { "main.js": "import {\n  a,\n  b\n} from './a.js'", "a.js": "export const a = 1" },
      ["EMODULEEXPORT main.js:3:3"],
    ],
    [
      "a default export that does not exist",
      { "main.js": "import a from './a.js'", "a.js": "export const a = 1" },
      ["EMODULEEXPORT main.js:1:1"],
    ],
    ["TypeScript that does not parse", { "main.ts": "const a: = 1" }, ["EMODULESYNTAX main.ts:1:10"]],
    ["JavaScript that does not parse", { "main.js": "const a = ;" }, ["EMODULESYNTAX main.js:1:11"]],
    [
      "JSON that does not parse",
      { "main.js": "import './a.json'", "a.json": '{\n  "a": 1,\n}' },
      ["EMODULESYNTAX a.json:3:1"],
    ],
    ["decorators", { "main.ts": "class A {\n  @dec() a = 1\n}" }, ["EMODULESYNTAX main.ts:2:3"]],
    [
      "a kind of file that needs a compiler",
      { "main.js": "import './a.vue'", "a.vue": "" },
      ["EMODULEKIND a.vue:undefined:undefined"],
    ],
    ["import() of nothing", { "main.js": "import('none')" }, ["ERR_MODULE_NOT_FOUND main.js:1:8"]],
    [
      "import() of nothing that is caught",
      { "main.js": "import('none').catch(() => {}); try { await import('none') } catch {}" },
      [],
    ],
    [
      "one of Node's own modules",
      { "main.js": "import fs from 'node:fs'" },
      ["ERR_UNKNOWN_BUILTIN_MODULE main.js:1:16"],
    ],
    ["an entry that does not exist", { "main.js": "", "package.json": "{}" }, []],
  ])("%s", async (_, files, expected) => {
    expect(await problems(files)).toEqual(expected);
  });

  test("a missing package is named, with a way to add it and a frame", async () => {
    const files = { "src/a.js": "import ms from 'ms'\nimport { x } from '@scope/none/sub'\n" };
    const { errors } = await moduleGraph(toldProject(pkg("ms", "")), { files, entry: "src/a.js" });
    expect(errors).toMatchObject([
      {
        code: "ERR_MODULE_NOT_FOUND",
        message:
          'src/a.js:2:19: Imports "@scope/none/sub", but @scope/none is not installed. Add @scope/none to the dependencies in package.json.',
        package: "@scope/none",
        file: "src/a.js",
        line: 2,
        column: 19,
        frame:
          "  1 | import ms from 'ms'\n> 2 | import { x } from '@scope/none/sub'\n    |                   ^\n  3 | ",
        wayOut: [{ kind: "spec", package: "@scope/none", spec: "latest" }],
        details: { specifier: "@scope/none/sub", importer: "src/a.js", missing: "@scope/none" },
      },
    ]);
  });

  test("an entry that does not exist is an error of the graph", async () => {
    const graph = await moduleGraph(toldProject(), { files: {}, entry: "main.js" });
    expect(graph.errors.map(({ code, file }) => [code, file])).toEqual([["ERR_MODULE_NOT_FOUND", "main.js"]]);
  });

  test.each([
    [{ entry: 1 }, "entry"],
    [{ entry: "a", entri: "b" }, "entri"],
    [{ entry: "a", files: { a: 1 } }, "files"],
    [{ entry: "a", define: { a: 1 } }, "define"],
    [{ entry: "a", transform: 1 }, "transform"],
    [{ entry: "a", tsconfig: true }, "tsconfig"],
    [{ entry: "a", cache: {} }, "cache"],
  ])("options %j are refused", async (options, name) => {
    await expect(moduleGraph(toldProject(), options as unknown as ModuleGraphOptions)).rejects.toMatchObject({
      code: "EINVALIDOPTION",
      message: expect.stringContaining(name),
    });
  });
});
