import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { afterAll, expect, test } from "vitest";
import { moduleGraph } from "../../web/modules.ts";
import { runGraph } from "./run-graph.ts";
import { toldProject } from "./told-project.ts";

const CASES = 300;
const folder = mkdtempSync(join(tmpdir(), "webhoist-interop-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Returns numbers that depend on the seed alone (xorshift). */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const NAMES = ["a", "b", "named", "default", "π", "$x"];
const VALUES = [
  "1",
  '"text"',
  "null",
  "undefined",
  "{ deep: 1 }",
  "[1, 2]",
  "function f() {}",
  "() => 1",
  "class A { static x = 1 }",
];
const EXPORT_STAR =
  "var __exportStar = function (m, e) { for (var k in m) if (k !== 'default' && !Object.prototype.hasOwnProperty.call(e, k)) e[k] = m[k]; };";

/** Writes one random CommonJS module of statements that compilers and people write. */
function commonJs(pick: (below: number) => number, canRequire: boolean): string {
  const name = (): string => NAMES[pick(NAMES.length)] as string;
  const value = (): string => VALUES[pick(VALUES.length)] as string;
  const statements: (() => string)[] = [
    () => `exports.${name()} = ${value()};`,
    () => `module.exports.${name()} = ${value()};`,
    () => `exports[${JSON.stringify(name())}] = ${value()};`,
    () => `Object.defineProperty(exports, "__esModule", { value: true });`,
    () => "exports.__esModule = true;",
    () => `Object.defineProperty(exports, ${JSON.stringify(name())}, { enumerable: true, value: ${value()} });`,
    () =>
      `Object.defineProperty(exports, ${JSON.stringify(`get${pick(3)}`)}, { enumerable: true, get: function () { return shared.x; } });`,
    () => `module.exports = ${value()};`,
    () => `module.exports = { a, b: ${value()}, "not-a-name": 1 };`,
    () => "module.exports = Object.assign(function call() {}, { hidden: 1 });",
    () => `exports.a = exports.b = ${value()};`,
    () => `if (Math.PI > 4) { exports.never = 1; } else { exports.${name()} = ${value()}; }`,
  ];
  if (canRequire)
    statements.push(
      () => 'module.exports = require("./b.cjs");',
      () => `${EXPORT_STAR} __exportStar(require("./b.cjs"), exports);`,
      () => 'var b = require("./b.cjs"); exports.named = b.a;',
      () => 'module.exports = { ...require("./b.cjs"), own: 1 };',
    );
  // Wrapped code is strict, as in every bundle that is a module.
  const head = "'use strict'; var shared = { x: 7 }; var a = 5;";
  const body = Array.from({ length: 1 + pick(4) }, () => (statements[pick(statements.length)] as () => string)());
  // A property of null or of a number cannot be set, so such a module would throw.
  return [
    head,
    ...body.map((line) =>
      `try { ${line} } catch {}`.replace(/^try \{ (var|module\.exports = |Object|exports)(.*) \} catch \{\}$/, "$1$2"),
    ),
  ].join("\n");
}

const files: Record<string, string> = {};
for (let i = 0; i < CASES; i++) {
  const pick = numbers(i + 1);
  files[`case${i}/a.cjs`] = commonJs(pick, true);
  files[`case${i}/b.cjs`] = commonJs(pick, false);
}
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const DESCRIBE = `const describe = (value) => typeof value === "function" ? "function " + Object.keys(value).sort() : value === undefined ? "undefined" : JSON.stringify(value);
const tell = (space) => Object.fromEntries(Object.keys(space).sort().map((key) => [key, describe(space[key])]));`;

/** A module that imports each case as a whole and by its default, and describes both. */
const importAll = [
  DESCRIBE,
  "const all = {};",
  ...Array.from(
    { length: CASES },
    (_, i) => `import d${i}, * as n${i} from "./case${i}/a.cjs"; all[${i}] = [describe(d${i}), tell(n${i})];`,
  ),
  "export default all;",
].join("\n");

/** Cases that throw as they run, which no import survives. */
function failing(): Set<number> {
  const script = `const out = []; for (let i = 0; i < ${CASES}; i++) try { require("./case" + i + "/a.cjs") } catch { out.push(i) } console.log(JSON.stringify(out))`;
  return new Set(
    JSON.parse(execFileSync(process.execPath, ["-e", script], { cwd: folder, encoding: "utf8" })) as number[],
  );
}

test.each(["main.js", "main.mjs"])("the default and all names are those that esbuild gives in %s", async (entry) => {
  const bad = failing();
  expect(bad.size).toBeLessThan(CASES / 3);
  const main = importAll
    .split("\n")
    .filter((line) => !bad.has(Number(/^import d(\d+)/.exec(line)?.[1] ?? -1)))
    .join("\n");
  writeFileSync(join(folder, entry), main);
  const built = await build({
    entryPoints: [join(folder, entry)],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "result",
    logLevel: "silent",
  });
  const expected = new Function(`${built.outputFiles[0]?.text}; return JSON.stringify(result.default)`)() as string;
  const graph = await moduleGraph(toldProject(), { files: { ...files, [entry]: main }, entry });
  expect(graph.errors).toEqual([]);
  const found = (await runGraph(graph))["default"];
  expect(JSON.parse(JSON.stringify(found))).toEqual(JSON.parse(expected));
});

test("the names that are known before a module runs are those that Node finds", async () => {
  const bad = failing();
  const script = `${DESCRIBE}
const out = {}; for (let i = 0; i < ${CASES}; i++) try { out[i] = tell(await import("./case" + i + "/a.cjs")); } catch {}
console.log(JSON.stringify(out));`;
  writeFileSync(join(folder, "names.mjs"), script);
  const text = execFileSync(process.execPath, [join(folder, "names.mjs")], { encoding: "utf8" });
  const expected = JSON.parse(text) as Record<string, Record<string, string>>;
  const wrappers = Object.fromEntries(
    Array.from({ length: CASES }, (_, i) => [
      `w${i}.mjs`,
      `export * from "./case${i}/a.cjs"; export { default } from "./case${i}/a.cjs";`,
    ]),
  );
  const main = [
    DESCRIBE,
    "const all = {};",
    ...Array.from({ length: CASES }, (_, i) =>
      bad.has(i) ? "" : `import * as n${i} from "./w${i}.mjs"; all[${i}] = tell(n${i});`,
    ),
    "export default all;",
  ].join("\n");
  const graph = await moduleGraph(toldProject(), {
    files: { ...files, ...wrappers, "main.mjs": main },
    entry: "main.mjs",
  });
  expect(graph.errors).toEqual([]);
  const found = JSON.parse(JSON.stringify((await runGraph(graph))["default"])) as Record<
    string,
    Record<string, string>
  >;
  expect(Object.keys(expected).length).toBeGreaterThan(CASES / 2);
  for (const [i, names] of Object.entries(found)) {
    // Node 20 cannot import a module whose exports are null.
    if (!expected[i]) continue;
    const wanted = { ...expected[i] };
    // Node 23 and later add this name for `require`.
    delete wanted["module.exports"];
    expect({ case: files[`case${i}/a.cjs`], b: files[`case${i}/b.cjs`], names }).toEqual({
      case: files[`case${i}/a.cjs`],
      b: files[`case${i}/b.cjs`],
      names: wanted,
    });
  }
});
