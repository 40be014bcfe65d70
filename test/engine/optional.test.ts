import { expect, test } from "vitest";
import { drawTree } from "../support/draw-tree.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { failureOf, flagsOf, warned } from "../support/outcome.ts";
import { resolveIn, resolveManifest, tree } from "../support/tree.ts";

const optional = (optionalDependencies: Record<string, string>): object => ({ optionalDependencies });

test.each([
  ["that does not exist", { gone: "1" }],
  ["without a version that fits", { x: "^9.0.0" }],
  ["without such a tag", { x: "lastest" }],
])("an optional dependency %s is left out", async (_, wanted) => {
  const registry = fakeRegistry({ "a@1.0.0": optional(wanted) as Record<string, unknown>, "x@1.0.0": {} });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1" }, ...optional(wanted) });
  expect(flagsOf(resolution)).toEqual(["node_modules/a"]);
});

test("an optional package that fails is left out with its dependents, up to the one that lists it as optional", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": { optionalDependencies: { b: "1" }, dependencies: { shared: "1" } },
    "b@1.0.0": { gone: "1", onlyb: "1", shared: "1" },
    "onlyb@1.0.0": {},
    "shared@1.0.0": {},
  });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1" } });
  // npm leaves them in the lock, because they have a version. They are inert, so they are not installed.
  const inert = resolution.tree.nodes.filter((node) => node.inert).map(({ name }) => name);
  expect(inert).toEqual(["b", "gone", "onlyb"]);
  expect(flagsOf(resolution)).toEqual([
    "node_modules/a",
    "node_modules/b optional",
    "node_modules/onlyb optional",
    "node_modules/shared",
  ]);
});

test("a missing package is fatal if a required package needs it too", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": optional({ gone: "1" }) as Record<string, unknown>,
    "b@1.0.0": { gone: "1" },
  });
  const failure = await failureOf(tree(registry, { a: "1", b: "1" }));
  expect(failure).toMatchObject({ code: "E404", package: "gone" });
  expect(failure.requiredBy).toEqual(["node_modules/b"]);
});

test("of several failures, the first in the order of the tree is reported, whichever arrives first", async () => {
  const packages = { "a@1.0.0": { x: "9" }, "b@1.0.0": { gone: "1" }, "x@1.0.0": {} };
  for (const shuffle of [1, 2, 3, 4]) {
    const failure = await failureOf(tree(fakeRegistry(packages, { shuffle }), { b: "1", a: "1" }));
    expect(failure).toMatchObject({ code: "ETARGET", package: "x", spec: "9", requiredBy: ["node_modules/a"] });
  }
});

test("an optional package for another platform stays in the lock and is inert", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": optional({ "a-linux": "1", "a-darwin": "1" }) as Record<string, unknown>,
    "a-linux@1.0.0": { os: ["linux"], cpu: ["x64"] },
    "a-darwin@1.0.0": { os: ["darwin"], dependencies: { deeper: "1" } },
    "deeper@1.0.0": {},
  });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1" } });
  expect(drawTree(resolution.tree)).toBe("a@1.0.0\na-darwin@1.0.0\na-linux@1.0.0\ndeeper@1.0.0");
  expect(resolution.tree.nodes.filter(({ inert }) => inert).map(({ name }) => name)).toEqual(["a-darwin", "deeper"]);
  const other = await resolveManifest(registry, { dependencies: { a: "1" } }, { os: "darwin" });
  expect(other.tree.nodes.filter(({ inert }) => inert).map(({ name }) => name)).toEqual(["a-linux"]);
  expect(other.files).toEqual(resolution.files);
});

test.each([
  [{ os: ["darwin"] }, "supports darwin, but this platform is linux x64 glibc"],
  [{ cpu: "arm", os: ["linux"] }, "supports linux arm, but this platform is linux x64 glibc"],
  [{ os: ["!linux"] }, "supports !linux, but this platform is linux x64 glibc"],
  [{ cpu: ["arm64"] }, "supports arm64, but this platform is linux x64 glibc"],
  [{ os: ["linux"], libc: ["musl"] }, "supports linux musl, but this platform is linux x64 glibc"],
])("a required package with %j is EBADPLATFORM, unless forced", async (needs, text) => {
  const registry = fakeRegistry({ "a@1.0.0": { x: "1" }, "x@1.0.0": needs });
  const failure = await failureOf(tree(registry, { a: "1" }));
  expect(failure).toMatchObject({
    code: "EBADPLATFORM",
    package: "x",
    requiredBy: ["node_modules/a"],
    details: { required: needs, current: { os: "linux", cpu: "x64", libc: "glibc" } },
  });
  expect(failure.message).toContain(text);
  expect(failure.paths).toMatchObject([[{ location: "", spec: "1" }, { location: "node_modules/a" }]]);
  expect(failure.wayOut.map(({ kind }) => kind)).toEqual(["other", "option"]);
  expect(await tree(registry, { a: "1" }, { force: true })).toBe("a@1.0.0\nx@1.0.0");
});

test.each([
  { os: ["any"] },
  { os: ["!darwin", "!win32"] },
  { os: [] },
  { os: ["linux", "darwin"], cpu: "x64" },
  { libc: ["glibc"] },
])("a required package with %j is fine here", async (needs) => {
  expect(await tree(fakeRegistry({ "x@1.0.0": needs }), { x: "1" })).toBe("x@1.0.0");
});

test("a wrong engine is a warning, or a failure with engineStrict", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { x: "1" }, "x@1.0.0": { engines: { node: ">=99" } } });
  const manifest = { dependencies: { a: "1" } };
  const expected = {
    code: "EBADENGINE",
    package: "x",
    found: "node 20.20.2, npm 11.19.1",
    requiredBy: ["node_modules/a"],
    details: { required: { node: ">=99" } },
  };
  expect((await resolveManifest(registry, manifest)).warnings).toMatchObject([expected]);
  const failure = await failureOf(resolveManifest(registry, manifest, { engineStrict: true }));
  expect(failure).toMatchObject(expected);
  expect(failure.wayOut.length).toBeGreaterThan(0);
  expect(warned(await resolveManifest(registry, manifest, { force: true }))).toEqual([]);
});

test("the project's own engines are checked, unless it has devEngines", async () => {
  const engines = { engines: { node: ">=99" } };
  expect(warned(await resolveManifest(fakeRegistry({}), { name: "app", ...engines }))).toEqual(["EBADENGINE app"]);
  expect(warned(await resolveManifest(fakeRegistry({}), { ...engines, devEngines: {} }))).toEqual([]);
});

test("an optional package with a wrong engine is inert, without a warning", async () => {
  const registry = fakeRegistry({ "x@1.0.0": { engines: { node: ">=99" } } });
  const resolution = await resolveManifest(registry, optional({ x: "1" }));
  expect(resolution.tree.get("node_modules/x")?.inert).toBe(true);
  expect(warned(resolution)).toEqual([]);
});

test("omit does not change the lock, and omitted packages are not checked", async () => {
  const registry = fakeRegistry({
    "d@1.0.0": { engines: { node: ">=99" } },
    "mac@1.0.0": { os: ["darwin"] },
    "p@1.0.0": {},
  });
  const manifest = { dependencies: { p: "1" }, devDependencies: { d: "1" } };
  const whole = await resolveManifest(registry, manifest);
  const omitted = await resolveManifest(registry, manifest, { omit: ["dev"] });
  expect(omitted.files).toEqual(whole.files);
  expect([warned(whole), warned(omitted)]).toEqual([["EBADENGINE d"], []]);
  const mac = { devDependencies: { mac: "1" } };
  expect((await failureOf(resolveManifest(registry, mac))).code).toBe("EBADPLATFORM");
  expect((await failureOf(resolveManifest(registry, mac, { omit: ["peer"] }))).code).toBe("EBADPLATFORM");
  expect(await tree(registry, mac, { omit: ["dev"] })).toBe("mac@1.0.0");
});

test("a lock with an inert package is written again unchanged", async () => {
  const registry = fakeRegistry({ "mac@1.0.0": { os: ["darwin"] }, "x@1.0.0": {} });
  const manifest = {
    "package.json": JSON.stringify({ optionalDependencies: { mac: "1", gone: "1", x: "1" } }, null, 2),
  };
  const first = await resolveIn(registry, manifest);
  const asked = registry.log.length;
  const second = await resolveIn(registry, { ...manifest, ...first.files });
  expect(second.files).toEqual(first.files);
  // `gone` has no entry, so it is requested again.
  expect(registry.log.slice(asked).map(({ path }) => path)).toEqual(["gone"]);
});
