import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { ROOT } from "../../scripts/setup.mjs";

/**
 * Bundles a TypeScript part of a benchmark, with the library, into a script for Node, and imports it: `engine-run` for engine-run.ts.
 * @param {string} name
 */
export async function bundled(name) {
  return await import(await bundle(name));
}

/**
 * As `bundled`, but returns the script's path.
 * @param {string} name
 */
export async function bundle(name) {
  const outDir = join(ROOT, "node_modules/.cache", name);
  mkdirSync(outDir, { recursive: true });
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "error",
    define: { __WEBHOIST_REGISTRY__: '"http://registry.local/"' },
    ssr: { noExternal: true },
    build: {
      ssr: join(ROOT, `test/bench/${name}.ts`),
      outDir,
      minify: false,
      rollupOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
  });
  return join(outDir, `${name}.mjs`);
}
