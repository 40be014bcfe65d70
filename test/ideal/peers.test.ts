import { expect, test } from "vitest";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { TestEngine } from "../engine/run-engine.ts";
import { documentsOf } from "../engine/worst-projects.ts";
import { drawTree } from "../support/draw-tree.ts";
import { type FakeManifest, fakeRegistry } from "../support/fake-registry.ts";
import { failureOf, flagsOf, warned } from "../support/outcome.ts";
import { resolveIn, resolveManifest, tree } from "../support/tree.ts";

const peers = (peerDependencies: Record<string, string>): FakeManifest => ({ peerDependencies });
const optionalPeer = (name: string, spec: string): FakeManifest => ({
  peerDependencies: { [name]: spec },
  peerDependenciesMeta: { [name]: { optional: true } },
});

test("a peer is installed beside its dependent", async () => {
  const registry = fakeRegistry({ "plugin@1.0.0": peers({ host: "^1.0.0" }), "host@1.2.0": {}, "host@2.0.0": {} });
  const resolution = await resolveManifest(registry, { dependencies: { plugin: "1" } });
  expect(drawTree(resolution.tree)).toBe("host@1.2.0\nplugin@1.0.0");
  expect(flagsOf(resolution)).toEqual(["node_modules/host peer", "node_modules/plugin"]);
});

test("the version that satisfies both the project and the peer is picked", async () => {
  const registry = fakeRegistry({
    "plugin@1.0.0": peers({ host: "1.1.0" }),
    "host@1.1.0": {},
    "host@1.5.0": {},
  });
  expect(await tree(registry, { host: "^1.0.0", plugin: "1" })).toBe("host@1.1.0\nplugin@1.0.0");
});

test("a peer set is placed together: if one package conflicts, all nest", async () => {
  // dom@2 would suit the project alone, but its peer core@2 conflicts with the project's core@1.
  const registry = fakeRegistry({
    "app@1.0.0": { dom: "2", core: "2" },
    "dom@1.0.0": peers({ core: "1" }),
    "dom@2.0.0": peers({ core: "2" }),
    "core@1.0.0": {},
    "core@2.0.0": {},
  });
  expect(await tree(registry, { app: "1", core: "1" })).toBe("app@1.0.0\n  core@2.0.0\n  dom@2.0.0\ncore@1.0.0");
});

test("two peers of one dependent that ask for the same package share it", async () => {
  const registry = fakeRegistry({
    "app@1.0.0": { x: "1", y: "1" },
    "x@1.0.0": peers({ host: ">=1.0.0" }),
    "y@1.0.0": peers({ host: "<2.0.0" }),
    "host@1.9.0": {},
    "host@2.0.0": {},
  });
  expect(await tree(registry, { app: "1" })).toBe("app@1.0.0\nhost@1.9.0\nx@1.0.0\ny@1.0.0");
});

/** app requires host@2, and a plugin whose peer is host@1. The project has no part in the conflict. */
const somebodyElses = fakeRegistry({
  "app@1.0.0": { plugin: "1", host: "2" },
  "plugin@1.0.0": peers({ host: "1" }),
  "host@1.0.0": {},
  "host@2.0.0": {},
});

test("a peer conflict that the project has no part in is a warning", async () => {
  const resolution = await resolveManifest(somebodyElses, { dependencies: { app: "1", host: "2" } });
  expect(drawTree(resolution.tree)).toBe("app@1.0.0\nhost@2.0.0\nplugin@1.0.0");
  expect(warned(resolution)).toEqual(["ERESOLVE host"]);
  expect(resolution.warnings[0]).toMatchObject({ spec: "1", found: "host@2.0.0", requiredBy: ["node_modules/plugin"] });
  const edge = resolution.tree.get("node_modules/plugin")?.edgesOut.find(({ name }) => name === "host");
  expect([edge?.valid, edge?.error, edge?.to?.location]).toEqual([false, "INVALID", "node_modules/host"]);
});

/** The project requires host@2, and a plugin whose peer is host@1. */
const contradiction = fakeRegistry({
  "plugin@1.0.0": peers({ host: "^1.0.0" }),
  "host@1.0.0": {},
  "host@2.0.0": {},
});
const CONTRADICTING = { dependencies: { host: "2", plugin: "1" } };

test("the project's own peer conflict is ERESOLVE, with the requirement, the package found and the ways out", async () => {
  const failure = await failureOf(resolveManifest(contradiction, { name: "app", version: "1.0.0", ...CONTRADICTING }));
  expect(failure).toMatchObject({ code: "ERESOLVE", package: "host", spec: "^1.0.0", found: "host@2.0.0" });
  expect(failure.message).toBe("plugin@1.0.0 requires host@^1.0.0 as a peer, but found host@2.0.0.");
  expect(failure.paths).toEqual([[{ location: "", name: "app", version: "1.0.0" }]]);
  expect(failure.details).toMatchObject({
    edge: { type: "peer", name: "host", spec: "^1.0.0", from: { name: "plugin", version: "1.0.0" } },
    current: { name: "host", version: "2.0.0", dependents: [{ type: "prod", spec: "2" }] },
    strictPeerDeps: false,
    force: false,
  });
});

test.each<[string, ResolveOptions, string]>([
  ["legacyPeerDeps ignores peers", { legacyPeerDeps: true }, "host@2.0.0\nplugin@1.0.0"],
  ["force overrides the project's own conflict", { force: true }, "host@2.0.0\nplugin@1.0.0"],
])("%s", async (_, options, drawn) => {
  expect(await tree(contradiction, CONTRADICTING, options)).toBe(drawn);
});

test("legacyPeerDeps fetches no peers, and the lock still has peerDependencies", async () => {
  const registry = fakeRegistry({ "plugin@1.0.0": peers({ host: "^1.0.0" }), "host@1.0.0": {} });
  const resolution = await resolveManifest(registry, { dependencies: { plugin: "1" } }, { legacyPeerDeps: true });
  expect(drawTree(resolution.tree)).toBe("plugin@1.0.0");
  expect(registry.log.map(({ path }) => path)).toEqual(["plugin"]);
  expect(resolution.files["package-lock.json"]).toContain('"peerDependencies": {\n        "host": "^1.0.0"');
});

test("strictPeerDeps fails where npm only warns, unless force is set", async () => {
  const failure = await failureOf(tree(somebodyElses, { app: "1", host: "2" }, { strictPeerDeps: true }));
  expect(failure).toMatchObject({ code: "ERESOLVE", package: "host", details: { strictPeerDeps: true } });
  const forced = await tree(somebodyElses, { app: "1", host: "2" }, { strictPeerDeps: true, force: true });
  expect(forced).toBe(await tree(somebodyElses, { app: "1", host: "2" }));
});

test("a workspace's peer conflict is the project's own", async () => {
  const files = {
    "package.json": '{ "workspaces": ["w"] }',
    "w/package.json": JSON.stringify({ name: "w", version: "1.0.0", ...CONTRADICTING }),
  };
  const failure = await failureOf(resolveIn(contradiction, files));
  expect(failure).toMatchObject({ code: "ERESOLVE", package: "host", requiredBy: ["w"] });
});

test("an optional peer is not installed by itself", async () => {
  const registry = fakeRegistry({ "a@1.0.0": optionalPeer("host", "1"), "host@1.0.0": {} });
  expect(await tree(registry, { a: "1" })).toBe("a@1.0.0");
});

test("an optional peer that is present must satisfy the range", async () => {
  const packages = { "a@1.0.0": optionalPeer("host", "1"), "host@1.0.0": {}, "host@2.0.0": {} };
  expect(await tree(fakeRegistry(packages), { a: "1", host: ">=1" })).toBe("a@1.0.0\nhost@1.0.0");
  const failure = await failureOf(tree(fakeRegistry(packages), { a: "1", host: "2" }));
  expect(failure).toMatchObject({ code: "ERESOLVE", package: "host", spec: "1" });
});

test("an optional peer below the project uses the nearest copy", async () => {
  const registry = fakeRegistry({
    "app@1.0.0": { a: "1", host: "1" },
    "a@1.0.0": optionalPeer("host", "1"),
    "host@1.0.0": {},
    "host@2.0.0": {},
  });
  expect(await tree(registry, { app: "1", host: "2" })).toBe("app@1.0.0\n  a@1.0.0\n  host@1.0.0\nhost@2.0.0");
});

test("a peer that does not exist fails, and the failure names its dependent", async () => {
  const registry = fakeRegistry({ "a@1.0.0": peers({ gone: "1" }) });
  const failure = await failureOf(tree(registry, { a: "1" }));
  expect(failure).toMatchObject({ code: "E404", package: "gone", requiredBy: ["node_modules/a"] });
});

test("peers in a circle are placed once each", async () => {
  const registry = fakeRegistry({ "a@1.0.0": peers({ b: "1" }), "b@1.0.0": peers({ a: "1" }) });
  expect(await tree(registry, { a: "1" })).toBe("a@1.0.0\nb@1.0.0");
});

test("a peer is not placed in its dependent's own folder", async () => {
  // plugin needs host@1 beside it. The project has host@2 there, so plugin and host@1 nest below app.
  const registry = fakeRegistry({
    "app@1.0.0": { plugin: "1" },
    "plugin@1.0.0": peers({ host: "1" }),
    "host@1.0.0": {},
    "host@2.0.0": {},
  });
  expect(await tree(registry, { app: "1", host: "2" })).toBe("app@1.0.0\n  host@1.0.0\n  plugin@1.0.0\nhost@2.0.0");
});

test("two peers that replace each other without end: ENONTERMINATING, where npm hangs", async () => {
  // x@1 needs y@2, y@2 needs x@2, x@2 needs y@1, y@1 needs x@1.
  const registry = fakeRegistry({
    "x@1.0.0": peers({ y: "2" }),
    "x@2.0.0": peers({ y: "1" }),
    "y@1.0.0": peers({ x: "1" }),
    "y@2.0.0": peers({ x: "2" }),
    "app@1.0.0": { x: "*", y: "*" },
  });
  const failure = await failureOf(tree(registry, { app: "1" }));
  expect(failure.code).toBe("ENONTERMINATING");
});

test("peers that are placed for each other without end: ENONTERMINATING, where npm exhausts its stack", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": {},
    "a@2.0.0": peers({ e: "*" }),
    "c@2.0.0": peers({ f: "^1.0.0", a: "^2.0.0" }),
    "d@1.0.0": { f: "^2.0.0" },
    "d@2.0.0": { c: "*" },
    "e@2.0.0": peers({ a: "*" }),
    "f@1.0.0": {},
    "f@1.1.0": { a: "^1.0.0" },
    "f@2.0.0": { d: "^2.0.0" },
  });
  const failure = await failureOf(tree(registry, { d: "1.0.0", a: "1.0.0" }));
  expect(failure.code).toBe("ENONTERMINATING");
  expect(failure.wayOut.length).toBeGreaterThan(0);
});

test("packages that are all peers of each other take steps by the cube of their number, and are placed side by side", async () => {
  const steps: number[] = [];
  for (const side of [14, 28]) {
    const names = Array.from({ length: side }, (_, at) => `p${at}`);
    const packages = names.map((name) => {
      const others = names.filter((other) => other !== name).map((other) => [other, "*"]);
      return [`${name}@1.0.0`, { peerDependencies: Object.fromEntries(others) as object }] as const;
    });
    const manifest = { name: "project", dependencies: { p0: "1" } };
    const engine = new TestEngine({
      files: { "package.json": JSON.stringify(manifest) },
      documents: documentsOf(Object.fromEntries(packages)),
    });
    const { project } = await engine.run(() => {});
    expect([...project.context.tree.inventory.keys()].sort()).toEqual(
      ["", ...names.map((name) => `node_modules/${name}`)].sort(),
    );
    steps.push(project.context.specTable.budget.steps);
  }
  // npm checks every order of the others: 13 * 12 * 11 … times.
  expect(steps[0]).toBeLessThan(30_000);
  expect(steps[1]).toBeLessThan(8 * (steps[0] as number));
});

test("a conflict in a large peer set is found: all of it nests", async () => {
  const names = Array.from({ length: 12 }, (_, at) => `p${at}`);
  const packages = names.map((name) => {
    const others = names.filter((other) => other !== name).map((other) => [other, "*"]);
    const last = name === "p11" ? [["host", "1"]] : [];
    return [`${name}@1.0.0`, { peerDependencies: Object.fromEntries([...others, ...last]) as object }] as const;
  });
  const registry = fakeRegistry({
    ...Object.fromEntries(packages),
    "app@1.0.0": { p0: "1" },
    "host@1.0.0": {},
    "host@2.0.0": {},
  });
  const inside = ["host", ...names].sort().map((name) => `  ${name}@1.0.0`);
  const drawn = await tree(registry, { app: "1", host: "2" });
  expect(drawn.split("\n").sort()).toEqual(["app@1.0.0", "host@2.0.0", ...inside].sort());
});
