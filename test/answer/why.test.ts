import { expect, test } from "vitest";
import type { Resolution, WhyPath } from "../../src/api/resolve.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { resolveIn, resolveManifest } from "../support/tree.ts";

const chain = ({ edges }: WhyPath): string => edges.map(({ name }) => name).join(" ");

/** Returns the chains to each package of a name, by location. */
function chains(resolution: Resolution, name: string): Record<string, string[]> {
  return Object.fromEntries(resolution.why(name).map(({ node, paths }) => [node.location, paths.map(chain)]));
}

test("why returns one chain for each dependent, the shortest first", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": { b: "1", x: "1" },
    "b@1.0.0": { x: "1" },
    "c@1.0.0": { d: "1" },
    "d@1.0.0": { b: "1", x: "1" },
    "x@1.0.0": {},
  });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1", c: "1" }, devDependencies: { x: "1" } });
  expect(chains(resolution, "x")).toEqual({ "node_modules/x": ["x", "a x", "a b x", "c d x"] });
  expect(chains(resolution, "b")).toEqual({ "node_modules/b": ["a b", "c d b"] });
  expect(chains(resolution, "absent")).toEqual({});
});

test("why finds a package by its folder's name, its own name and its location", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { b: "2" }, "b@1.0.0": {}, "b@2.0.0": {} });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1", b: "1", alias: "npm:b@1" } });
  expect(chains(resolution, "b")).toEqual({
    "node_modules/a/node_modules/b": ["a b"],
    "node_modules/alias": ["alias"],
    "node_modules/b": ["b"],
  });
  expect(chains(resolution, "alias")).toEqual({ "node_modules/alias": ["alias"] });
  expect(chains(resolution, "node_modules/b")).toEqual({ "node_modules/b": ["b"] });
});

test("no chain passes through the package itself", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { b: "1" }, "b@1.0.0": { c: "1" }, "c@1.0.0": { a: "1", b: "1" } });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1" } });
  expect(chains(resolution, "a")).toEqual({ "node_modules/a": ["a"] });
  expect(chains(resolution, "b")).toEqual({ "node_modules/b": ["a b"] });
  expect(chains(resolution, "c")).toEqual({ "node_modules/c": ["a b c"] });
});

test("a dependency on a link leads on to the target's dependencies", async () => {
  const registry = fakeRegistry({ "x@1.0.0": { y: "1" }, "y@1.0.0": {} });
  const json = (value: object): string => JSON.stringify(value);
  const resolution = await resolveIn(registry, {
    "package.json": json({ workspaces: ["w", "v"] }),
    "w/package.json": json({ name: "w", version: "1.0.0", dependencies: { v: "1" } }),
    "v/package.json": json({ name: "v", version: "1.0.0", dependencies: { x: "1" } }),
  });
  expect(chains(resolution, "y")).toEqual({ "node_modules/y": ["v x y"] });
  expect(chains(resolution, "v")).toEqual({ "node_modules/v": ["v", "w v"], v: [] });
});

test("of very many dependents, the nearest are returned", async () => {
  const hub = Array.from({ length: 30 }, (_, i) => `d${String(i).padStart(2, "0")}`);
  const registry = fakeRegistry({
    "x@1.0.0": {},
    "a@1.0.0": Object.fromEntries(hub.map((name) => [name, "1"])),
    "z@1.0.0": { x: "1" },
    ...Object.fromEntries(hub.map((name) => [`${name}@1.0.0`, { x: "1" }])),
  });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1", z: "1" } });
  const [answer] = resolution.why("x");
  expect(answer?.node.edgesIn).toHaveLength(31);
  expect(answer?.paths.map(chain)).toEqual(["z x", ...hub.slice(0, 19).map((name) => `a ${name} x`)]);
});
