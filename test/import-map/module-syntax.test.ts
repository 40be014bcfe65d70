import fc from "fast-check";
import { expect, test } from "vitest";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { type ModuleSyntax, moduleSyntax } from "../../src/import-map/module-syntax.ts";

function syntaxOf(text: string): ModuleSyntax {
  return runToEnd(moduleSyntax(text));
}

test.each<[string, string[]]>([
  [`import "a"`, ["a"]],
  [`import a from 'a'`, ["a"]],
  [`import*as a from"a";import{b as c}from"b"`, ["a", "b"]],
  [`import d, { a,\n  // of "c"\n  b /* from "d" */ } from "a"`, ["a"]],
  [`import { from } from "a"; import from from "b"`, ["a", "b"]],
  [`import { "odd name" as odd } from "a"`, ["a"]],
  [`import data from "./a.json" with { type: "json" }`, ["./a.json"]],
  [`export * from "a"; export * as b from "b"; export { c } from "c"`, ["a", "b", "c"]],
  ["export { a }\nimport b from 'b'", ["b"]],
  [`export default function () { return "from" } from; "a"`, []],
  [`export const from = "a"`, []],
  [`import.meta.url; x.import("a"); y.export`, []],
  [`const s = 'import "a"', t = "export * from 'b'"; export {}`, []],
  [`// import "a"\n/* import "b" */ export {}`, []],
  [`export const t = \`import 'a' $\{\`$\{'import'}\` + {a: \`}\`}} export * from 'b'\`; import 'c'`, ["c"]],
  [`export const r = /import "a"/; x = a / b; import "c"; y = 1 / 2`, ["c"]],
  [`if (x) /["]/.test(y); import "c"; z = (1) / "2"`, ["c"]],
  [`export const r = [/[/"]/, /\\/"/]; import "c"`, ["c"]],
  [`a++ / 2; import "c"; "/"`, ["c"]],
  [`#!/usr/bin/env "node\nimport "a"`, ["a"]],
  [`\uFEFFimport "a"`, ["a"]],
  [`import{a}from"a"/*`, ["a"]],
])("the imports of %j", (text, statics) => {
  expect(syntaxOf(text)).toEqual({ kind: "module", statics, dynamics: [] });
});

test.each<[string, string[]]>([
  [`import("a"); import(/* chunk: "x" */ './b'); import(c); import("d" + e)`, ["a", "./b"]],
  [`function f() { return import("a", { with: { type: "json" } }) }`, ["a"]],
  [`x = \`$\{await import('a')}\``, ["a"]],
  [`x.import("a")`, []],
])("the dynamic imports of %j", (text, dynamics) => {
  expect(syntaxOf(text)).toEqual({ kind: "script", statics: [], dynamics });
});

test.each([
  [`module.exports = 1`, "commonjs"],
  [`exports.a = require("b")`, "commonjs"],
  [`(function (root) { typeof exports === "object" ? f(exports) : f(root) })(this)`, "commonjs"],
  [`x.exports = y.require; module = 1`, "script"],
  [`console.log("module.exports")`, "script"],
  ["", "script"],
  [`import.meta.env`, "module"],
  // Built from CommonJS: a module that contains CommonJS code.
  [`var a = (module) => { module.exports = 1 }; export default a({})`, "module"],
])("%j is %s", (text, kind) => {
  expect(syntaxOf(text).kind).toBe(kind);
});

test("law: imports are found between any other statements", () => {
  const noise = fc.constantFrom(
    "const a = 1 / 2 / 3;",
    `const b = /[/'"\`]+/.test(\`$\{a} '\`);`,
    "/* import 'no' */",
    "// export * from 'no'\n",
    "function f() { return /`/ }",
    "for (const x of y) /'/.exec(x);",
    "const o = { import: 1, export: 2, from: 'no' };",
    "const s = \"import 'no'\" + 'export * from \"no\"';",
    `const t = \`a $\{ { b: \`c $\{ 'd' }\` }.b } import 'no'\`;`,
    "label: { a++ / 2 }",
  );
  const statement = fc.nat(5).map((n) => ({
    text: [
      `import "m${n}";`,
      `import m${n} from 'm${n}';`,
      `import * as n${n} from "m${n}"\n`,
      `export * from "m${n}";`,
      `export { m as m${n} } from "m${n}";`,
      `import{m}from"m${n}";`,
    ][n] as string,
    name: `m${n}`,
  }));
  fc.assert(
    fc.property(fc.array(fc.oneof(noise, statement), { maxLength: 12 }), (parts) => {
      const text = parts.map((part) => (typeof part === "string" ? part : part.text)).join("");
      const names = parts.flatMap((part) => (typeof part === "string" ? [] : [part.name]));
      expect(syntaxOf(text).statics).toEqual([...new Set(names)]);
    }),
    { numRuns: 300 },
  );
});

test.each([
  "import ",
  'import "',
  "import {",
  "/*",
  "=[/[",
  "`${",
  "export * ",
  "(",
  '"\\',
  "import(",
  "a ",
  "import/**/",
])("100,000 repetitions of %j take linear time", (part) => {
  // A pattern with backtracking would never finish here.
  expect(syntaxOf(part.repeat(100_000)).statics.length).toBeLessThan(2);
});
