import { expect, test } from "vitest";
import { GraphBudget } from "../../src/modules/graph-budget.ts";
import { moduleGraph } from "../../web/modules.ts";
import { toldProject } from "./told-project.ts";

const LIMITS = { modules: 2, bytes: 100, moduleBytes: 60, steps: 50 };
const budgetOf = (): GraphBudget => new GraphBudget(async () => {}, undefined, LIMITS);

test("modules, bytes and steps are counted, and the message names the module", async () => {
  const budget = budgetOf();
  budget.addModule("a.js", 10);
  expect(() => budget.addModule("large.js", 61)).toThrow(/large\.js has more than 60 bytes/);
  expect(() => budget.addModule("c.js", 10)).toThrow(/more than 2 modules.*c\.js/);
  expect(() => {
    const other = budgetOf();
    other.addModule("a.js", 60);
    other.addModule("b.js", 60);
  }).toThrow(/more than 100 bytes.*b\.js/);
  await expect(budgetOf().spend(51)).rejects.toMatchObject({ code: "ELIMIT" });
});

test("a cancel is heard while modules are read", async () => {
  const abort = new AbortController();
  const files = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`m${i}.js`, `import "./m${i + 1}.js"`]));
  const work = moduleGraph(toldProject(), { files: { ...files, "m50.js": "" }, entry: "m0.js", signal: abort.signal });
  abort.abort(new Error("stop"));
  await expect(work).rejects.toThrow("stop");
});

test("long chains of imports, names and requires neither overflow nor take quadratic time", async () => {
  const count = 3000;
  const chain = (name: string, line: (next: number) => string): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `node_modules/p/${name}${i}.js`,
        i + 1 < count ? line(i + 1) : name === "c" ? "exports.end = 1" : "export const end = 1",
      ]),
    );
  const packages = {
    "node_modules/p/package.json": '{ "name": "p", "version": "1.0.0" }',
    ...chain("s", (next) => `export * from "./s${next}.js"`),
    ...chain("c", (next) => `module.exports = require("./c${next}.js")`),
  };
  const files = {
    "main.js": 'import { end } from "p/s0.js"; import { end as other } from "p/c0.js"; export default [end, other]',
  };
  const graph = await moduleGraph(toldProject(packages), { files, entry: "main.js" });
  expect(graph.errors).toEqual([]);
  expect(graph.modules.size).toBe(2 * count + 3);
});

test("style sheets that import each other many times stop at a limit", async () => {
  const files: Record<string, string> = { "main.js": "import './s0.css'" };
  for (let i = 0; i < 40; i++)
    files[`s${i}.css`] = `@import "./s${i + 1}.css"; @import "./s${i + 1}.css"; .a${i} { top: 0 }`;
  files["s40.css"] = "b {}";
  await expect(moduleGraph(toldProject(), { files, entry: "main.js" })).rejects.toMatchObject({ code: "ELIMIT" });
});

test("`extends` in a circle is a problem of the graph", async () => {
  const files = { "main.ts": "", "tsconfig.json": '{ "extends": "./tsconfig.json" }' };
  const { errors } = await moduleGraph(toldProject(), { files, entry: "main.ts" });
  expect(errors.map(({ code, file }) => [code, file])).toEqual([["ELIMIT", "tsconfig.json"]]);
});

test.each([
  ["brackets", "(".repeat(100_000)],
  ["templates", "`${".repeat(20_000)],
  ["conditions", 'if ("a" === "b") '.repeat(20_000)],
  ["requires", 'require("./x");'.repeat(20_000)],
  ["slashes", "/ ".repeat(100_000)],
])("a package's script of %s ends with an answer", async (_, code) => {
  const packages = {
    "node_modules/p/package.json": '{ "name": "p", "version": "1.0.0" }',
    "node_modules/p/index.js": code,
  };
  const graph = await moduleGraph(toldProject(packages), { files: { "main.js": 'import "p"' }, entry: "main.js" });
  expect(graph.modules.size).toBeGreaterThan(0);
});

test.each([
  [
    "namespaces in each other",
    `${"namespace A { ".repeat(5000)}export const b = 1${" }".repeat(5000)}`,
    /more than 100 levels/,
  ],
  [
    "namespaces of types in each other",
    `${"namespace A { ".repeat(5000)}type B = 1${" }".repeat(5000)}`,
    /more than 100 levels/,
  ],
  ["brackets", `export default ${"[".repeat(50_000)}${"]".repeat(50_000)}`, /nested too deeply/],
])("an author's script of %s has a problem in words", async (_, code, message) => {
  const { errors } = await moduleGraph(toldProject(), { files: { "main.ts": code }, entry: "main.ts" });
  expect(errors.map(({ code }) => code)).toEqual(["EMODULESYNTAX"]);
  expect(errors[0]?.message).toMatch(message);
});

test("many namespaces take time linear in their number", async () => {
  const count = 5000;
  const code = Array.from(
    { length: count },
    (_, i) => `class A${i} {} namespace A${i} { export const b = ${i}; }`,
  ).join("\n");
  const graph = await moduleGraph(toldProject(), { files: { "main.ts": code }, entry: "main.ts" });
  expect(graph.errors).toEqual([]);
});
