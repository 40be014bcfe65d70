import { expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import type { ImportMap, ImportMapOptions } from "../../src/api/flat.ts";
import type { Resolution } from "../../src/api/resolve.ts";
import { importMap } from "../../src/import-map/import-map.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";
import { resolveIn, resolveManifest } from "../support/tree.ts";
import { byMap } from "./by-map.ts";

const PAGE = "http://page.local/";

const REACT = fakeRegistry({
  "ui@2.0.0": { dependencies: { "@s/core": "^1.0.0" }, peerDependencies: { react: "^19" } },
  "@s/core@1.2.0": {},
  "react@19.1.0": {},
  "@types/react@19.0.0": {},
});
const WANTS_REACT = { react: "^19", ui: "^2", "@types/react": "*" };

function of(manifest: object, registry = REACT): Promise<Resolution> {
  return resolveManifest(registry, manifest);
}

async function mapOf(dependencies: object, options?: ImportMapOptions): Promise<ImportMap> {
  return await (await of({ dependencies })).importMap(options);
}

test("dependencies of the project come first, then all other packages; types are left out", async () => {
  expect(await mapOf(WANTS_REACT)).toEqual({
    imports: {
      react: "https://esm.sh/*react@19.1.0",
      "react/": "https://esm.sh/*react@19.1.0/",
      ui: "https://esm.sh/*ui@2.0.0",
      "ui/": "https://esm.sh/*ui@2.0.0/",
      "@s/core": "https://esm.sh/*@s/core@1.2.0",
      "@s/core/": "https://esm.sh/*@s/core@1.2.0/",
    },
  });
  expect(Object.keys((await mapOf(WANTS_REACT)).imports).slice(0, 2)).toEqual(["react", "react/"]);
});

test.each([
  ["esm.sh", "https://esm.sh/*@s/core@1.2.0", "https://esm.sh/*@s/core@1.2.0/"],
  ["jsdelivr", "https://cdn.jsdelivr.net/npm/@s/core@1.2.0/+esm", "https://cdn.jsdelivr.net/npm/@s/core@1.2.0/"],
  [
    "unpkg",
    "https://unpkg.com/@s/core@1.2.0?conditions=browser,module,import,default",
    "https://unpkg.com/@s/core@1.2.0/",
  ],
  ["jspm", "https://ga.jspm.io/npm:@s/core@1.2.0/index.js", "https://ga.jspm.io/npm:@s/core@1.2.0/"],
  ["/cdn/{name}/{version}{path}", "/cdn/@s/core/1.2.0", "/cdn/@s/core/1.2.0/"],
  // `{path}` is not at the end, so there are no subpaths.
  ["https://cdn.example/{name}@{version}{path}?module", "https://cdn.example/@s/core@1.2.0?module", undefined],
])("the addresses of %s", async (provider, main, folder) => {
  const { imports } = await mapOf({ "@s/core": "1" }, { provider });
  expect([imports["@s/core"], imports["@s/core/"]]).toEqual([main, folder]);
});

test("a base replaces the CDN's own address, and completes a template without one", async () => {
  const esm = await mapOf({ react: "19" }, { provider: "esm.sh", base: "https://esm.example/v1" });
  expect(esm.imports["react"]).toBe("https://esm.example/v1/*react@19.1.0");
  const own = await mapOf({ react: "19" }, { provider: "{name}@{version}{path}", base: "/cdn/" });
  expect(own.imports["react/"]).toBe("/cdn/react@19.1.0/");
});

test("an alias is imported by its own name, and imports itself by the package's name", async () => {
  const registry = fakeRegistry({ "b@1.0.0": {}, "b@2.0.0": {} });
  const resolution = await of({ dependencies: { b: "2", old: "npm:b@1" } }, registry);
  expect(await resolution.importMap()).toEqual({
    imports: {
      b: "https://esm.sh/*b@2.0.0",
      "b/": "https://esm.sh/*b@2.0.0/",
      old: "https://esm.sh/*b@1.0.0",
      "old/": "https://esm.sh/*b@1.0.0/",
    },
    scopes: {
      "https://esm.sh/*b@1.0.0": { b: "https://esm.sh/*b@1.0.0", "b/": "https://esm.sh/*b@1.0.0/" },
      "https://esm.sh/*b@1.0.0/": { b: "https://esm.sh/*b@1.0.0", "b/": "https://esm.sh/*b@1.0.0/" },
    },
  });
});

test("a package that sees another copy than the project has a scope for its entry and one for its files", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { b: "^1.0.0" }, "b@1.4.0": {}, "b@2.0.0": {} });
  const resolution = await of({ dependencies: { a: "^1.0.0", b: "^2.0.0" } }, registry);
  for (const provider of ["esm.sh", "jsdelivr", "unpkg", "jspm"]) {
    const map = await resolution.importMap({ provider });
    const folder = map.imports["a/"] as string;
    for (const module of [map.imports["a"] as string, `${folder}es2022/a.mjs`]) {
      expect(byMap(map, PAGE)("b", module)).toContain("b@1.4.0");
      expect(byMap(map, PAGE)("b/sub.js", module)).toContain("b@1.4.0/");
    }
    expect(byMap(map, PAGE)("b", PAGE)).toContain("b@2.0.0");
  }
});

test("copies of one version with different dependencies cause an error, and the copy at the project is mapped correctly", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": { x: "*" },
    "b@1.0.0": { a: "1", x: "1" },
    "c@1.0.0": { a: "1", x: "1" },
    "x@1.0.0": {},
    "x@2.0.0": {},
  });
  const dependencies = { a: "1", b: "1", x: "2" };
  const packages = {
    "": { dependencies },
    "node_modules/a": { version: "1.0.0", dependencies: { x: "*" } },
    "node_modules/b": { version: "1.0.0", dependencies: { a: "1", x: "1" } },
    "node_modules/b/node_modules/a": { version: "1.0.0", dependencies: { x: "*" } },
    "node_modules/b/node_modules/x": { version: "1.0.0" },
    "node_modules/x": { version: "2.0.0" },
  };
  const nested = await resolveIn(registry, {
    "package.json": JSON.stringify({ dependencies }),
    "package-lock.json": JSON.stringify({ lockfileVersion: 3, packages }),
  });
  expect(nested.tree.get("node_modules/b/node_modules/a")?.version).toBe("1.0.0");
  const failure = await failureOf(nested.importMap());
  expect(failure).toMatchObject({ code: "EIMPORTMAP", package: "a", requiredBy: ["node_modules/b"] });
  expect(failure.message).toBe(
    "A CDN has one copy of each version, but the copies of a@1.0.0 here see different dependencies.",
  );
  const warnings: Failure[] = [];
  const map = await nested.importMap({ onWarning: (warning) => warnings.push(warning) });
  expect(warnings).toEqual([failure]);
  expect(byMap(map, PAGE)("x", map.imports["a"] as string)).toContain("x@2.0.0");
});

test("packages that do not come from a registry are on no CDN", async () => {
  const files = {
    "package.json": JSON.stringify({
      dependencies: { react: "19", mine: "file:./lib" },
      devDependencies: { tool: "file:./tool" },
    }),
    "lib/package.json": JSON.stringify({ name: "mine", version: "1.2.3", dependencies: { ui: "2" } }),
    "tool/package.json": JSON.stringify({ name: "tool", version: "1.0.0" }),
  };
  const resolution = await resolveIn(REACT, files);
  const failure = await failureOf(resolution.importMap());
  expect(failure).toMatchObject({ code: "EIMPORTMAP", package: "mine", requiredBy: [""] });
  expect(failure.message).toBe("These packages are on no CDN, because they do not come from a registry: mine@1.2.3.");
  expect(failure.wayOut.map((way) => way.kind === "option" && way.option)).toEqual(["provider", "onWarning"]);
  const warnings: Failure[] = [];
  const { imports } = await resolution.importMap({ onWarning: (warning) => warnings.push(warning) });
  expect(warnings).toEqual([failure]);
  expect(Object.keys(imports)).toEqual(["react", "react/", "@s/core", "@s/core/", "ui", "ui/"]);
});

test("workspaces are left out without an error", async () => {
  const resolution = await resolveIn(REACT, {
    "package.json": JSON.stringify({ workspaces: ["app"] }),
    "app/package.json": JSON.stringify({ name: "app", version: "1.0.0", dependencies: { react: "19" } }),
  });
  expect(Object.keys((await resolution.importMap()).imports)).toEqual(["react", "react/"]);
});

test("omit: dev leaves out packages that only development needs", async () => {
  const resolution = await of({ dependencies: { react: "19" }, devDependencies: { ui: "2" } });
  expect(Object.keys((await resolution.importMap({ provider: "unpkg" })).imports)).toContain("@s/core");
  const { imports } = await resolution.importMap({ provider: "unpkg", omit: ["dev"] });
  expect(Object.keys(imports)).toEqual(["react", "react/"]);
});

test("packages that are left out for the platform are not in the map", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { os: ["plan9"] }, "b@1.0.0": {} });
  const resolution = await of({ optionalDependencies: { a: "1" }, dependencies: { b: "1" } }, registry);
  expect(resolution.tree.get("node_modules/a")?.inert).toBe(true);
  expect(Object.keys((await resolution.importMap()).imports)).toEqual(["b", "b/"]);
});

test("names and versions are escaped in addresses but not in keys", async () => {
  const { tree } = await of({ dependencies: { react: "19" } });
  const names = ["__proto__", "constructor", "a b?#%", "@s/../../x"];
  const children = names.map((name) => ({
    ...tree.root.children[0],
    name,
    packageName: name,
    version: "1.0.0?x#y",
    location: `node_modules/${name}`,
    edgesIn: [],
    edgesOut: [],
    isLink: false,
    inert: false,
    target: null,
    resolved: null,
  }));
  const root = { ...tree.root, children, edgesOut: [] };
  const odd = { root, nodes: children, get: () => undefined } as unknown as typeof tree;
  const { imports } = await importMap(odd, {}, async () => {});
  // Names that npm does not allow are on no CDN.
  expect(imports).toEqual({
    constructor: "https://esm.sh/*constructor@1.0.0%3Fx%23y",
    "constructor/": "https://esm.sh/*constructor@1.0.0%3Fx%23y/",
  });
  expect(Object.getPrototypeOf(imports)).toBe(Object.prototype);
});

test.each<[string, unknown]>([
  ["provider", { provider: "skypack" }],
  ["provider", { provider: "javascript:{name}{version}" }],
  ["provider", { provider: "cdn/{name}@{version}{path}" }],
  ["provider", { provider: 7 }],
  ["provider", { provider: {} }],
  ["base", { base: "files/" }],
  ["base", { base: "https://esm.sh/?x" }],
  ["base", { base: "https://" }],
  ["base", { base: "" }],
  ["base", { base: 7 }],
  ["base", { provider: "https://cdn.example/{name}@{version}", base: "/x" }],
  ["omit", { omit: "dev" }],
  ["onWarning", { onWarning: true }],
  ["signal", { signal: {} }],
])("an invalid %s is refused: %j", async (option, options) => {
  const failure = await failureOf(mapOf({ react: "19" }, options as ImportMapOptions));
  expect(failure.code).toBe("EINVALIDOPTION");
  expect(failure.message).toMatch(new RegExp(`^options.${option} (?:must|cannot) be `));
  expect(failure.wayOut).toHaveLength(1);
});

const patterned = (exports: unknown) => fakeRegistry({ "a@1.0.0": { exports, dependencies: {} } });

test.each<[string, unknown, string | null]>([
  ["a pattern for another folder", { "./*": "./dist/*.js" }, "./*"],
  ["conditions", { ".": "./a.js", "./x/*": { types: "./x/*", import: "./esm/*" } }, "./x/*"],
  ["a list", { "./*": ["./*", { default: "./dist/*" }] }, "./*"],
  ["a pattern for the same path", { "./*": "./*", "./lib/*.js": { types: "./t/*.d.ts", default: "./lib/*.js" } }, null],
  ["a pattern that hides files", { "./*": "./*", "./private/*": null }, null],
  ["no pattern", { ".": "./a.js", "./x": "./dist/x.js" }, null],
  ["one entry", "./a.js", null],
])("exports behind a slash: %s", async (_, exports, pattern) => {
  const resolution = await of({ dependencies: { a: "1" } }, patterned(exports));
  const providers = ["unpkg", "jsdelivr", "jspm", "/cdn/{name}@{version}{path}"];
  for (const provider of [...providers, "esm.sh", "/cdn/{name}@{version}{path}?module"]) {
    const warnings: Failure[] = [];
    const map = await resolution.importMap({ provider, onWarning: (warning) => void warnings.push(warning) });
    const expected = pattern !== null && providers.includes(provider) ? [`patterns ${pattern}`] : [];
    const leftOut = warnings.flatMap(({ details }) => details?.["leftOut"] as { why: string; what: string }[]);
    expect(leftOut.map(({ why, what }) => `${why} ${what}`)).toEqual(expected);
    // The map is the same with and without a listener: patterns are no reason to fail.
    expect(await resolution.importMap({ provider })).toEqual(map);
  }
});
