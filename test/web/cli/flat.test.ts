import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ImportMap, ImportMapOptions } from "../../../src/api/flat.ts";
import type { Resolution } from "../../../src/api/resolve.ts";
import { failure, InstallError } from "../../../src/errors/failure.ts";
import { createInstaller } from "../../../web/index.ts";
import { packument, tarballPath, testPackage } from "../../install/packages.ts";
import { memoryRegistry } from "../../support/registry/memory-fetch.ts";
import { inlineSnapshot } from "../../support/registry/snapshot.ts";
import { contents, folder, recordingInstaller, type smallInstaller, webhoist } from "./harness.ts";

const stats = { requests: 0, bytes: 0, milliseconds: { total: 12 }, solver: { decisions: 3, conflicts: 1 } };

const MS = { ms: "https://cdn.example/ms@2.0.0" };

/** Returns an installer that answers with a flat resolution, and records the import maps that it was asked for. */
function flat(
  rung: Resolution["rung"] = "none",
  files: Record<string, string> = {},
  imports: ImportMap["imports"] = MS,
) {
  const maps: ImportMapOptions[] = [];
  const importMap = async (options: ImportMapOptions = {}): Promise<ImportMap> => {
    const { onWarning, ...others } = options;
    maps.push(others);
    onWarning?.(failure("EIMPORTMAP", "A page cannot load fs"));
    return { imports };
  };
  const more = { rung, versions: { ms: "2.0.0" }, stats, importMap } as unknown as Resolution;
  return { maps, ...recordingInstaller(files, more) };
}

const app = { name: "app", dependencies: { ms: "2" } };

test("lock passes the flat flags on, and its summary says how the tree was relaxed", async () => {
  const dir = folder({ "package.json": app });
  const { asked, createInstaller } = flat("peers", { "package-lock.json": "{}\n" });
  const flags = ["--strategy=flat", "--relax=copies", "--singleton=ms"];
  const { out, status } = await webhoist(["lock", dir, ...flags], { createInstaller });
  expect(asked[0]?.options).toMatchObject({ strategy: "flat", relax: "copies", singletons: ["ms"] });
  expect({ status, out }).toEqual({
    status: 0,
    out: "wrote package-lock.json: 0 packages, flat (relax: peers) after 3 decisions and 1 conflict in 0.0 s\n",
  });
  expect(contents(dir)["package-lock.json"]).toBe("{}\n");
  const json = await webhoist(["lock", dir, "--json", ...flags], { createInstaller });
  expect(JSON.parse(json.out)).toMatchObject({ rung: "peers", versions: { ms: "2.0.0" }, stats });
});

test("a conflict is explained on stderr; the command exits with 1 and writes nothing", async () => {
  const dir = folder({ "package.json": app });
  const reject = (): Promise<never> => Promise.reject(new InstallError(failure("ENOSOLUTION", "Because of this.")));
  const createInstaller = async (): Promise<never> =>
    ({ resolve: reject, install: reject, dispose: () => {} }) as unknown as never;
  for (const argv of [
    ["lock", "--strategy=flat"],
    ["import-map"],
    ["import-map", "--provider=installed"],
    ["import-map", "--out=map.json"],
  ]) {
    const { status, out, err } = await webhoist(argv, { cwd: dir, createInstaller });
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/^webhoist error code ENOSOLUTION\nwebhoist error Because of this\./);
    expect(Object.keys(contents(dir))).toEqual(["package.json"]);
  }
});

test("import-map prints only the map", async () => {
  const dir = folder({ "package.json": app });
  const { asked, maps, createInstaller } = flat("none", { "package-lock.json": "{}\n" });
  expect(await webhoist(["import-map", dir], { createInstaller })).toEqual({
    status: 0,
    out: `${JSON.stringify({ imports: { ms: "https://cdn.example/ms@2.0.0" } }, null, 2)}\n`,
    err: "webhoist warn EIMPORTMAP A page cannot load fs\n",
  });
  expect(asked[0]?.options).toMatchObject({ strategy: "flat" });
  // import-map does not write the lockfile either.
  expect(Object.keys(contents(dir))).toEqual(["package.json"]);
  const flags = ["--strategy=npm", "--provider=jspm", "--base=https://cdn.example/"];
  await webhoist(["import-map", dir, ...flags], { createInstaller });
  expect(asked[1]?.options).toMatchObject({ strategy: "npm" });
  expect(maps).toEqual([{}, { provider: "jspm", base: "https://cdn.example/" }]);
  const json = await webhoist(["import-map", dir, "--json"], { createInstaller });
  expect(JSON.parse(json.out)).toMatchObject({
    ok: true,
    importMap: { imports: {} },
    rung: "none",
    warnings: [{ code: "EIMPORTMAP" }],
  });
});

test("an empty map is a failure, and no file is written", async () => {
  const dir = folder({ "package.json": app });
  const { createInstaller } = flat("none", {}, {});
  const { status, out, err } = await webhoist(["import-map", dir, "--out=map.json"], { createInstaller });
  expect({ status, out }).toEqual({ status: 1, out: "" });
  expect(err).toContain("webhoist error code EIMPORTMAP");
  expect(Object.keys(contents(dir))).toEqual(["package.json"]);
});

test("--provider=installed installs into memory for the given platform and maps the files", async () => {
  const dir = folder({ "package.json": app });
  const { asked, maps, installs, createInstaller } = flat();
  const flags = ["--provider=installed", "--conditions=browser,production", "--omit=dev", "--cpu=wasm32"];
  const { status } = await webhoist(["import-map", dir, ...flags, "--relax=peers"], { createInstaller });
  expect({ status, asked }).toEqual({ status: 0, asked: [] });
  const { options, installed } = installs[0]!;
  expect(options).toMatchObject({ resolve: { strategy: "flat", relax: "peers" }, omit: ["dev"] });
  expect(options.platform).toMatchObject({ os: "linux", cpu: "wasm32" });
  expect(options.sink).toBeUndefined();
  expect(maps).toEqual([{ provider: installed, conditions: ["browser", "production"], omit: ["dev"] }]);
  expect(Object.keys(contents(dir))).toEqual(["package.json"]);
});

test("--out writes the whole map to a file or nothing", async () => {
  const dir = folder({ "package.json": app, "maps/old.json": "old\n" });
  const { createInstaller } = flat();
  const argv = ["import-map", "--out", "maps/old.json"];
  const { out } = await webhoist(argv, { cwd: dir, createInstaller });
  expect(out).toBe("wrote maps/old.json: 1 import of 0 packages, flat after 3 decisions and 1 conflict\n");
  expect(JSON.parse(contents(dir)["maps/old.json"] as string)).toEqual({
    imports: { ms: "https://cdn.example/ms@2.0.0" },
  });
  mkdirSync(join(dir, "maps/folder/inside"), { recursive: true });
  const refused = await webhoist(["import-map", "--out=maps/folder"], { cwd: dir, createInstaller });
  expect(refused).toMatchObject({ status: 1, out: "" });
  expect(refused.err).toMatch(/^webhoist error code (EISDIR|ENOTEMPTY|EEXIST|EPERM)\n/);
  const nowhere = await webhoist(["import-map", "--out=none/map.json"], { cwd: dir, createInstaller });
  expect(nowhere.err).toMatch(/^webhoist error code ENOENT\n/);
  expect(Object.keys(contents(dir)).sort()).toEqual(["maps/old.json", "package.json"]);
});

// The tests from here on run the library itself over the small registry, where plugin has host ^2 as a peer.
const whole = { name: "app", version: "1.0.0", dependencies: { debug: "^4.0.0" } };

test("import-map makes no request if a flat lockfile exists", async () => {
  const dir = folder({ "package.json": whole });
  const { out } = await webhoist(["lock", dir, "--strategy=flat"]);
  expect(out).toMatch(/^wrote package-lock\.json: 2 packages, flat after \d decisions and 0 conflicts in /);
  const again = await webhoist(["lock", dir, "--strategy=flat"]);
  expect(again.out).toMatch(/^up to date: 2 packages, flat in \d+\.\d s\n$/);
  const fetch = (): Promise<never> => Promise.reject(new Error("unexpected request"));
  const offline: typeof smallInstaller = (options) =>
    createInstaller({ registry: "http://registry.local/", ...options, fetch });
  const { status, out: map } = await webhoist(["import-map", dir, "--provider=unpkg"], { createInstaller: offline });
  expect(status).toBe(0);
  expect(JSON.parse(map).imports.ms).toContain("/ms@2.0.0");
});

test("import-map with --provider=installed maps the packages' own files", async () => {
  const one = testPackage("one@1.0.0", { type: "module", exports: "./main.js" }, { "main.js": "export default 1;\n" });
  const registry = "http://registry.local/";
  const snapshot = inlineSnapshot({ one: packument([one], registry) }, { [tarballPath(one)]: one.bytes });
  const { fetch } = memoryRegistry(snapshot);
  const createInstallerHere: typeof smallInstaller = (options) => createInstaller({ registry, ...options, fetch });
  const dir = folder({ "package.json": { name: "app", dependencies: { one: "1" } } });
  const argv = ["import-map", dir, "--provider=installed", "--base=/app/"];
  const { status, out, err } = await webhoist(argv, { createInstaller: createInstallerHere });
  expect({ status, err }).toEqual({ status: 0, err: "" });
  const { imports, integrity } = JSON.parse(out);
  expect(imports).toEqual({ one: "/app/node_modules/one/main.js" });
  expect(Object.keys(integrity)).toEqual(["/app/node_modules/one/main.js"]);
  expect(Object.keys(contents(dir))).toEqual(["package.json"]);
});

test("a flat conflict is explained in sentences, and its way out works", async () => {
  const dir = folder({ "package.json": { name: "app", dependencies: { host: "^1.0.0", plugin: "^1.0.0" } } });
  const { status, out, err } = await webhoist(["import-map", dir]);
  expect({ status, out }).toEqual({ status: 1, out: "" });
  expect(err).toMatch(/^webhoist error code ENOSOLUTION\n/);
  expect(err).toMatch(/plugin/);
  const relaxed = await webhoist(["lock", dir, "--strategy=flat", "--relax=peers"]);
  expect(relaxed.out).toContain(", flat (relax: peers) after ");
  expect(relaxed.err).toMatch(/^webhoist warn ERESOLVE /);
});
