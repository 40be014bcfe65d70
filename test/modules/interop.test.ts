import { describe, expect, test } from "vitest";
import { moduleGraph } from "../../web/modules.ts";
import { runGraph } from "./run-graph.ts";
import { toldPackage as pkg, toldProject } from "./told-project.ts";

/** Runs own files over packages, and returns what `main.js` exports as `default`. */
async function result(
  files: Record<string, string>,
  packages: Record<string, string> = {},
  entry = "main.js",
): Promise<unknown> {
  const graph = await moduleGraph(toldProject(packages), { files, entry });
  expect(graph.errors).toEqual([]);
  const { default: value } = await runGraph(graph);
  // A copy of this realm, because values of another realm are never equal.
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

describe("importing CommonJS", () => {
  test("the default export is module.exports, and names are those that the lexer finds", async () => {
    const main =
      "import a, { b } from 'a'; import * as all from 'a'; export default [a.b, b, all.b, all.default === a]";
    expect(await result({ "main.js": main }, pkg("a", "exports.b = 1;"))).toEqual([1, 1, 1, true]);
  });

  test("a name that only an importer knows is read when the module runs", async () => {
    const main = "import f, { g } from 'a'; import * as all from 'a'; export default [f(), g(), all.g()]";
    const code = "const f = () => 1; for (const name of ['g']) f[name] = () => 2; module.exports = f;";
    expect(await result({ "main.js": main }, pkg("a", code))).toEqual([1, 2, 2]);
  });

  test("with __esModule, the default is exports.default, as bundlers have it", async () => {
    const main = "import a, { b } from 'a'; import * as all from 'a'; export default [a, b, all.default]";
    const code = "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 1; exports.b = 2;";
    expect(await result({ "main.js": main }, pkg("a", code))).toEqual([1, 2, 1]);
  });

  test.each([
    ["a package of type module", { "package.json": '{ "type": "module" }' }, "main.js"],
    ["an .mjs file", {}, "main.mjs"],
  ])("in %s, the default is always module.exports, as Node has it", async (_, more, entry) => {
    const main =
      "import a from 'a'; import * as all from 'a'; const lazy = await import('a'); export default [a.default, all.default.default, lazy.default.default]";
    const code = "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 1;";
    expect(await result({ ...more, [entry]: main }, pkg("a", code), entry)).toEqual([1, 1, 1]);
  });

  test("__esModule without a default export has none", async () => {
    const main = "import a from 'a'; export default [a === undefined]";
    expect(await result({ "main.js": main }, pkg("a", "exports.__esModule = true; exports.b = 1;"))).toEqual([true]);
  });

  test("the branch on NODE_ENV is chosen before names are looked for", async () => {
    const code =
      "if (process.env.NODE_ENV === 'production') { module.exports = require('./min.js'); } else { module.exports = require('./dev.js'); }";
    const packages = {
      ...pkg("a", code),
      "node_modules/a/min.js": "exports.min = 1;",
      "node_modules/a/dev.js": "exports.dev = 1;",
    };
    const graph = await moduleGraph(toldProject(packages), {
      files: { "main.js": "export * from 'a'" },
      entry: "main.js",
    });
    expect(Object.keys(await runGraph(graph)).sort()).toEqual(["dev"]);
    expect([...graph.modules.keys()].filter((key) => key.includes("min"))).toEqual([]);
    const production = await moduleGraph(toldProject(packages), {
      files: { "main.js": "export * from 'a'" },
      entry: "main.js",
      define: { "process.env.NODE_ENV": '"production"' },
    });
    expect(Object.keys(await runGraph(production))).toEqual(["min"]);
  });

  test.each([
    ["__exportStar", "var tslib_1 = require('tslib'); tslib_1.__exportStar(require('./b'), exports); exports.a = 1;"],
    [
      "Babel",
      "var _b = require('./b'); Object.keys(_b).forEach(function (key) { if (key === 'default' || key === '__esModule') return; if (key in exports && exports[key] === _b[key]) return; Object.defineProperty(exports, key, { enumerable: true, get: function () { return _b[key]; } }); }); exports.a = 1;",
    ],
  ])("names that a module passes on are found: %s", async (_, code) => {
    const packages = {
      ...pkg("a", code),
      "node_modules/a/b.js": "exports.b = 2;",
      ...pkg("tslib", "exports.__exportStar = (m, e) => { for (const k in m) if (!(k in e)) e[k] = m[k]; };"),
    };
    const graph = await moduleGraph(toldProject(packages), {
      files: { "main.js": "export * from 'a'" },
      entry: "main.js",
    });
    expect({ ...(await runGraph(graph)) }).toMatchObject({ a: 1, b: 2 });
  });

  test("a name that is asked for through `export *` is read from CommonJS", async () => {
    const files = {
      "main.js": "import { hidden } from './all.js'; export default hidden",
      "all.js": "export * from 'a'; export const own = 1;",
    };
    expect(await result(files, pkg("a", "module.exports = Object.assign(() => 0, { hidden: 5 })"))).toBe(5);
  });

  test("`import()` gives one namespace object with all names", async () => {
    const main = "const a = await import('a'); const b = await import('a'); export default [a === b, a.default.x, a.x]";
    expect(await result({ "main.js": main }, pkg("a", "module.exports = JSON.parse('{\"x\":1}')"))).toEqual([
      true,
      1,
      1,
    ]);
  });

  test("a module whose exports are null, a number or a text can be imported", async () => {
    const packages = {
      ...pkg("a", "module.exports = null"),
      ...pkg("b", "module.exports = 5"),
      ...pkg("c", "module.exports = 'c'"),
    };
    const main =
      "import a, { x } from 'a'; import * as n from 'a'; import b, { y } from 'b'; import c from 'c'; export default [a, x === undefined, n.default, b, y === undefined, c]";
    expect(await result({ "main.js": main }, packages)).toEqual([null, true, null, 5, true, "c"]);
  });
});

describe("require", () => {
  test("runs a module once, at the call, and gives partial exports in a cycle", async () => {
    const files = {
      "main.js": "import a from './a.cjs'; import b from './b.cjs'; export default [a.report(), b.first() === a]",
      "a.cjs":
        "exports.state = 'partial'\nconst b = require('./b.cjs')\nexports.state = 'done'\nexports.report = () => 'a:' + exports.state + ' ' + b.report()",
      "b.cjs":
        "const a = require('./a.cjs')\nconst seen = a.state\nexports.report = () => 'b saw a:' + seen\nexports.first = () => require('./a.cjs')",
    };
    expect(await result(files)).toEqual(["a:done b saw a:partial", true]);
  });

  test("a require in a function runs its module only when it is called", async () => {
    const files = {
      "main.js":
        "import a from './a.cjs'; const before = globalThis.ran; a.lazy(); a.lazy(); export default [before === undefined, globalThis.ran]",
      "a.cjs": "exports.lazy = () => require('./lazy.cjs')",
      "lazy.cjs": "globalThis.ran = (globalThis.ran || 0) + 1",
    };
    expect(await result(files)).toEqual([true, 1]);
  });

  test("of an ES module gives its namespace with __esModule; `module.exports` of it gives that value", async () => {
    const files = {
      "main.cjs":
        "const a = require('./a.mjs'); module.exports = { default: [a.__esModule, a.default, a.b, Object.keys(a).sort().join(), require('./c.mjs')] , __esModule: true }",
      "a.mjs": "export default 1; export const b = 2;",
      "c.mjs": "const x = 7; export { x as 'module.exports' }",
    };
    expect(await result(files, {}, "main.cjs")).toEqual([true, 1, 2, "b,default", 7]);
  });

  test("of JSON, of a folder, of a file without its extension; `this` is module.exports", async () => {
    const files = {
      "main.js": "import a from './a.cjs'; export default a",
      "a.cjs":
        "module.exports = [require('./x.json').v, require('./folder').name, require('./y').file, this === exports, __dirname]",
      "x.json": '{ "v": 1, "__proto__": 2 }',
      "folder/index.js": "exports.name = __filename",
      "y.js": "exports.file = module.id",
    };
    expect(await result(files)).toEqual([1, "/folder/index.js", "/y.js", true, "/"]);
  });

  test("of one of Node's own modules fails at the call, and names the package that did it", async () => {
    const graph = await moduleGraph(
      toldProject(pkg("a", "exports.read = () => require('fs').readFileSync; exports.ok = 1")),
      {
        files: {
          "main.js":
            "import { ok, read } from 'a'; let message; try { read() } catch (error) { message = error.message } export default [ok, message]",
        },
        entry: "main.js",
      },
    );
    expect(graph.errors).toEqual([]);
    expect(graph.warnings.map(({ code, package: name }) => [code, name])).toEqual([
      ["ERR_UNKNOWN_BUILTIN_MODULE", "a"],
    ]);
    const { default: value } = (await runGraph(graph)) as { default: [number, string] };
    expect(value[0]).toBe(1);
    expect(value[1]).toContain('a@1.0.0 imports "fs"');
  });

  test("a package of the name of one of Node's own modules is used, and a browser field wins", async () => {
    const packages = {
      ...pkg("a", "module.exports = [require('events').is, require('fs'), require('./node.js')]", {
        browser: { fs: false, "./node.js": "./page.js" },
      }),
      "node_modules/a/node.js": "module.exports = 'node'",
      "node_modules/a/page.js": "module.exports = 'page'",
      ...pkg("events", "exports.is = 'package'"),
    };
    expect(await result({ "main.js": "import a from 'a'; export default a" }, packages)).toEqual([
      "package",
      {},
      "page",
    ]);
  });

  test("in `try`, a missing module is no problem, and throws MODULE_NOT_FOUND", async () => {
    const code = "try { require('missing') } catch (error) { exports.code = error.code }";
    expect(await result({ "main.js": "import { code } from 'a'; export default code" }, pkg("a", code))).toBe(
      "MODULE_NOT_FOUND",
    );
  });

  test("a module that throws runs again at the next require", async () => {
    const files = {
      "main.js": "import a from './a.cjs'; export default a",
      "a.cjs":
        "const all = []; for (let i = 0; i < 2; i++) try { require('./b.cjs') } catch (error) { all.push(error.message) } module.exports = all",
      "b.cjs": "globalThis.count = (globalThis.count ?? 0) + 1; throw new Error(String(globalThis.count))",
    };
    expect(await result(files)).toEqual(["1", "2"]);
  });
});
