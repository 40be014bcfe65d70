import { describe, expect, test } from "vitest";
import type { FileMap } from "../../src/api/common.ts";
import type { Failure } from "../../src/api/failure.ts";
import type { Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { createInstaller } from "../../web/index.ts";
import { drawTree } from "../support/draw-tree.ts";
import { type FakeManifest, type FakeOptions, type FakeRegistry, fakeRegistry } from "../support/fake-registry.ts";

// The meaning of npm's manifests in a flat resolution. Each test defines a registry and a project, and expects versions or a failure.

type Project = Readonly<Record<string, unknown>> & { files?: FileMap };

async function flat(
  registry: FakeRegistry,
  { files = {}, ...manifest }: Project,
  options: ResolveOptions = {},
): Promise<Resolution> {
  const { fetch } = registry;
  const installer = await createInstaller({ mode: "inline", fetch, cache: "none", metadata: "full" });
  try {
    const text = JSON.stringify({ name: "project", ...manifest });
    return await installer.resolve({ files: { "package.json": text, ...files } }, { strategy: "flat", ...options });
  } finally {
    installer.dispose();
  }
}

async function versions(
  registry: FakeRegistry,
  project: Project,
  options?: ResolveOptions,
): Promise<Readonly<Record<string, string>>> {
  return (await flat(registry, project, options)).versions;
}

async function refused(registry: FakeRegistry, project: Project, options?: ResolveOptions): Promise<Failure> {
  try {
    await flat(registry, project, options);
  } catch (error) {
    if (error instanceof InstallError) return error.failure;
    throw error;
  }
  throw new Error("there is an answer");
}

const registryOf = (packages: Readonly<Record<string, FakeManifest>>, options?: FakeOptions): FakeRegistry =>
  fakeRegistry(packages, options);
const ASKS_A = { dependencies: { a: "^1.0.0" } };

describe("the version to try first", () => {
  test("is tagged latest if that fits, otherwise the highest that is supported and not deprecated", async () => {
    const tagged = registryOf({ "a@1.0.0": {}, "a@1.1.0": {} }, { tags: { a: { latest: "1.0.0" } } });
    expect(await versions(tagged, ASKS_A)).toEqual({ a: "1.0.0" });
    const mixed = registryOf({
      "a@1.0.0": {},
      "a@1.1.0": { engines: { node: ">=99" } },
      "a@1.2.0": { deprecated: "no" },
    });
    expect(await versions(mixed, ASKS_A)).toEqual({ a: "1.0.0" });
    const old = registryOf({ "a@1.0.0": {}, "a@1.1.0": { engines: { node: ">=99" } } });
    expect(await versions(old, ASKS_A)).toEqual({ a: "1.0.0" });
  });

  test("is the version of a dist-tag, or the locked one", async () => {
    const before = registryOf({ "a@1.0.0": {}, "a@1.1.0": {} }, { tags: { a: { next: "1.0.0" } } });
    const first = await flat(before, { dependencies: { a: "next" } });
    expect(first.versions).toEqual({ a: "1.0.0" });
    const after = registryOf({ "a@1.0.0": {}, "a@1.1.0": {}, "b@1.0.0": {} }, { tags: { a: { next: "1.1.0" } } });
    const kept = { dependencies: { a: "next", b: "1" }, files: first.files };
    expect(await versions(after, kept)).toEqual({ a: "1.0.0", b: "1.0.0" });
    expect(await versions(after, kept, { update: ["a"] })).toEqual({ a: "1.1.0", b: "1.0.0" });
  });

  test("can be the lowest, of all packages or of direct dependencies", async () => {
    const registry = registryOf({ "a@1.0.0": { b: "*" }, "a@1.1.0": { b: "*" }, "b@1.0.0": {}, "b@2.0.0": {} });
    expect(await versions(registry, ASKS_A, { resolutionMode: "lowest" })).toEqual({ a: "1.0.0", b: "1.0.0" });
    expect(await versions(registry, ASKS_A, { resolutionMode: "lowest-direct" })).toEqual({ a: "1.0.0", b: "2.0.0" });
  });

  test("is not newer than the date limit", async () => {
    const times = { "a@1.0.0": "2020-01-01T00:00:00.000Z", "a@1.1.0": "2024-01-01T00:00:00.000Z" };
    const registry = registryOf({ "a@1.0.0": {}, "a@1.1.0": {} }, { times });
    expect(await versions(registry, ASKS_A, { before: "2022-01-01" })).toEqual({ a: "1.0.0" });
    const tagged = { dependencies: { a: "latest" } };
    expect(await versions(registry, tagged, { before: "2022-01-01" })).toEqual({ a: "1.0.0" });
    const failure = await refused(registry, { dependencies: { a: "^1.1.0" } }, { before: "2022-01-01" });
    expect(failure.details).toMatchObject({ proof: { facts: [{ missing: { why: "time", found: "1.1.0" } }] } });
  });
});

describe("kinds of dependencies", () => {
  test("peers are installed; optional peers only constrain", async () => {
    const registry = registryOf({
      "a@1.0.0": { peerDependencies: { b: "^1.0.0", c: "^1.0.0" }, peerDependenciesMeta: { c: { optional: true } } },
      "b@1.0.0": {},
      "c@1.0.0": {},
      "c@2.0.0": {},
      "d@1.0.0": { c: "*" },
    });
    expect(await versions(registry, ASKS_A)).toEqual({ a: "1.0.0", b: "1.0.0" });
    expect(registry.log.some(({ path }) => path.endsWith("/d"))).toBe(false);
    expect(await versions(registry, { dependencies: { a: "1", d: "1" } })).toEqual({
      a: "1.0.0",
      b: "1.0.0",
      c: "1.0.0",
      d: "1.0.0",
    });
  });

  test("an optional dependency in conflict is left out with a warning", async () => {
    const registry = registryOf({ "a@1.0.0": { optionalDependencies: { b: "^1.0.0" } }, "b@1.0.0": {}, "b@2.0.0": {} });
    expect(await versions(registry, ASKS_A)).toEqual({ a: "1.0.0", b: "1.0.0" });
    // Leaving b out does not help: a would load the other version.
    expect((await refused(registry, { dependencies: { a: "1", b: "2" } })).code).toBe("ENOSOLUTION");
    const choosy = registryOf({
      "a@1.0.0": { optionalDependencies: { b: "^1.0.0" } },
      "b@1.0.0": { c: "^1.0.0" },
      "c@1.0.0": {},
      "c@2.0.0": {},
    });
    const { versions: left, warnings } = await flat(choosy, { dependencies: { a: "1", c: "2" } });
    expect(left).toEqual({ a: "1.0.0", c: "2.0.0" });
    expect(warnings.map(({ code, package: name }) => [code, name])).toEqual([["EOPTIONAL", "b"]]);
  });

  test("an optional dependency for another platform stays in the lock; a missing one does not", async () => {
    const registry = registryOf({
      "a@1.0.0": { optionalDependencies: { elsewhere: "1", nowhere: "1" } },
      "elsewhere@1.0.0": { os: ["none"] },
    });
    const { versions: there, files } = await flat(registry, ASKS_A);
    expect(there).toEqual({ a: "1.0.0" });
    const lock = JSON.parse(files["package-lock.json"] as string) as { packages: Record<string, object> };
    expect(Object.keys(lock.packages)).toEqual(["", "node_modules/a", "node_modules/elsewhere"]);
    const failure = await refused(registryOf({ "a@1.0.0": { os: ["none"] } }), ASKS_A);
    expect(failure.code).toBe("EBADPLATFORM");
  });

  test("a version with a spec that cannot be followed is skipped; in the project it is an error", async () => {
    const registry = registryOf({ "a@1.0.0": {}, "a@1.1.0": { b: "workspace:*" }, "a@1.2.0": { b: "github:x/y" } });
    expect(await versions(registry, ASKS_A)).toEqual({ a: "1.0.0" });
    expect((await refused(registry, { dependencies: { b: "workspace:*" } })).code).toBe("EUNSUPPORTEDPROTOCOL");
    expect((await refused(registry, { dependencies: { b: "github:x/y" } })).code).toBe("EUNSUPPORTED");
    expect((await refused(registry, { dependencies: { a: ">=1.1.0" } })).code).toBe("ENOSOLUTION");
  });

  test("an alias is a package of its own", async () => {
    const registry = registryOf({ "a@1.0.0": { other: "npm:b@^1.0.0" }, "b@1.0.0": {}, "b@2.0.0": {} });
    const { tree, versions: there } = await flat(registry, { dependencies: { a: "1", b: "2" } });
    expect(there).toEqual({ a: "1.0.0", b: "2.0.0", other: "1.0.0" });
    expect(drawTree(tree)).toBe("a@1.0.0\nb@2.0.0\nother@1.0.0 (b)");
  });

  test("workspaces and folders are links, and reserve their names", async () => {
    const registry = registryOf({ "w@1.0.0": {}, "a@1.0.0": { w: "^1.0.0" }, "a@0.9.0": { w: "*" } });
    const files = {
      "packages/w/package.json": '{"name":"w","version":"2.0.0","devDependencies":{"x":"1"}}',
      "lib/package.json": '{"name":"lib","version":"1.0.0"}',
    };
    const project = { workspaces: ["packages/*"], dependencies: { lib: "file:lib" }, files };
    const fetched = registryOf({ "x@1.0.0": {}, "a@1.0.0": { w: "^1.0.0" }, "a@0.9.0": { w: "*" } });
    const { tree } = await flat(fetched, { ...project, dependencies: { lib: "file:lib", a: "*" } });
    expect(drawTree(tree)).toBe("a@0.9.0\nlib -> lib\nw -> packages/w\nx@1.0.0\nlib@1.0.0\npackages/w@2.0.0");
    const failure = await refused(registry, {
      ...project,
      dependencies: { a: "1" },
      files: { ...files, "packages/w/package.json": '{"name":"w","version":"2.0.0"}' },
    });
    expect(failure.code).toBe("ENOSOLUTION");
  });
});

describe("overrides", () => {
  const registry = registryOf({ "a@1.0.0": { b: "^1.0.0" }, "b@1.0.0": {}, "b@2.0.0": {}, "c@1.0.0": { b: "^2.0.0" } });

  test("apply everywhere, to one dependent, and by reference", async () => {
    const both = { dependencies: { a: "1", c: "1" } };
    expect((await refused(registry, both)).code).toBe("ENOSOLUTION");
    const b2 = { a: "1.0.0", b: "2.0.0", c: "1.0.0" };
    expect(await versions(registry, { ...both, overrides: { b: "2.0.0" } })).toEqual(b2);
    expect(await versions(registry, { ...both, overrides: { a: { b: "^2.0.0" } } })).toEqual(b2);
    expect(await versions(registry, { dependencies: { a: "1", b: "2" }, overrides: { b: "$b" } })).toEqual({
      a: "1.0.0",
      b: "2.0.0",
    });
    expect((await refused(registry, { ...both, overrides: { "a@^9": { b: "2.0.0" } } })).code).toBe("ENOSOLUTION");
  });

  test("for one path only are refused", async () => {
    const failure = await refused(registry, { ...ASKS_A, overrides: { x: { a: { b: "2.0.0" } } } });
    expect(failure.code).toBe("EOVERRIDE");
    expect(failure.message).toContain("x > a > b");
    expect(failure.wayOut[0]).toMatchObject({ kind: "override", overrides: { b: "2.0.0" } });
  });
});

describe("a relaxation", () => {
  const registry = registryOf({
    "a@1.0.0": { b: "^1.0.0" },
    "b@1.0.0": {},
    "b@1.1.0": {},
    "b@2.0.0": {},
    "c@1.0.0": { peerDependencies: { b: "^2.0.0" } },
    "pin@1.0.0": { b: "1.0.0" },
    "low@1.0.0": { b: "~1.1.0" },
  });

  test("turns peers into warnings", async () => {
    const project = { dependencies: { a: "1", c: "1" } };
    expect((await refused(registry, project)).wayOut).toContainEqual(
      expect.objectContaining({ option: "relax: peers" }),
    );
    const { rung, versions: there, warnings } = await flat(registry, project, { relax: "peers" });
    expect([rung, there["b"], warnings.map(({ code, package: name }) => [code, name])]).toEqual([
      "peers",
      "1.1.0",
      [["ERESOLVE", "b"]],
    ]);
    expect((await flat(registry, ASKS_A, { relax: "copies" })).rung).toBe("none");
  });

  test("allows one copy per compatibility line and pinned version, but not of a singleton", async () => {
    const lines = { dependencies: { a: "1", b: "2" } };
    const { rung, tree } = await flat(registry, lines, { relax: "copies" });
    expect([rung, drawTree(tree)]).toEqual(["copies", "a@1.0.0\n  b@1.1.0\nb@2.0.0"]);
    const pinned = await flat(registry, { dependencies: { pin: "1", low: "1" } }, { relax: "copies" });
    expect(drawTree(pinned.tree)).toBe("b@1.1.0\nlow@1.0.0\npin@1.0.0\n  b@1.0.0");
    const failure = await refused(registry, lines, { relax: "copies", singletons: ["b"] });
    expect([failure.code, failure.details?.["rung"]]).toEqual(["ENOSOLUTION", "copies"]);
  });
});

test("copies follow the preferences: the lowest version, or the locked one", async () => {
  const registry = registryOf({
    ...{ "a@1.0.0": { x: "1", b: "^1.0.0" }, "c@1.0.0": { x: "2" }, "x@1.0.0": {}, "x@2.0.0": {} },
    ...{ "b@1.0.0": {}, "b@1.1.0": {} },
  });
  const project = { dependencies: { c: "1", a: "1" } };
  const low = await flat(registry, project, { relax: "copies", resolutionMode: "lowest" });
  expect([low.rung, low.versions["b"]]).toEqual(["copies", "1.0.0"]);
  const kept = await flat(registry, { ...project, files: low.files }, { relax: "copies" });
  expect(kept.versions["b"]).toBe("1.0.0");
});

describe("a package that cannot be read", () => {
  /** Returns a registry that refuses one package. */
  function withheld(registry: FakeRegistry, name: string): FakeRegistry {
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      return url.pathname === `/${name}` ? new Response("no", { status: 403 }) : registry.fetch(input, init);
    };
    return { ...registry, fetch };
  }

  test("does not replace ENOSOLUTION if only a hint needs it", async () => {
    const conflict = { "a@1.0.0": { b: "^1.0.0" }, "b@1.0.0": {}, "b@2.0.0": { c: "1" }, "c@1.0.0": {} };
    const failure = await refused(withheld(registryOf(conflict), "c"), { dependencies: { b: "2", a: "1" } });
    expect(failure.code).toBe("ENOSOLUTION");
    expect(failure.wayOut.map(({ text }) => text)).toEqual([expect.stringContaining("Use b@^1.0.0")]);
  });

  test("fails the resolution, or is a warning if it is optional", async () => {
    const hard = withheld(registryOf({ "a@1.0.0": {}, "a@1.1.0": { b: "1" }, "b@1.0.0": {} }), "b");
    const failure = await refused(hard, ASKS_A);
    expect([failure.code, failure.package]).toEqual(["E403", "b"]);
    const soft = withheld(registryOf({ "a@1.0.0": { optionalDependencies: { b: "1" } }, "b@1.0.0": {} }), "b");
    const { versions: there, warnings } = await flat(soft, ASKS_A);
    expect([there, warnings.map(({ code, package: name }) => [code, name])]).toEqual([
      { a: "1.0.0" },
      [["EOPTIONAL", "b"]],
    ]);
  });
});

test("a prerelease copy is placed below its dependent", async () => {
  const registry = registryOf({ "d@1.0.0": { a: "^2.0.0" }, "a@1.0.0": {}, "a@2.1.0-rc.1": {} });
  const { tree } = await flat(
    registry,
    { dependencies: { a: "1", d: "1" } },
    { relax: "copies", prereleases: "allow" },
  );
  expect(drawTree(tree)).toBe("a@1.0.0\nd@1.0.0\n  a@2.1.0-rc.1");
});

test("a version that requires a relative path is skipped", async () => {
  const registry = registryOf({ "a@1.0.0": {}, "a@1.1.0": { c: "file:../c" } });
  expect(await versions(registry, ASKS_A)).toEqual({ a: "1.0.0" });
  expect((await refused(registry, { dependencies: { a: "1.1.0" } })).code).toBe("ENOSOLUTION");
});

test("copies that would nest without end fail with ENONTERMINATING", async () => {
  const registry = registryOf({
    "a@1.0.0": { b: "1.0.0" },
    "b@1.0.0": { a: "2.0.0" },
    "a@2.0.0": { b: "2.0.0" },
    "b@2.0.0": { a: "1.0.0" },
  });
  const failure = await refused(registry, ASKS_A, { relax: "copies" });
  expect([failure.code, failure.wayOut[0]?.kind]).toEqual(["ENONTERMINATING", "option"]);
});

describe("a lock", () => {
  const before = registryOf({ "a@1.0.0": { b: "^1.0.0" }, "b@1.0.0": {} });
  const after = registryOf({
    "a@1.0.0": { b: "^1.0.0" },
    "b@1.0.0": {},
    "b@1.1.0": {},
    "c@1.0.0": { b: ">=1.1.0" },
    "d@1.0.0": {},
  });

  test("that is valid is the result, without requests", async () => {
    const { files } = await flat(before, ASKS_A);
    const silent = registryOf({});
    const again = await flat(silent, { ...ASKS_A, files });
    expect([again.versions, again.rung, again.files]).toEqual([{ a: "1.0.0", b: "1.0.0" }, "none", files]);
    expect(silent.log).toEqual([]);
  });

  test("keeps its versions unless they must change or are updated", async () => {
    const { files } = await flat(before, ASKS_A);
    const go = (dependencies: object, options?: ResolveOptions) => versions(after, { dependencies, files }, options);
    expect(await go({ a: "1", d: "1" })).toMatchObject({ b: "1.0.0", d: "1.0.0" });
    expect(await go({ a: "1", c: "1" })).toMatchObject({ b: "1.1.0" });
    expect(await go({ a: "1" }, { update: ["b"] })).toMatchObject({ b: "1.1.0" });
    expect(await go({ a: "1" }, { update: true })).toMatchObject({ b: "1.1.0" });
  });

  test("keeps nested copies, but no prerelease if prereleases are never allowed", async () => {
    const packages = { "a@1.0.0": { x: "^1.0.0" }, "x@1.0.0": {}, "x@2.0.0": {} };
    const project = { dependencies: { a: "1", x: "2" } };
    const { files } = await flat(registryOf(packages), project, { relax: "copies" });
    const newer = registryOf({ ...packages, "x@1.1.0": {}, "y@1.0.0": {} });
    const { tree } = await flat(
      newer,
      { dependencies: { ...project.dependencies, y: "1" }, files },
      { relax: "copies" },
    );
    expect(drawTree(tree)).toBe("a@1.0.0\n  x@1.0.0\nx@2.0.0\ny@1.0.0");
    const early = registryOf({ "a@1.0.0": {}, "a@1.1.0-rc.1": {} });
    const asks = { dependencies: { a: "1.0.0 || 1.1.0-rc.1" } };
    const taken = await flat(early, asks, { add: ["a@1.1.0-rc.1"] });
    const left = { ...asks, files: { "package-lock.json": taken.files["package-lock.json"] as string } };
    expect(await versions(early, left)).toEqual({ a: "1.1.0-rc.1" });
    expect(await versions(early, left, { prereleases: "never" })).toEqual({ a: "1.0.0" });
  });

  test("and package.json are written after add", async () => {
    const { files, versions: there } = await flat(after, ASKS_A, { add: ["d"] });
    expect(there).toEqual({ a: "1.0.0", b: "1.1.0", d: "1.0.0" });
    expect(JSON.parse(files["package.json"] as string)).toMatchObject({ dependencies: { a: "^1.0.0", d: "^1.0.0" } });
  });
});

test.each([
  [{ strategy: "flatter" }, "strategy"],
  [{ relax: "all" }, "relax"],
  [{ resolutionMode: "middle" }, "resolutionMode"],
  [{ prereleases: "yes" }, "prereleases"],
  [{ singletons: "react" }, "singletons"],
  [{ singletons: [1] }, "singletons"],
])("%j is an invalid option", async (options, name) => {
  const failure = await refused(registryOf({ "a@1.0.0": {} }), ASKS_A, options as unknown as ResolveOptions);
  expect([failure.code, failure.message.includes(name)]).toEqual(["EINVALIDOPTION", true]);
});
