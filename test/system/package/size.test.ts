import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { withPage } from "../../support/chromium.ts";
import { moduleSizes } from "./module-sizes.ts";
import { packed } from "./packed.ts";
import { serveRegistry, serveScripts } from "./servers.ts";
import { EXPECTED, PACKAGE_JSON, placements } from "./small-project.ts";

/**
 * Bytes, minified and gzipped, that a page may load:
 *
 * - `inline`: for resolving on its own thread; `store`: additionally for the metadata cache
 * - `page`: for resolving in workers; `worker`: the worker's file
 * - `modules`, `compilers`: additionally for `webhoist/modules`, and for the lexers and sucrase that it loads for a first file
 * - `install`, `flat`, `importMap`: additionally for installing, for a flat tree, and for an import map
 */
const BUDGET = {
  inline: 54_600,
  store: 7_000,
  page: 20_100,
  install: 54_900,
  flat: 16_400,
  importMap: 4_600,
  worker: 127_000,
  modules: 33_700,
  compilers: 71_600,
};

/** The build's folder. Source maps are read here, because the package does not contain them. */
const BUILT = join(import.meta.dirname, "../../../dist");

/** Resolves the small project in a page, and returns the files that the page loaded. */
async function loadedBy(options: string, then = ""): Promise<{ loaded: ReadonlyMap<string, Buffer> }> {
  await using registry = await serveRegistry();
  const dist = join(packed().consumer, "node_modules/webhoist/dist");
  await using site = await serveScripts(dist);
  const lock = await withPage(async (page) => {
    await page.goto(site.base);
    // Text instead of a function, because the transformation of this file would rewrite the import.
    return await page.evaluate<string>(`(async () => {
      const { createInstaller } = await import("/index.js");
      const installer = await createInstaller({ registry: "${registry.base}", ${options} });
      const { files } = await installer.resolve({ files: { "package.json": ${JSON.stringify(PACKAGE_JSON)} } });
      ${then};
      installer.dispose();
      return files["package-lock.json"];
    })()`);
  });
  expect(placements(lock)).toEqual(EXPECTED);
  return { loaded: site.loaded };
}

function total(title: string, loaded: Iterable<[string, Buffer]>): number {
  const sizes = [...loaded].map(([file, body]) => ({ file, minified: body.length, gzip: gzipSync(body).length }));
  const sum = sizes.reduce((bytes, { gzip }) => bytes + gzip, 0);
  console.table([...sizes, { file: title, minified: sizes.reduce((bytes, s) => bytes + s.minified, 0), gzip: sum }]);
  return sum;
}

test("the files for resolving on the page's own thread, and for the metadata cache, stay within their budgets", async () => {
  const { loaded } = await loadedBy('mode: "inline", cache: "none"');
  printModules(loaded);
  const bare = total("inline, no store", loaded);
  expect(bare).toBeLessThanOrEqual(BUDGET.inline);
  const stored = await loadedBy('mode: "inline"');
  expect(total("inline", stored.loaded) - bare).toBeLessThanOrEqual(BUDGET.store);
});

test("the files for resolving in a worker, and the worker itself, stay within their budgets", async () => {
  const { loaded } = await loadedBy('mode: "worker"');
  const isWorker = ([file]: [string, Buffer]): boolean => file.endsWith("worker.js");
  const page = [...loaded].filter((entry) => !isWorker(entry));
  expect(page.length).toBeLessThan(loaded.size);
  expect(total("page", page)).toBeLessThanOrEqual(BUDGET.page);
  expect(total("worker", [...loaded].filter(isWorker))).toBeLessThanOrEqual(BUDGET.worker);
});

test("installing from a lockfile loads its own files within the budget, and nothing of the engine", async () => {
  const lock = JSON.stringify({ name: "none", lockfileVersion: 3, packages: { "": { name: "none" } } });
  const { loaded } = await loadedBy('mode: "worker"', `(await installer.install(${JSON.stringify(lock)})).paths()`);
  const { loaded: resolving } = await loadedBy('mode: "worker"');
  const own = [...loaded].filter(([file]) => !resolving.has(file));
  expect(own.length).toBeGreaterThan(0);
  expect(own.map(([file]) => file).filter((file) => file.includes("inline"))).toEqual([]);
  expect(total("install", own)).toBeLessThanOrEqual(BUDGET.install);
});

test("a flat tree and an import map load their own files within their budgets", async () => {
  const files = `{ "package.json": ${JSON.stringify(PACKAGE_JSON)} }`;
  const flat = `const flat = await installer.resolve({ files: ${files} }, { strategy: "flat", relax: "copies" })`;
  const { loaded: npm } = await loadedBy('mode: "inline", cache: "none"');
  const { loaded } = await loadedBy('mode: "inline", cache: "none"', flat);
  const own = [...loaded].filter(([file]) => !npm.has(file));
  expect(own.length).toBeGreaterThan(0);
  expect(total("flat", own)).toBeLessThanOrEqual(BUDGET.flat);
  const { loaded: all } = await loadedBy('mode: "inline", cache: "none"', `${flat}; await flat.importMap()`);
  const map = [...all].filter(([file]) => !loaded.has(file));
  expect(map.length).toBeGreaterThan(0);
  expect(total("import map", map)).toBeLessThanOrEqual(BUDGET.importMap);
});

test("webhoist/modules, and the compilers that it loads on demand, stay within their budgets", async () => {
  const project = `{ lockfile: "{}", exists: () => false, realpath: (path) => path, isChanged: () => false, nodeResolve() {}, readFile() {} }`;
  const graph = (files: string): string => `
    const { moduleGraph } = await import("/modules.js");
    const { errors } = await moduleGraph(${project}, { files: ${files}, entry: "main.ts" });
    if (errors.length > 0) throw new Error(errors[0].message)`;
  const { loaded: installer } = await loadedBy('mode: "inline", cache: "none"');
  const { loaded: own } = await loadedBy('mode: "inline", cache: "none"', 'await import("/modules.js")');
  const { loaded: all } = await loadedBy(
    'mode: "inline", cache: "none"',
    graph('{ "main.ts": "export const a: number = 1" }'),
  );
  const added = [...own].filter(([file]) => !installer.has(file));
  const compilers = [...all].filter(([file]) => !own.has(file));
  expect(added.length).toBeGreaterThan(0);
  expect(compilers.length).toBeGreaterThan(0);
  expect(total("modules", added)).toBeLessThanOrEqual(BUDGET.modules);
  expect(total("compilers", compilers)).toBeLessThanOrEqual(BUDGET.compilers);
});

/** Prints the size of each module, largest first. Its gzipped size is its share of its file's gzipped size. */
function printModules(loaded: ReadonlyMap<string, Buffer>): void {
  const rows = [...loaded].flatMap(([file, body]) => {
    // A file that only imports others has no map.
    if (!existsSync(join(BUILT, `${file}.map`))) return [];
    const ratio = gzipSync(body).length / body.length;
    const sizes = moduleSizes(body.toString(), readFileSync(join(BUILT, `${file}.map`), "utf8"));
    return [...sizes].map(([module, minified]) => ({ module, minified, gzip: Math.round(minified * ratio) }));
  });
  console.table(rows.sort((a, b) => b.minified - a.minified));
}
