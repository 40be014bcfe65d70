import { describe, expect, test } from "vitest";
import { hiddenLock } from "../../src/install/hidden-lock.ts";
import type { InstallPlan, PlanOptions } from "../../src/install/plan.ts";
import { lockOfTree } from "../../src/install/tree-lock.ts";
import { registryConfig } from "../../src/registry/registry-config.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { planFromLock } from "../support/plan-from-lock.ts";
import { fakeTarball } from "../support/tarball.ts";
import { resolveIn } from "../support/tree.ts";
import { codeOf, LINUX, lockOf } from "./plan-answers.ts";

const planOf = (packages: Record<string, unknown>, options: Partial<PlanOptions> = {}): InstallPlan =>
  planFromLock(lockOf(packages), { platform: LINUX, ...options });
const sources = ({ packages }: InstallPlan): string[] => packages.map(({ resolved }) => resolved);

describe("the address of a tarball", () => {
  const recorded = {
    "node_modules/a": { version: "1.0.0", resolved: "http://registry.local/a/-/a-1.0.0.tgz" },
    "node_modules/b": { version: "1.0.0", resolved: "https://other.test/b/-/b-1.0.0.tgz?x=1" },
  };

  test("URLs of the default public registry become the configured one's; others stay", () => {
    const registry = registryConfig({ registry: "https://mine.test/npm/" });
    expect(sources(planOf(recorded, { registry }))).toEqual([
      "https://mine.test/npm/a/-/a-1.0.0.tgz",
      "https://other.test/b/-/b-1.0.0.tgz?x=1",
    ]);
    expect(sources(planOf(recorded))[0]).toBe("http://registry.local/a/-/a-1.0.0.tgz");
  });

  test("without `resolved`, the address is built from the registry of the scope", () => {
    const registry = registryConfig({ registry: "https://mine.test/", scopes: { "@s": "https://scoped.test/x/" } });
    const packages = {
      "node_modules/@s/b": { version: "2.0.0-rc.1" },
      "node_modules/nick": { name: "a", version: "1.0.0" },
    };
    const lock = lockOf(packages, { dependencies: { "@s/b": "2.0.0-rc.1", nick: "npm:a@1" } });
    expect(sources(planFromLock(lock, { platform: LINUX, registry }))).toEqual([
      "https://scoped.test/x/@s/b/-/b-2.0.0-rc.1.tgz",
      "https://mine.test/a/-/a-1.0.0.tgz",
    ]);
    expect(codeOf(() => planFromLock(lock, { platform: LINUX }))).toBe("EINVALIDLOCK");
  });

  test("a file in the project or beside it", () => {
    const packages = {
      "node_modules/a": { version: "1.0.0", resolved: "file:./vendor//a.tgz" },
      "node_modules/b": { version: "1.0.0", resolved: "file:../b.tar.gz" },
    };
    expect(sources(planOf(packages))).toEqual(["file:vendor/a.tgz", "file:../b.tar.gz"]);
  });

  test.each([
    "git+ssh://git@example.test/a/b.git#0123",
    "git+https://example.test/a/b.git#0123",
    "github:a/b#0123",
    "file:lib",
  ])("%s: an optional package is left out with what it needs, another one fails", (resolved) => {
    const packages = (optional: boolean) => ({
      "node_modules/a": { version: "1.0.0", resolved, optional, dependencies: { b: "1" } },
      "node_modules/b": { version: "1.0.0", resolved: "http://registry.local/b.tgz", optional },
    });
    const plan = planOf(packages(true));
    expect(plan.packages).toEqual([]);
    expect(plan.skipped.map(({ name, why }) => [name, why])).toEqual([
      ["a", "failed"],
      ["b", "failed"],
    ]);
    expect(plan.warnings).toMatchObject([{ code: "EUNSUPPORTED", package: "a", requiredBy: ["node_modules/a"] }]);
    expect(codeOf(() => planOf(packages(false)))).toBe("EUNSUPPORTED");
  });

  test("a package that is left out needs no address", () => {
    const packages = { "node_modules/a": { version: "1.0.0", resolved: "github:a/b#0123", dev: true } };
    expect(planOf(packages, { omit: ["dev"] }).skipped).toMatchObject([{ name: "a", why: "omit" }]);
  });
});

test("a failed optional package is left out with everything that only it needs", () => {
  const of = (name: string, more: object) => ({
    [`node_modules/${name}`]: { version: "1.0.0", resolved: `http://registry.local/${name}.tgz`, ...more },
  });
  const packages = {
    ...of("a", { optional: true, dependencies: { b: "1", shared: "1" } }),
    ...of("a/node_modules/inner", { optional: true }),
    ...of("b", { optional: true }),
    ...of("keeps", { dependencies: { shared: "1" } }),
    ...of("shared", {}),
    ...of("wants-a", { optional: true, dependencies: { a: "1" } }),
  };
  const root = { dependencies: { keeps: "1" }, optionalDependencies: { "wants-a": "1" } };
  const lock = lockOf(packages, root);
  const plan = planFromLock(lock, { platform: LINUX, failed: ["node_modules/a", "node_modules/gone"] });
  expect(plan.packages.map(({ location }) => location)).toEqual(["node_modules/keeps", "node_modules/shared"]);
  expect(plan.skipped.every(({ why }) => why === "failed")).toBe(true);
  expect(Object.keys(JSON.parse(hiddenLock(lock, plan)).packages)).toEqual([
    "node_modules/keeps",
    "node_modules/shared",
  ]);
});

test("nothing is installed into a folder inside a folder, and a warning says so", () => {
  const a = { version: "1.0.0", resolved: "http://registry.local/a.tgz" };
  const plan = planOf({ x: {}, "x/y": {}, "x/y/node_modules/a": a, "x/node_modules/a": a });
  expect(plan.packages.map(({ location }) => location)).toEqual(["x/node_modules/a"]);
  expect(plan.warnings).toMatchObject([{ code: "ENOTREACHED", requiredBy: ["x/y/node_modules/a"] }]);
});

test("a link may lead to a folder beside the project, and nothing is installed there", () => {
  const a = { version: "1.0.0", resolved: "http://registry.local/a.tgz" };
  const lock = {
    "../lib": { bin: { l: "l.js" } },
    "../lib/node_modules/a": a,
    "node_modules/lib": { link: true, resolved: "../lib" },
  };
  expect(planOf(lock)).toMatchObject({
    packages: [],
    links: [
      { path: "node_modules/lib", to: "../lib" },
      { path: "node_modules/.bin/l", to: "node_modules/lib/l.js", bin: "node_modules/lib" },
    ],
  });
});

test("a resolved tree gives the same plan as its lock", async () => {
  const packed = fakeTarball({ "package.json": { name: "packed", version: "1.0.0", bin: "p.js" } });
  const bundler = fakeTarball({
    "package.json": { name: "bundler", version: "1.0.0", dependencies: { inner: "1" }, bundleDependencies: ["inner"] },
    "node_modules/inner/package.json": { name: "inner", version: "1.0.0" },
  });
  const registry = fakeRegistry(
    {
      "a@1.0.0": { dependencies: { b: "1" }, bin: { a: "a.js" } },
      "b@1.0.0": { os: ["darwin"] },
      "b@2.0.0": { hasInstallScript: true },
      "inner@1.0.0": {},
      "bundler@1.0.0": {
        dependencies: { inner: "1" },
        bundleDependencies: ["inner"],
        dist: { tarball: "http://registry.local/bundler/-/bundler-1.0.0.tgz", integrity: bundler.integrity },
      },
    },
    { tarballs: { "bundler/-/bundler-1.0.0.tgz": bundler.bytes } },
  );
  const files = {
    "package.json": JSON.stringify({
      workspaces: ["ws/*"],
      dependencies: { b: "2", packed: "file:vendor/packed.tgz", bundler: "1" },
      optionalDependencies: { a: "1" },
      devDependencies: { nick: "npm:b@2" },
    }),
    "ws/w/package.json": JSON.stringify({ name: "@w/w", version: "1.0.0", bin: "w.js", dependencies: { b: "1" } }),
    "vendor/packed.tgz": packed.bytes,
  };
  const options: PlanOptions = { platform: { ...LINUX, os: "darwin" }, omit: [] };
  const { tree, files: written } = await resolveIn(registry, files, { force: true, completeLockfile: true });
  const plan = planFromLock(written["package-lock.json"] as string, options);
  expect(plan.packages).toHaveLength(7);
  expect(plan.bundled).toHaveLength(1);
  expect(plan.packages.map(({ resolved }) => resolved)).toContain("file:vendor/packed.tgz");
  expect(planFromLock(lockOfTree(tree), options)).toEqual(plan);
});
