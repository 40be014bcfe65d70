import fc from "fast-check";
import { expect, test } from "vitest";
import type { ImportMapOptions } from "../../src/api/flat.ts";
import type { InstalledProject } from "../../src/api/install.ts";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { MapBudget, owningPackage } from "../../src/import-map/map-budget.ts";
import { ModuleGraph } from "../../src/import-map/module-graph.ts";
import { moduleSyntax } from "../../src/import-map/module-syntax.ts";
import { packageSubpaths } from "../../src/import-map/package-subpaths.ts";
import { failureOf } from "../support/outcome.ts";
import { installFiles } from "./packs.ts";

/** Returns a budget, and the number of its pauses so far. */
function budgetOf(most?: number, signal?: AbortSignal): { budget: MapBudget; pauses: () => number } {
  let count = 0;
  const nextTurn = async (): Promise<void> => void count++;
  return { budget: new MapBudget(nextTurn, signal, most), pauses: () => count };
}

test("a map ends with ELIMIT beyond its steps, and names the package that took the most", () => {
  const { budget } = budgetOf(100);
  void budget.spend("node_modules/a", 30);
  void budget.spend("", 10);
  void budget.spend("node_modules/b", 35);
  void budget.spend("node_modules/a", 25);
  expect(() => budget.spend("", 1)).toThrow(
    'The import map takes more than 100 steps. Most go to node_modules/a. Use a CDN, whose map needs no files: provider: "esm.sh".',
  );
  expect(() => new MapBudget(async () => {}).spend("", 100_000_000)).not.toThrow();
  expect(() => new MapBudget(async () => {}).spend("", 100_000_001)).toThrow(InstallError);
});

test("all parts of the work wait for one pause, and a cancel ends them there", async () => {
  const controller = new AbortController();
  const { budget, pauses } = budgetOf(undefined, controller.signal);
  expect(budget.spend("", 19_999)).toBeUndefined();
  const first = budget.spend("", 1);
  expect(budget.spend("", 1)).toBe(first);
  await first;
  expect(pauses()).toBe(1);
  expect(budget.spend("", 1)).toBeUndefined();
  controller.abort(new Error("stop"));
  await expect(budget.spend("", 20_000)).rejects.toThrow("stop");
});

test.each([
  ["node_modules/a/lib/b.js", "node_modules/a"],
  ["node_modules/@s/a/index.js", "node_modules/@s/a"],
  ["node_modules/a/node_modules/b/c.js", "node_modules/a/node_modules/b"],
  ["src/a.js", ""],
])("the package of %s is %j", (path, folder) => {
  expect(owningPackage(path)).toBe(folder);
});

test("a cancelled map rejects with the signal's reason", async () => {
  const project = await installFiles({ "a@1.0.0": { "index.js": "export {}" } }, { dependencies: { a: "1" } });
  const signal = AbortSignal.abort(new Error("stop"));
  await expect(project.resolution!.importMap({ provider: project, signal })).rejects.toThrow("stop");
  await expect(project.resolution!.importMap({ signal })).rejects.toThrow("stop");
});

/** Returns a project that has only these files, in folders by name. */
function filesOnly(paths: readonly string[]): InstalledProject {
  const folders = new Map<string, Set<string>>();
  for (const path of paths) {
    const names = path.split("/");
    for (let i = 1; i < names.length; i++) {
      const folder = names.slice(0, i).join("/");
      folders.set(folder, (folders.get(folder) ?? new Set()).add(names[i] as string));
    }
  }
  return {
    readdir: (path: string) => [...(folders.get(path) ?? [])],
    lstat: (path: string) => ({ kind: folders.has(path) ? "directory" : "file" }),
  } as unknown as InstalledProject;
}

test("a pattern is compared only with the files that begin like it", () => {
  const count = 500;
  const files = Array.from({ length: count }, (_, i) => `p/lib${i}/index.js`);
  const exports = Object.fromEntries(Array.from({ length: count }, (_, i) => [`./x${i}/*`, `./lib${i}/*.js`]));
  const steps = [...packageSubpaths(filesOnly(files), "p", exports)].reduce((sum, one) => sum + one.steps, 0);
  // Ten for each file and folder, three for each pattern; `lib1` and `lib10` are different folders.
  expect(steps).toBeLessThanOrEqual(10 * (2 * count + 1) + 3 * count);
});

test("a package may have 100,000 subpaths", () => {
  const files = (count: number) => filesOnly(Array.from({ length: count }, (_, at) => `p/${at}.js`));
  expect(runToEnd(packageSubpaths(files(100_000), "p", { "./*": "./*.js" })).subpaths).toHaveLength(100_000);
  expect(() => runToEnd(packageSubpaths(files(100_001), "p", { "./*": "./*.js" }))).toThrow(
    '"exports" of p has more than 100000 subpaths. Most recently "./*" was added.',
  );
});

test("law: the subpaths of patterns are those of a comparison with all files", () => {
  const name = fc.constantFrom("a", "b", "ab");
  const files = fc.uniqueArray(
    fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `p/${names.join("/")}.js`),
  );
  const target = fc.array(fc.constantFrom("a", "b", "/", "*"), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(files, target, (paths, parts) => {
      const pattern = `${parts.join("")}*.js`;
      const { subpaths } = runToEnd(packageSubpaths(filesOnly(paths), "p", { "./x/*": `./${pattern}` }));
      const escaped = pattern.split("*").map((part) => part.replaceAll(".", "\\."));
      const regex = new RegExp(`^${escaped.reduce((all, part, i) => all + (i === 1 ? "(.+)" : "\\1") + part)}$`);
      const expected = paths.flatMap((path) => regex.exec(path.slice(2))?.[1] ?? []);
      expect([...subpaths].sort()).toEqual([...new Set(expected)].map((star) => `./x/${star}`).sort());
    }),
  );
});

test("a target nested 20,000 deep has no subpaths, and does not overflow", () => {
  const deep = JSON.parse(`${'{"import":'.repeat(20_000)}"./*.js"${"}".repeat(20_000)}`);
  const { subpaths } = runToEnd(packageSubpaths(filesOnly(["p/a.js"]), "p", { "./*": deep }));
  expect(subpaths).toEqual(["./a"]);
});

/** Returns the graph of one module. */
function graphOf(bytes: Uint8Array, budget = budgetOf().budget): ModuleGraph {
  const project = { readFile: async () => bytes, nodeResolve: async () => "node_modules/a/b.css" };
  const options = { conditions: [], digest: null, budget };
  return new ModuleGraph(project as unknown as InstalledProject, options);
}

test("a module may have 33,554,432 bytes", async () => {
  await graphOf(new Uint8Array(1 << 25).fill(0x20)).addFrom(["node_modules/a/a.js"]);
  const failure = await failureOf(graphOf(new Uint8Array((1 << 25) + 1)).addFrom(["node_modules/a/a.js"]));
  expect(failure.code).toBe("ELIMIT");
  expect(failure.message).toMatch("node_modules/a/a.js has more than 33554432 bytes");
});

test("a specifier may have 4,096 characters; a longer one leads nowhere", async () => {
  const graph = graphOf(new Uint8Array());
  expect(await graph.resolve("a".repeat(4096), "index.js")).toBe("node_modules/a/b.css");
  expect(await graph.resolve("a".repeat(4097), "index.js")).toBeNull();
});

test("a module of many imports and much text is read with pauses", async () => {
  const { budget, pauses } = budgetOf();
  const text = Array.from({ length: 10_000 }, (_, i) => `import "p${i}";`).join("\n") + "a ".repeat(3_000_000);
  await graphOf(new TextEncoder().encode(text), budget).addFrom(["node_modules/a/a.js"]);
  // One for every 20,000 to 40,000 steps: 100 for each import, one for every 16 characters.
  expect(pauses()).toBeGreaterThanOrEqual((10_000 * 100 + text.length / 16) / 40_000);
});

test.each<[string, string]>([
  ["a clause", `import ${"a ".repeat(3_000_000)}`],
  ["escapes in a string", `import "${"\\".repeat(3_000_000)}`],
  ["stars in a comment", `import /${"*".repeat(3_000_000)}`],
  ["blanks", `import ${" ".repeat(3_000_000)}`],
  ["quotes", '"\\'.repeat(2_000_000)],
])("millions of characters neither overflow nor go back: %s", (_, text) => {
  expect(runToEnd(moduleSyntax(text)).statics).toEqual([]);
});

test("no option ends without a code, whatever JSON it holds", { timeout: 60_000 }, async () => {
  const project = await installFiles({ "a@1.0.0": { "index.js": "export {}" } }, { dependencies: { a: "1" } });
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>("esm.sh", "/", "{name}@{version}{path}"),
  );
  const names = ["provider", "base", "conditions", "integrity", "omit", "onWarning", "signal"] as const;
  const options = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(fc.oneof(options, value), fc.boolean(), async (given, installed) => {
      const all = installed && typeof given === "object" ? { ...given, provider: project } : given;
      const result = await project.resolution!.importMap(all as ImportMapOptions).catch((error: unknown) => error);
      expect(result instanceof InstallError || Object.hasOwn(result as object, "imports")).toBe(true);
    }),
    { numRuns: 300 },
  );
});
