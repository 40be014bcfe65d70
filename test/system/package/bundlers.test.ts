import { copyFileSync, cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import nodeResolve from "@rollup/plugin-node-resolve";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { createServer, build as vite } from "vite";
import { expect, test } from "vitest";
import webpack from "webpack";
import { ISOLATION } from "../../../scripts/serve.mjs";
import { type Answer, app, expectInline, page, project, THREADS, useChromium, WORKER } from "./consumer.ts";
import { packed } from "./packed.ts";

const { visit, visitBoth, visitIsolated } = useChromium();

test("Vite builds the library without configuration", async () => {
  const root = project("vite", { "index.html": page("./main.js"), "main.js": app(), "package.json": "{}" });
  await vite({ root, configFile: false, logLevel: "error" });
  expect(await visitBoth(join(root, "dist"))).toEqual([THREADS, WORKER]);
});

test.each([
  ["without configuration", {}],
  ["with the package excluded from its optimiser", { optimizeDeps: { exclude: ["webhoist"] } }],
])("Vite's dev server serves the library %s", async (_, more) => {
  const name = `vite-dev-${Object.keys(more).length}`;
  const root = project(name, { "index.html": page("./main.js"), "main.js": app(), "package.json": "{}" });
  // Vite serves only files of the project, so the package must be among them, as in a real project.
  cpSync(join(packed().consumer, "node_modules/webhoist"), join(root, "node_modules/webhoist"), { recursive: true });
  const answers: Answer[] = [];
  for (const headers of [ISOLATION, {}]) {
    const server = await createServer({ root, configFile: false, logLevel: "error", server: { headers }, ...more });
    try {
      await server.listen(0);
      answers.push(await visit(server.resolvedUrls?.local[0] ?? ""));
    } finally {
      await server.close();
    }
  }
  expect(answers).toEqual([THREADS, WORKER]);
});

test("webpack builds the library without configuration", async () => {
  const folder = project("webpack", { "src/index.js": app(), "dist/index.html": page("main.js") });
  const problems = await new Promise<string>((resolve, reject) => {
    const output = { path: join(folder, "dist") };
    // Minifying takes ten seconds, and the package is minified already.
    const optimization = { minimize: false };
    webpack({ context: folder, mode: "production", output, optimization }, (error, stats) => {
      if (error) reject(error);
      else resolve(stats?.hasErrors() ? stats.toString("errors-only") : "");
    });
  });
  expect(problems).toBe("");
  expect(await visitBoth(join(folder, "dist"))).toEqual([THREADS, WORKER]);
});

/** Entries that put the worker beside the output, for bundlers that do not recognise the worker's address in a module. */
const WITH_WORKER = { main: "main.js", "webhoist-worker": "webhoist/worker" };

test("esbuild builds the library with the worker as a second entry", async () => {
  const folder = project("esbuild", { "main.js": app(), "out/index.html": page("main.js") });
  const { warnings } = await esbuild({
    absWorkingDir: folder,
    entryPoints: { ...WITH_WORKER, main: "./main.js" },
    bundle: true,
    splitting: true,
    format: "esm",
    outdir: "out",
    logLevel: "silent",
  });
  expect(warnings).toEqual([]);
  expect(await visitBoth(join(folder, "out"))).toEqual([THREADS, WORKER]);
});

test("esbuild builds one script that needs workerUrl; without it, the mode is inline", async () => {
  const folder = project("esbuild-one", { "main.js": app(), "out/index.html": page("main.js") });
  const { warnings } = await esbuild({
    absWorkingDir: folder,
    entryPoints: ["main.js"],
    bundle: true,
    outdir: "out",
    logLevel: "silent",
  });
  expect(warnings).toEqual([]);
  copyFileSync(join(packed().consumer, "node_modules/webhoist/dist/webhoist-worker.js"), join(folder, "out/hoist.js"));
  expect(await visitBoth(join(folder, "out"), { options: { workerUrl: "hoist.js" } })).toEqual([THREADS, WORKER]);
  expectInline(
    await visitIsolated(join(folder, "out")),
    /the address of its file is unknown \(set workerUrl to its address\)/,
  );
});

test("Rollup builds the library with the worker as a second input; without it, the mode is inline", async () => {
  const folder = project("rollup", { "main.js": app(), "out/index.html": page("main.js") });
  const bundle = await rollup({
    input: { ...WITH_WORKER, main: join(folder, "main.js") },
    plugins: [nodeResolve({ rootDir: folder })],
    onwarn: (warning) => {
      throw warning;
    },
  });
  await bundle.write({ dir: join(folder, "out") });
  await bundle.close();
  expect(await visitBoth(join(folder, "out"))).toEqual([THREADS, WORKER]);
  rmSync(join(folder, "out/webhoist-worker.js"));
  expectInline(await visitIsolated(join(folder, "out")), /no worker runs at http.*\/webhoist-worker\.js \(.*workerUrl/);
});
