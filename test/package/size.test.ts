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
    return await page.evaluate(
      async ({ registry, text }) => {
        const entry = "/index.js";
        const { createInstaller } = (await import(entry)) as typeof import("../../web/index.ts");
        const installer = await createInstaller({ registry, mode: "inline" });
        const { files } = await installer.resolve({ files: { "package.json": text } });
        installer.dispose();
        return files["package-lock.json"] ?? "";
      },
      { registry: registry.base, text: PACKAGE_JSON },
    );
  });
  expect(placements(lock)).toEqual(EXPECTED);

  const sizes = [...site.loaded].map(([file, body]) => ({ file, minified: body.length, gzip: gzipSync(body).length }));
  const total = sizes.reduce((sum, { gzip }) => sum + gzip, 0);
  console.table([...sizes, { file: "total", minified: sizes.reduce((sum, s) => sum + s.minified, 0), gzip: total }]);
  expect(total).toBeLessThanOrEqual(BUDGET);
});
