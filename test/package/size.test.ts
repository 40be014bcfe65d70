import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, inject, test } from "vitest";
import { withPage } from "./chromium.ts";
import { serveRegistry, serveScripts } from "./servers.ts";
import { EXPECTED, PACKAGE_JSON, placements } from "./small-project.ts";

/** Bytes, minified and gzipped, that a page may load to resolve on its own thread. */
const BUDGET = 30_000;

test("what a page loads to resolve stays within its budget", async () => {
  await using registry = await serveRegistry();
  await using site = await serveScripts(join(inject("consumer"), "node_modules/webhoist/dist"));
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
  expect(placements(lock)).toEqual(EXPECTED);

  const sizes = [...site.loaded].map(([file, body]) => ({ file, minified: body.length, gzip: gzipSync(body).length }));
  const total = sizes.reduce((sum, { gzip }) => sum + gzip, 0);
  console.table([...sizes, { file: "total", minified: sizes.reduce((sum, s) => sum + s.minified, 0), gzip: total }]);
  expect(total).toBeLessThanOrEqual(BUDGET);
});
