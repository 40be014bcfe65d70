import { type BuildOptions, context } from "esbuild";
import type { Plugin as RollupPluginType } from "rollup";
import { describe, expect, test } from "vitest";
import { esbuildPlugin } from "../../../web/bundlers/esbuild.ts";
import { rollupPlugin } from "../../../web/bundlers/rollup.ts";
import { byEsbuild, byRollup, run } from "./bundle.ts";
import { installed } from "./install.ts";

const project = await installed(
  {
    "dual@1.0.0": {
      "package.json": { exports: { import: "./i.mjs", require: "./r.cjs", default: "./none.js" } },
      "i.mjs": `export default "import";`,
      "r.cjs": `module.exports = "require";`,
    },
    "asks@1.0.0": {
      "package.json": { main: "index.cjs" },
      "index.cjs": `exports.dual = require("dual"); exports.json = require("./data").deep["key"];`,
      "data.json": { deep: { key: 1 }, "odd-key": 2, default: 3, __proto__: null },
    },
    "page@1.0.0": {
      "package.json": { main: "./node.js", browser: { "./node.js": "./page.js", fs: false } },
      "node.js": `throw new Error("node");`,
      "page.js": `import * as fs from "fs"; export const page = Object.keys(fs).filter((key) => key !== "default").length;`,
    },
    "pure@1.0.0": {
      "package.json": { sideEffects: ["*.css", "./keep/**"], module: "index.js" },
      "index.js": `export { used } from "./used.js";`,
      "used.js": `import "./gone.js"; import "./keep/deep/this.js"; export const used = "used";`,
      "gone.js": `globalThis.gone = true;`,
      "keep/deep/this.js": `globalThis.kept = true;`,
    },
    "old@1.0.0": {
      "package.json": { module: "esm.js", main: "cjs.js" },
      "esm.js": `export default 1;`,
      "cjs.js": `module.exports = () => "called";`,
    },
    "optional@1.0.0": { "index.js": `try { require("missing"); } catch { module.exports = "without"; }` },
    "@s/styled@1.0.0": {
      "package.json": { style: "all.css", main: "index.js" },
      "all.css": `@import "part.css"; .a { background: url(a.svg?x#y); }`,
      "part.css": `.part { color: red; }`,
      "a.svg": "<svg/>",
    },
  },
  {},
);

/** Bundles an entry with both bundlers, runs both bundles, and checks that they export the same. */
async function both(files: Record<string, string>, entry = "main.js"): Promise<Record<string, unknown>> {
  const [first, second] = await Promise.all([
    byEsbuild(project, { files }, entry).then(run),
    byRollup(project, { files }, entry).then(run),
  ]);
  expect(second).toEqual(first);
  return first;
}

describe("by esbuild and by Rollup", () => {
  test("conditions follow from the kind of import", async () => {
    const main = `export { default as imported } from "dual"; import asks from "asks"; export const required = asks.dual;`;
    expect(await both({ "main.js": main })).toEqual({ imported: "import", required: "require" });
  });

  test("require takes main, import takes module", async () => {
    const files = {
      "main.js": `export { default as one } from "old"; export { default as two } from "./c.cjs";`,
    };
    const main = { ...files, "c.cjs": `module.exports = require("old")();` };
    expect(await both(main)).toEqual({ one: 1, two: "called" });
  });

  test("JSON can be required and imported, with keys of any name", async () => {
    const main = `export { default as all, "odd-key" as odd } from "asks/data.json"; import asks from "asks"; export const required = asks.json;`;
    expect(await both({ "main.js": main })).toMatchObject({
      required: 1,
      odd: 2,
      all: { deep: { key: 1 }, "odd-key": 2, default: 3 },
    });
  });

  test("the browser field replaces files, and false gives an empty module", async () => {
    expect(await both({ "main.js": `export { page } from "page";` })).toEqual({ page: 0 });
  });

  test("modules without side effects are left out, by package.json", async () => {
    const files = { "main.js": `export { used } from "pure";` };
    for (const code of [await byEsbuild(project, { files }), await byRollup(project, { files })]) {
      expect(code).toContain("globalThis.kept");
      expect(code).not.toContain("globalThis.gone");
    }
  });

  test("the user's files take precedence over installed ones, and import each other without extensions", async () => {
    const files = {
      "src/main.js": `import one from "./one"; import two from "./folder"; import old from "old"; export const all = [one, two, old];`,
      "src/one.js": `export default 1;`,
      "src/folder/index.js": `export default 2;`,
      "node_modules/old/esm.js": `export default "patched";`,
    };
    expect(await both(files, "src/main.js")).toEqual({ all: [1, 2, "patched"] });
    expect(await both(files, "./src/main")).toEqual({ all: [1, 2, "patched"] });
  });

  test("an entry can be a package", async () => {
    expect(await both({}, "old")).toEqual({ default: 1 });
  });

  test("URLs are left to the page", async () => {
    const files = {
      "main.js": `import "https://cdn.example/a.js"; import a from "data:text/javascript,export default 1"; export { a };`,
    };
    expect(await byEsbuild(project, { files })).toContain(`import "https://cdn.example/a.js"`);
    expect(await byRollup(project, { files })).toContain(`import 'https://cdn.example/a.js'`);
  });

  test("Node's own modules are an error or external", async () => {
    const files = { "main.js": `import fs from "fs"; console.log(fs);` };
    for (const bundle of [byEsbuild, byRollup]) {
      await expect(bundle(project, { files })).rejects.toThrow(
        `main.js imports "fs": "fs" is one of Node's own modules`,
      );
      expect(await bundle(project, { files, builtins: "external" })).toMatch(/from ["']node:fs["']/);
    }
  });

  test("a missing module is reported with its importer", async () => {
    const files = { "main.js": `import "missing"; import "./none";` };
    await expect(byEsbuild(project, { files })).rejects.toThrow(
      /main\.js imports "missing": no package "missing" is installed for .*none/s,
    );
    await expect(byRollup(project, { files })).rejects.toThrow(
      `main.js imports "missing": no package "missing" is installed for the project. Add missing`,
    );
    await expect(byEsbuild(project, {}, "none.js")).rejects.toThrow("none.js");
    await expect(byRollup(project, {}, "none.js")).rejects.toThrow("none.js");
  });

  test("a workspace in node_modules is the user's own file", async () => {
    const workspaces = {
      "package.json": JSON.stringify({ workspaces: ["packages/*"] }),
      "packages/w/package.json": `{ "name": "w", "version": "1.0.0", "main": "old.js" }`,
    };
    const linked = await installed({}, workspaces);
    const files = {
      "main.js": `export { default as w } from "w";`,
      "packages/w/package.json": `{ "name": "w", "main": "./new" }`,
      "packages/w/new.js": `export default "new";`,
    };
    expect(await run(await byEsbuild(linked, { files }))).toEqual({ w: "new" });
    expect(await run(await byRollup(linked, { files }))).toEqual({ w: "new" });
  });
});

describe("by esbuild", () => {
  test("a missing require inside try is no error, and any other one is", async () => {
    expect(
      await run(await byEsbuild(project, { files: { "main.js": `export { default as got } from "optional";` } })),
    ).toEqual({ got: "without" });
    const files = { "main.js": `require("missing");` };
    await expect(byEsbuild(project, { files })).rejects.toThrow(`Could not resolve "missing"`);
  });

  test("TypeScript and JSX are found under the names of their output", async () => {
    const files = {
      "src/main.ts": `import { a } from "./a.js"; import b from "./b"; export const all: unknown[] = [a, b];`,
      "src/a.ts": `export const a: number = 1;`,
      "src/b.tsx": `export default (() => <p>{2}</p>)(); function h(...all: unknown[]) { return all.length; } const React = { createElement: h };`,
    };
    await expect(
      byEsbuild(project, { files: { ...files, "src/b.tsx": "export default 2;" } }, "src/main.ts").then(run),
    ).resolves.toEqual({ all: [1, 2] });
    expect(await byEsbuild(project, { files }, "src/main.ts")).toContain("React.createElement");
  });

  test("style sheets import style sheets and files beside them", async () => {
    const files = {
      "main.css": `@import "@s/styled"; @import url("https://cdn.example/b.css"); .x { fill: url(#x); }`,
    };
    const { errors, outputFiles } = await css(files);
    expect(errors).toEqual([]);
    expect(outputFiles).toContain(".part");
    expect(outputFiles).toContain("url(data:image/svg+xml");
    expect(outputFiles).toContain("url(#x)");
    expect(outputFiles).toContain(`@import "https://cdn.example/b.css"`);
  });

  async function css(files: Record<string, string>): Promise<{ errors: unknown[]; outputFiles: string }> {
    const { build } = await import("esbuild");
    const result = await build({
      entryPoints: ["main.css"],
      plugins: [esbuildPlugin(project, { files })],
      bundle: true,
      write: false,
      outdir: "/out",
      loader: { ".svg": "dataurl" },
      logLevel: "silent",
    });
    return { errors: result.errors, outputFiles: result.outputFiles.map(({ text }) => text).join("\n") };
  }

  test("a rebuild sees files that were edited", async () => {
    const files: Record<string, string> = { "main.js": `export { default as old } from "old"; export const at = 1;` };
    const options: BuildOptions = {
      entryPoints: ["main.js"],
      plugins: [esbuildPlugin(project, { files: () => files })],
      bundle: true,
      write: false,
      format: "esm",
    };
    const builds = await context(options);
    try {
      const first = await builds.rebuild();
      files["main.js"] = `export const at = 2;`;
      const second = await builds.rebuild();
      expect(await run(first.outputFiles?.[0]?.text ?? "")).toEqual({ old: 1, at: 1 });
      expect(await run(second.outputFiles?.[0]?.text ?? "")).toEqual({ at: 2 });
    } finally {
      await builds.dispose();
    }
  });

  test("an entry from standard input can import packages", async () => {
    const { build } = await import("esbuild");
    const { outputFiles } = await build({
      stdin: {
        contents: `export { default as old } from "old"; export { own } from "./own";`,
        resolveDir: "/src",
      },
      plugins: [esbuildPlugin(project, { files: { "src/own.js": "export const own = 1;" } })],
      bundle: true,
      write: false,
      format: "esm",
    });
    expect(await run(outputFiles[0]?.text ?? "")).toEqual({ old: 1, own: 1 });
  });
});

test("the plugin has the type of a Rollup plugin", () => {
  const plugin: RollupPluginType = rollupPlugin(project);
  expect(plugin.name).toBe("webhoist");
});
