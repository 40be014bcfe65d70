import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { ROOT } from "../../scripts/setup.mjs";

/**
 * Bundles a TypeScript part of a benchmark, with the library, into a script for Node: `engine-run` for engine-run.ts.
 * @param {string} name
 */
export async function bundled(name) {
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
  return await import(join(outDir, `${name}.mjs`));
}
