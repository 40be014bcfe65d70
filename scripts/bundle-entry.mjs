import { join, resolve } from "node:path";
import { build } from "vite";
import { ROOT } from "./setup.mjs";

/**
 * Bundles a TypeScript file for Node or for a page. An import of `webhoist:entry` becomes the module under test. The
 * file of its workers is put beside the bundle.
 * @param {string} entry path relative to the repository
 * @param {{ platform: "node" | "page", outDir: string, library?: string }} how
 * @returns {Promise<string>} the bundle, `<name>.mjs` for Node and `<name>.js` for a page
 */
export async function bundleEntry(entry, { platform, outDir, library = "web/index.ts" }) {
  const input = join(ROOT, entry);
  const name = `${entry.replace(/^.*\/|\.ts$/g, "")}.${platform === "node" ? "mjs" : "js"}`;
  await build({
    root: ROOT,
    configFile: false,
    publicDir: false,
    logLevel: "error",
    define: { __WEBHOIST_REGISTRY__: '"http://registry.local/"', __WEBHOIST_INTERLEAVE__: "undefined" },
    resolve: { alias: { "webhoist:entry": resolve(ROOT, library) } },
    ssr: { noExternal: true, external: ["playwright"] },
    worker: { format: "es" },
    build: {
      ...(platform === "node" ? { ssr: input } : { modulePreload: false }),
      outDir,
      emptyOutDir: false,
      target: "es2023",
      minify: false,
      sourcemap: "inline",
      // A worker's chunk may have the name of another chunk. It is not needed in a build for Node.
      rollupOptions: { input, output: { entryFileNames: name, chunkFileNames: "chunks/[name]-[hash].js" } },
    },
  });
  return join(outDir, name);
}
