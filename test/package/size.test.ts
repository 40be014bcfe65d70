import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { withPage } from "./chromium.ts";
import { moduleSizes } from "./module-sizes.ts";
import { packed } from "./packed.ts";
import { serveRegistry, serveScripts } from "./servers.ts";
import { EXPECTED, PACKAGE_JSON, placements } from "./small-project.ts";

/** Bytes, minified and gzipped, that a page may load to resolve on its own thread. */
const BUDGET = 30_000;

test("what a page loads to resolve stays within its budget", async () => {
  await using registry = await serveRegistry();
  const dist = join(packed().consumer, "node_modules/webhoist/dist");
  await using site = await serveScripts(dist);
  const lock = await withPage(async (page) => {
    await page.goto(site.base);
    // Text, not a function: this file's own transformation would rewrite the import.
    return await page.evaluate<string>(`(async () => {
      const { createInstaller } = await import("/index.js");
      const installer = await createInstaller({ registry: "${registry.base}", mode: "inline" });
      const { files } = await installer.resolve({ files: { "package.json": ${JSON.stringify(PACKAGE_JSON)} } });
      installer.dispose();
      return files["package-lock.json"];
    })()`);
  });
  printModules(dist, site.loaded);
  const sizes = [...site.loaded].map(([file, body]) => ({ file, minified: body.length, gzip: gzipSync(body).length }));
  const total = sizes.reduce((sum, { gzip }) => sum + gzip, 0);
  console.table([...sizes, { file: "total", minified: sizes.reduce((sum, s) => sum + s.minified, 0), gzip: total }]);
  expect(placements(lock)).toEqual(EXPECTED);
  expect(total).toBeLessThanOrEqual(BUDGET);
});

/** Where the bytes come from, largest first; a module's gzipped size is its share of its file's. */
function printModules(dist: string, loaded: ReadonlyMap<string, Buffer>): void {
  const rows = [...loaded].flatMap(([file, body]) => {
    // A file of imports alone has no map.
    if (!existsSync(join(dist, `${file}.map`))) return [];
    const ratio = gzipSync(body).length / body.length;
    const sizes = moduleSizes(body.toString(), readFileSync(join(dist, `${file}.map`), "utf8"));
    return [...sizes].map(([module, minified]) => ({ module, minified, gzip: Math.round(minified * ratio) }));
  });
  console.table(rows.sort((a, b) => b.minified - a.minified));
}
