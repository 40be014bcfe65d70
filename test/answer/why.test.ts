import fc from "fast-check";
import { expect, test } from "vitest";
import { why } from "../../src/answer/why.ts";
import type { Resolution, Tree, TreeEdge, TreeNode, WhyPath } from "../../src/api/resolve.ts";
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

/** The rule in its simplest form: a search of its own for every package, and all its chains. */
function simpleWhy(name: string, { root, nodes }: Tree): TreeEdge[][][] {
  const found = nodes.filter((node) => node.name === name);
  return found.map((node) => {
    const via = new Map<TreeNode, TreeEdge | undefined>([[root, undefined]]);
    for (const { edgesOut } of via.keys()) {
      for (const edge of edgesOut)
        for (const to of [edge.to, edge.to?.target]) if (to && to !== node && !via.has(to)) via.set(to, edge);
    }
    const paths: TreeEdge[][] = [];
    for (const last of node.edgesIn) {
      const edges: TreeEdge[] = [];
      for (let edge: TreeEdge | undefined = last; edge; edge = via.get(edge.from)) edges.unshift(edge);
      if (edges[0]?.from === root) paths.push(edges);
    }
    return paths.sort((a, b) => a.length - b.length).slice(0, 20);
  });
}

interface FakeNode {
  name: string;
  location: string;
  target: TreeNode | null;
  edgesOut: TreeEdge[];
  edgesIn: TreeEdge[];
}

/** Makes a tree of nodes 0 to 11 from pairs of dependent and dependency. The last two nodes are links to the two before. */
function treeOf(pairs: readonly (readonly [number, number])[]): Tree {
  const all = Array.from({ length: 12 }, (_, at): FakeNode => {
    return { name: `n${at % 4}`, location: String(at), target: null, edgesOut: [], edgesIn: [] };
  });
  const nodes = all as unknown as TreeNode[];
  for (const at of [10, 11]) (all[at] as FakeNode).target = nodes[at - 2] as TreeNode;
  for (const [from, to] of pairs) {
    if (from >= 10) continue;
    const edge = { from: nodes[from], to: nodes[to] } as TreeEdge;
    all[from]?.edgesOut.push(edge);
    all[to]?.edgesIn.push(edge);
  }
  return { root: nodes[0] as TreeNode, nodes: nodes.slice(1), get: () => undefined };
}

const pairs = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 40 });

test("of any graph, the chains are those of the simple rule", () => {
  const law = fc.property(pairs, fc.nat(3), (all, name) => {
    const graph = treeOf(all);
    const chains = why(`n${name}`, graph).map(({ paths }) => paths.map(({ edges }) => edges));
    const expected = simpleWhy(`n${name}`, graph);
    const show = (answers: readonly (readonly (readonly TreeEdge[])[])[]): string[][] =>
      answers.map((paths) =>
        paths.map((edges) => edges.map(({ from, to }) => `${from.location} ${to?.location}`).join()),
      );
    expect(show(chains)).toEqual(show(expected));
  });
  fc.assert(law, { numRuns: 2_000 });
});

/** Counts the reads of dependencies while `why` searches a tree. */
function readsOf(size: number): number {
  let reads = 0;
  const counted = (node: object): TreeNode =>
    new Proxy(node, {
      get(target, key) {
        if (key === "edgesOut") reads++;
        return Reflect.get(target, key) as unknown;
      },
    }) as TreeNode;
  const node = (name: string): TreeNode =>
    counted({ name, location: "", target: null, edgesOut: [], edgesIn: [] } as object);
  const root = node("root");
  const copies = Array.from({ length: size }, () => node("copy"));
  const nodes = Array.from({ length: size }, () => node("user"));
  for (const [at, to] of copies.entries()) {
    const edges = [
      { from: root, to: nodes[at] },
      { from: nodes[at], to },
    ] as TreeEdge[];
    for (const edge of edges) {
      (edge.from.edgesOut as TreeEdge[]).push(edge);
      ((edge.to as TreeNode).edgesIn as TreeEdge[]).push(edge);
    }
  }
  reads = 0;
  expect(why("copy", { root, nodes: [...nodes, ...copies], get: () => undefined })).toHaveLength(size);
  return reads;
}

test("many copies of a package share one search", () => {
  const [once, twice] = [readsOf(500), readsOf(1_000)];
  expect(twice).toBeLessThan(2.1 * once);
});

test("a search for each of many copies ends with ELIMIT, and the failure names the package", () => {
  // Every copy needs a dependent of its own, so each needs a search of its own.
  const all = Array.from({ length: 3_000 }, (_, at): [number, number][] => [
    [0, at + 1],
    [at + 1, 3_001 + at],
    [3_001 + at, at + 1],
  ]).flat();
  const nodes = Array.from({ length: 6_001 }, (_, at): FakeNode => {
    return { name: at > 0 && at <= 3_000 ? "copy" : "user", location: "", target: null, edgesOut: [], edgesIn: [] };
  }) as unknown as (TreeNode & FakeNode)[];
  for (const [from, to] of all) {
    const edge = { from: nodes[from], to: nodes[to] } as unknown as TreeEdge;
    nodes[from]?.edgesOut.push(edge);
    nodes[to]?.edgesIn.push(edge);
  }
  const search = () => why("copy", { root: nodes[0] as TreeNode, nodes: nodes.slice(1), get: () => undefined });
  expect(search).toThrow(expect.objectContaining({ code: "ELIMIT" }));
  expect(search).toThrow(/"copy"/);
});
