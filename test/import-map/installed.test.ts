import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import type { ImportMap, ImportMapOptions } from "../../src/api/flat.ts";
import type { InstalledProject } from "../../src/api/install.ts";
import { createInstaller } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { failureOf } from "../support/outcome.ts";
import { registryOf } from "../web/bundlers/install.ts";
import { byMap } from "./by-map.ts";
import { installFiles } from "./packs.ts";

type Packages = Parameters<typeof installFiles>[0];

interface Mapped extends ImportMap {
  project: InstalledProject;
  warnings: Failure[];
}

/** Returns the map of a project that depends on all packages, or as `manifest` says, without hashes. */
async function mapOf(packages: Packages, options: ImportMapOptions = {}, manifest?: object): Promise<Mapped> {
  const ids = Object.keys(packages).map((id) => [id.slice(0, id.lastIndexOf("@")), id.slice(id.lastIndexOf("@") + 1)]);
  const project = await installFiles(packages, { ...(manifest ?? { dependencies: Object.fromEntries(ids) }) });
  const warnings: Failure[] = [];
  const own = { integrity: false, onWarning: (warning: Failure) => void warnings.push(warning), ...options };
  return { ...(await project.resolution!.importMap({ provider: project, ...own })), project, warnings };
}

test("a package without exports has its entry and its whole folder", async () => {
  const { imports, warnings } = await mapOf({
    "a@1.0.0": { "package.json": { module: "./es/a.js", main: "./a.cjs" }, "es/a.js": "export {}", "a.cjs": "" },
    "b@1.0.0": { "index.js": "export {}" },
  });
  expect(imports).toEqual({
    a: "/node_modules/a/es/a.js",
    "a/": "/node_modules/a/",
    b: "/node_modules/b/index.js",
    "b/": "/node_modules/b/",
  });
  expect(warnings).toEqual([]);
});

test("a package with exports has each subpath whose file exists, patterns included", async () => {
  const exports = {
    ".": { types: "./a.d.ts", node: "./node.js", browser: "./browser.js", default: "./a.js" },
    "./lib/*": "./lib/*.js",
    "./lib/private/*": null,
    "./twice/*": "./twice/*/*.js",
    "./style.css": "./style.css",
    "./gone": "./gone.js",
    "./types": "./a.d.ts",
    "./package.json": "./package.json",
    "./old/": "./lib/",
  };
  const empty = "export {}";
  const { imports } = await mapOf({
    "a@1.0.0": {
      "package.json": { exports },
      "a.d.ts": "",
      "a.js": empty,
      "node.js": empty,
      "browser.js": empty,
      "style.css": "",
      "lib/one.js": empty,
      "lib/deep/two.js": empty,
      "lib/private/no.js": empty,
      "lib/three.ts": empty,
      "lib/README.md": "",
      "twice/x/x.js": empty,
      "twice/x/y.js": empty,
      "node_modules/none/index.js": empty,
    },
  });
  expect(imports).toEqual({
    a: "/node_modules/a/browser.js",
    "a/lib/one": "/node_modules/a/lib/one.js",
    "a/lib/deep/two": "/node_modules/a/lib/deep/two.js",
    "a/twice/x": "/node_modules/a/twice/x/x.js",
    "a/style.css": "/node_modules/a/style.css",
  });
});

test("conditions select the file", async () => {
  const exports = { development: "./dev.js", worker: "./worker.js", import: "./import.js", default: "./default.js" };
  const files = Object.fromEntries(Object.values(exports).map((path) => [path.slice(2), "export {}"]));
  const packages = { "a@1.0.0": { "package.json": { exports }, ...files } };
  expect((await mapOf(packages)).imports["a"]).toBe("/node_modules/a/import.js");
  expect((await mapOf(packages, { conditions: ["worker"] })).imports["a"]).toBe("/node_modules/a/worker.js");
  expect((await mapOf(packages, { conditions: ["worker", "development"] })).imports["a"]).toBe(
    "/node_modules/a/dev.js",
  );
});

test("the project's folder may be served anywhere, and unusual names are escaped as browsers do", async () => {
  const odd = { "package.json": { exports: { "./*": "./*.js" } }, "a b%20?#[].js": "export {}" };
  for (const [base, folder] of [
    ["https://cdn.example/p", "https://cdn.example/p/"],
    ["./files/", "./files/"],
    ["/", "/"],
  ]) {
    const { imports } = await mapOf({ "@s/a@1.0.0": odd }, { base: base as string });
    const address = `${folder}node_modules/@s/a/a%20b%2520%3F%23[].js`;
    expect(imports).toEqual({ "@s/a/a b%20?#[]": address });
    const url = new URL(address, "http://page.local/");
    // A browser writes the address in this form.
    expect(url.href.endsWith(address.replace(/^\./, ""))).toBe(true);
  }
});

test("copies have scopes for their dependents and for their own name", async () => {
  const b = (version: string): Record<string, unknown> => ({
    "package.json": { exports: { ".": "./b.js", "./other": "./other.js" } },
    "b.js": `import "b/other"; export default "${version}"`,
    "other.js": "export {}",
  });
  const { imports, scopes } = await mapOf(
    {
      "a@1.0.0": { "package.json": { dependencies: { b: "1" } }, "index.js": `import "b"` },
      "b@1.0.0": b("1"),
      "b@2.0.0": b("2"),
    },
    {},
    { dependencies: { a: "1", b: "2" } },
  );
  expect(imports).toMatchObject({ b: "/node_modules/b/b.js", "b/other": "/node_modules/b/other.js" });
  expect(scopes).toEqual({
    "/node_modules/a/": { b: "/node_modules/a/node_modules/b/b.js" },
    "/node_modules/a/node_modules/b/": { "b/other": "/node_modules/a/node_modules/b/other.js" },
  });
});

test("#imports, missing extensions, folders and browser fields get entries", async () => {
  const { imports, scopes } = await mapOf({
    "a@1.0.0": {
      "package.json": {
        browser: { "./node.js": "./page.js", fs: false, events: "./events.js" },
        imports: { "#x": { browser: "./x.js", default: "./none.js" }, "#dep": "b" },
      },
      "index.js": `import "#x"; import "#dep"; import "./lib"; import "./lib/one"; import "./node.js"; import "fs"; import "events"; import "./plain.js"`,
      "x.js": "",
      "lib/index.js": "",
      "lib/one.js": `import("../page")`,
      "node.js": `require("fs")`,
      "page.js": "",
      "events.js": "",
      "plain.js": "",
    },
    "b@1.0.0": { "index.js": "" },
  });
  const at = "/node_modules/a";
  expect(Object.keys(imports)).toEqual(["a", "a/", "b", "b/"]);
  expect(scopes).toEqual({
    [`${at}/`]: {
      "#x": `${at}/x.js`,
      "#dep": "/node_modules/b/index.js",
      [`${at}/lib`]: `${at}/lib/index.js`,
      [`${at}/lib/one`]: `${at}/lib/one.js`,
      [`${at}/node.js`]: `${at}/page.js`,
      fs: "data:text/javascript,export%20default%20%7B%7D",
      events: `${at}/events.js`,
      [`${at}/page`]: `${at}/page.js`,
    },
  });
});

test("a module that resolves a key differently from its package gets its own scope", async () => {
  const part = { imports: { "#x": "./x.js" } };
  const map = await mapOf({
    "a@1.0.0": {
      "package.json": part,
      "index.js": `import "#x"; import "./part/index.js"`,
      "x.js": "",
      "part/package.json": part,
      "part/index.js": `import "#x"`,
      "part/x.js": "",
    },
  });
  const seen = (path: string): string | null =>
    byMap(map, "http://page.local/")("#x", `http://page.local/node_modules/a/${path}`);
  expect(seen("index.js")).toBe("http://page.local/node_modules/a/x.js");
  expect(seen("part/index.js")).toBe("http://page.local/node_modules/a/part/x.js");
});

test("every reachable module has the hash of its bytes", async () => {
  const { imports, integrity, project } = await mapOf(
    {
      "a@1.0.0": { "index.js": `import "./inner.js"; import "b"`, "inner.js": "export {}", "unmet.js": "export {}" },
      "b@1.0.0": { "index.js": "export {}" },
    },
    { integrity: true, base: "/x/" },
  );
  expect(Object.keys(imports)).toEqual(["a", "a/", "b", "b/"]);
  const paths = ["node_modules/a/index.js", "node_modules/a/inner.js", "node_modules/b/index.js"];
  const hashes = paths.map((path) => createHash("sha384").update(project.readFileSync(path)).digest("base64"));
  expect(integrity).toEqual(Object.fromEntries(paths.map((path, i) => [`/x/${path}`, `sha384-${hashes[i]}`])));
});

const COMMON = {
  "react@19.1.0": { "package.json": { main: "index.js" }, "index.js": `module.exports = require("./react.cjs")` },
  "ui@1.0.0": {
    "package.json": { peerDependencies: { react: "*" }, module: "ui.mjs" },
    "ui.mjs": `import { useState } from "react"; export const ui = useState`,
  },
};

test("the files of another resolution are refused, with both versions in the message", async () => {
  const older = await mapOf({ "a@1.0.0": { "index.js": "export {}" } });
  const newer = await mapOf({ "a@2.0.0": { "index.js": "export {}" } });
  const failure = await failureOf(newer.project.resolution!.importMap({ provider: older.project }));
  expect(failure).toMatchObject({ code: "EIMPORTMAP", package: "a", found: "1.0.0" });
});

test("CommonJS that the page needs is refused, with the packages and a way out", async () => {
  const failure = await failureOf(mapOf(COMMON, { onWarning: undefined as never }));
  expect(failure).toMatchObject({
    code: "EIMPORTMAP",
    message: "A browser cannot import CommonJS, and these packages are published as CommonJS: react@19.1.0.",
    package: "react",
    requiredBy: ["", "node_modules/ui"],
    details: {
      leftOut: [
        {
          why: "commonjs",
          package: "react@19.1.0",
          location: "node_modules/react",
          what: "node_modules/react/index.js",
        },
      ],
    },
  });
  expect(failure.wayOut[0]?.text).toContain("esm.sh");
  const { imports, warnings } = await mapOf(COMMON);
  expect(warnings).toEqual([failure]);
  expect(imports).toEqual({ ui: "/node_modules/ui/ui.mjs", "ui/": "/node_modules/ui/" });
});

test("CommonJS that is wrapped is in the map itself, each file once", async () => {
  const { imports, warnings } = await mapOf(COMMON, { commonjs: "wrap", base: "/app/" });
  expect(warnings).toEqual([]);
  expect(imports["ui"]).toBe("/app/node_modules/ui/ui.mjs");
  const [facade = "", definition = ""] = ["react", "node_modules/react/index.js#commonjs"].map((key) =>
    atob(imports[key]?.replace("data:text/javascript;base64,", "") ?? ""),
  );
  expect(facade).toContain('import "node_modules/react/index.js#commonjs";');
  expect(definition).toContain("function (exports, require, module");
  expect(Object.keys(imports).filter((key) => key.includes("#"))).toEqual(["node_modules/react/index.js#commonjs"]);
  expect(imports["webhoist:runtime"]).toMatch(/^data:/);
});

test("a value of `commonjs` that does not exist is refused", async () => {
  const failure = await failureOf(mapOf(COMMON, { commonjs: "inline" as never }));
  expect(failure).toMatchObject({ code: "EINVALIDOPTION" });
});

test("the failure names the importer, and modules that a page does not have", async () => {
  const { warnings } = await mapOf(
    {
      "a@1.0.0": { "package.json": { dependencies: { react: "*" } }, "index.js": `import "react"; import "node:fs"` },
      "react@19.1.0": COMMON["react@19.1.0"],
    },
    {},
    { dependencies: { a: "1" } },
  );
  expect(warnings[0]?.message).toBe(
    "A browser cannot import CommonJS, and these packages are published as CommonJS: react@19.1.0. These packages import modules that a page does not have: a@1.0.0 (node:fs).",
  );
  expect(warnings[0]?.details?.["leftOut"]).toMatchObject([
    { why: "commonjs", importer: "node_modules/a/index.js" },
    { why: "missing", what: "node:fs", importer: "node_modules/a/index.js" },
  ]);
});

test("dev dependencies, and entries that nothing imports, may be CommonJS", async () => {
  const { imports, warnings } = await mapOf(
    {
      "tool@1.0.0": { "index.js": "module.exports = 1" },
      "types@1.0.0": { "index.d.ts": "" },
      "a@1.0.0": {
        "package.json": { exports: { ".": "./a.js", "./plugin": "./plugin.cjs", "./script": "./script.js" } },
        "a.js": "export {}; if (never) import('optional')",
        "plugin.cjs": "module.exports = 1",
        "script.js": "globalThis.a = 1",
      },
    },
    {},
    { dependencies: { a: "1", types: "1" }, devDependencies: { tool: "1" } },
  );
  expect(warnings).toEqual([]);
  expect(imports).toEqual({ a: "/node_modules/a/a.js", "a/script": "/node_modules/a/script.js" });
});

test("a workspace's modules have their real paths, not the link's", async () => {
  const project = await installFiles(
    { "b@1.0.0": { "index.js": "export {}" } },
    { workspaces: ["packages/*"] },
    {
      "packages/w/package.json": JSON.stringify({
        name: "w",
        version: "1.0.0",
        dependencies: { b: "1" },
        exports: "./w.js",
      }),
      "packages/w/w.js": `import "b"`,
    },
  );
  const { imports } = await project.resolution!.importMap({ provider: project, integrity: false });
  expect(imports).toEqual({ w: "/packages/w/w.js", b: "/node_modules/b/index.js", "b/": "/node_modules/b/" });
});

test("unusual names, and a damaged package.json, do no harm", async () => {
  const { imports } = await mapOf({
    "constructor@1.0.0": { "index.js": "" },
    "a@1.0.0": {
      "package.json": {
        exports: JSON.parse(`{ "./__proto__": "./p.js", "./x": { "__proto__": "./p.js", "default": "./p.js" } }`),
      },
      "p.js": `import "constructor"`,
      "inner/package.json": "{",
    },
  });
  expect(Object.entries(imports)).toEqual([
    ["constructor", "/node_modules/constructor/index.js"],
    ["constructor/", "/node_modules/constructor/"],
    ["a/__proto__", "/node_modules/a/p.js"],
    ["a/x", "/node_modules/a/p.js"],
  ]);
});

test.each([
  ["a list", ["./dist/*.js", "./dist/*/index.js"]],
  ["a list under a condition", { import: ["./dist/*.js", "./dist/*/index.js"] }],
  ["conditions in a list", [{ import: "./dist/*.js" }, "./dist/*/index.js"]],
  ["an invalid target first", ["dist/*", "./dist/*.js"]],
  ["lists in lists", [[{ node: "./none/*.js" }], { browser: [[{ default: ["./dist/*.js"] }]] }]],
])("a pattern whose target is %s has each file that Node finds", async (_, target) => {
  const { imports } = await mapOf({
    "pkg@1.0.0": {
      "package.json": { type: "module", exports: { "./*": target } },
      "dist/x.js": "export default 1",
      "dist/y/index.js": "export default 2",
    },
  });
  // Node takes the first valid target, so pkg/y is dist/y.js, which does not exist.
  expect(imports).toEqual({
    "pkg/x": "/node_modules/pkg/dist/x.js",
    "pkg/y/index": "/node_modules/pkg/dist/y/index.js",
  });
});

test.each([
  ["20.20.2", false],
  ["25.4.0", true],
])("imports that start with #/ are in the map if Node %s allows them: %s", async (node, allowed) => {
  const files = { "package.json": JSON.stringify({ name: "project", dependencies: { q: "1" } }) };
  const { url, fetch } = registryOf({
    "q@1.0.0": {
      "package.json": { type: "module", imports: { "#/*": "./src/*.js" }, exports: "./index.js" },
      "index.js": 'import "#/foo"',
      "src/foo.js": "export default 1",
    },
  });
  const installer = await createInstaller({
    registry: url,
    fetch,
    mode: "inline",
    platform: { ...PLATFORM, node },
    retries: 0,
  });
  const project = await installer.install({ files });
  installer.dispose();
  const warnings: Failure[] = [];
  const map = await project.resolution!.importMap({
    provider: project,
    integrity: false,
    onWarning: (warning) => void warnings.push(warning),
  });
  expect(warnings.map(({ code }) => code)).toEqual(allowed ? [] : ["EIMPORTMAP"]);
  const scope = map.scopes?.["/node_modules/q/"];
  expect(scope).toEqual(allowed ? { "#/foo": "/node_modules/q/src/foo.js" } : undefined);
});
