import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import type { Tree, TreeNode } from "../../src/api/resolve.ts";
import { createInstaller } from "../../web/index.ts";
import { folderCases } from "../conformance/folder.ts";
import { memoryRegistry } from "../support/registry/memory-fetch.ts";
import { byMap } from "./by-map.ts";
import { installFiles } from "./packs.ts";

const NAMES = ["a", "b", "c", "@s/d"];
const VERSIONS = ["1.0.0", "2.0.0"];
const PAGE = "http://page.local/app/";

interface RandomPackage {
  dependencies: Record<string, string>;
  hasExports: boolean;
}

const dependencies = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom("1", "2", "*")), {
    selector: ([name]) => name,
    maxLength: 3,
  })
  .map((entries) => Object.fromEntries(entries) as Record<string, string>);

const randomPackage = fc.record({ dependencies, hasExports: fc.boolean() });

/** Returns a package that imports all its dependencies and itself, in every way. */
function filesOf(name: string, { dependencies, hasExports }: RandomPackage): Record<string, unknown> {
  const asked = Object.keys(dependencies).filter((other) => other !== name);
  const exports = { ".": "./index.js", "./sub": "./lib/sub.js", "./lib/*": "./lib/*" };
  const own = hasExports ? [`${name}/sub`, "#own"] : ["./lib/sub"];
  const specifiers = [...asked, ...asked.map((other) => `${other}/lib/sub.js`), ...own, "./lib/index.js"];
  return {
    "package.json": {
      dependencies: Object.fromEntries(Object.entries(dependencies).filter(([other]) => other !== name)),
      ...(hasExports && { exports, imports: { "#own": "./own.js" } }),
    },
    "index.js": specifiers.map((specifier) => `import "${specifier}";`).join("\n"),
    "own.js": "export {}",
    "lib/index.js": `export * from "./sub.js"`,
    "lib/sub.js": asked.map((other) => `import("${other}");`).join("\n"),
  };
}

const project = fc.tuple(fc.array(randomPackage, { minLength: 8, maxLength: 8 }), dependencies);

function packagesOf(all: readonly RandomPackage[]): Record<string, Record<string, unknown>> {
  const ids = NAMES.flatMap((name) => VERSIONS.map((version) => ({ name, id: `${name}@${version}` })));
  return Object.fromEntries(ids.map(({ name, id }, i) => [id, filesOf(name, all[i] as RandomPackage)]));
}

test("law: in a map of installed files every import leads to the existing file that Node finds", async () => {
  await fc.assert(
    fc.asyncProperty(project, async ([all, dependencies]) => {
      const installed = await installFiles(packagesOf(all), { dependencies });
      const map = await installed.resolution!.importMap({ provider: installed, base: "/app/" });
      const meaning = byMap(map, PAGE);
      const pathOf = (address: string): string => decodeURIComponent(address.slice(PAGE.length));
      const next = Object.values(map.imports).filter((to) => to.endsWith(".js"));
      const met = new Set(next.map((to) => new URL(to, PAGE).href));
      for (const address of met) {
        const path = pathOf(address);
        expect(installed.exists(path)).toBe(true);
        const text = new TextDecoder().decode(await installed.readFile(path));
        for (const [, specifier = ""] of text.matchAll(/"([^"]+)"/g)) {
          const meant = meaning(specifier, address);
          expect(meant && pathOf(meant), `${specifier} in ${path}`).toBe(await installed.nodeResolve(specifier, path));
          met.add(meant as string);
        }
      }
      for (const name of Object.keys(dependencies))
        expect(pathOf(meaning(name, PAGE) as string)).toBe(await installed.nodeResolve(name, "index.js"));
      expect(Object.keys(map.integrity ?? {}).map((to) => new URL(to, PAGE).href)).toEqual(
        expect.arrayContaining([...met]),
      );
    }),
    { numRuns: 25 },
  );
}, 60_000);

test("law: in a map for a CDN every dependency leads to the version in the tree, or is reported", async () => {
  await fc.assert(
    fc.asyncProperty(project, async ([all, dependencies]) => {
      const { resolution } = await installFiles(packagesOf(all), { dependencies });
      const { tree } = resolution!;
      const warnings: Failure[] = [];
      const onWarning = (warning: Failure): void => void warnings.push(warning);
      const map = await resolution!.importMap({ provider: "https://cdn.example/{name}@{version}{path}", onWarning });
      const said = (warnings[0]?.details?.["leftOut"] ?? []) as readonly { location: string }[];
      agrees(tree, byMap(map, PAGE), new Set(said.map(({ location }) => location)));
    }),
    { numRuns: 25 },
  );
}, 60_000);

const recorded = process.env["WEBHOIST_REGISTRY"];

describe.runIf(recorded)("the trees of a recorded registry, from a CDN", { timeout: 120_000 }, () => {
  for (const found of recorded ? folderCases(recorded, ["projects"]) : []) {
    test(found.name, async () => {
      const { project, options, platform, snapshot } = found.open();
      const { url, fetch } = memoryRegistry(snapshot);
      const installer = await createInstaller({ registry: url, fetch, platform, mode: "inline" });
      const resolution = await installer.resolve(project, options);
      installer.dispose();
      const warnings: Failure[] = [];
      const provider = "https://cdn.example/{name}@{version}{path}";
      const map = await resolution.importMap({ provider, onWarning: (warning) => void warnings.push(warning) });
      const said = (warnings[0]?.details?.["leftOut"] ?? []) as readonly { location: string }[];
      agrees(resolution.tree, byMap(map, PAGE), new Set(said.map(({ location }) => location)));
    });
  }
});

function agrees({ root, nodes }: Tree, meaning: ReturnType<typeof byMap>, said: ReadonlySet<string>): void {
  const isThere = (node: TreeNode | null): node is TreeNode =>
    node !== null && !node.inert && !/^@types\//.test(node.name);
  const ids = new Map<string, number>();
  const idOf = ({ packageName, version }: TreeNode): string => `${packageName}@${version}`;
  for (const node of nodes) ids.set(idOf(node), (ids.get(idOf(node)) ?? 0) + 1);
  // Dev dependencies are not reported.
  const isRight = (node: TreeNode): boolean =>
    !said.has(node.location) && !(node.dev && (ids.get(idOf(node)) ?? 0) > 1);
  for (const from of [root, ...nodes].filter((node) => isThere(node) && isRight(node))) {
    const main = from === root ? PAGE : `https://cdn.example/${from.packageName}@${from.version}`;
    for (const { name, to } of from.edgesOut) {
      if (!isThere(to)) continue;
      const wanted = `https://cdn.example/${to.packageName}@${to.version}`;
      expect(meaning(name, main), `${name} in ${from.location}`).toBe(wanted);
      expect(meaning(`${name}/lib/sub.js`, `${main}/any.js`)).toBe(`${wanted}/lib/sub.js`);
    }
  }
}
