import { beforeAll, describe, expect, test, vi } from "vitest";
import { decodeTree, encodeTree } from "../../src/answer/tree-bytes.ts";
import type { NodeRow, TreeData } from "../../src/answer/tree-data.ts";
import { viewTree } from "../../src/answer/tree-view.ts";
import type { Tree, TreeEdge } from "../../src/api/resolve.ts";
import type { Edge } from "../../src/graph/edge.ts";
import type { Node } from "../../src/graph/node.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { fakeTarball } from "../support/tarball.ts";
import { resolveIn } from "../support/tree.ts";

/** The nodes of the engine when the tree was read, and the tree as data. */
const engine = vi.hoisted(() => ({ inventory: new Map<string, Node>(), rows: [] as TreeData }));

vi.mock(import("../../src/answer/tree-data.ts"), async (original) => {
  const { treeData } = await original();
  return {
    treeData: (inventory) => {
      engine.inventory = new Map(inventory);
      engine.rows = treeData(inventory);
      return engine.rows;
    },
  };
});

const bundling = fakeTarball({
  "package.json": { name: "bundles", version: "1.0.0", dependencies: { x: "1" }, bundleDependencies: ["x"] },
  "node_modules/x/package.json": { name: "x", version: "1.0.0", dependencies: { y: "1" } },
});

/** A project with every kind of node and edge. */
const registry = fakeRegistry(
  {
    "a@1.0.0": {
      dependencies: { b: "2", c: "1" },
      peerDependencies: { p: "1", q: "1" },
      peerDependenciesMeta: { q: { optional: true } },
      license: "É\u2028\n",
    },
    "b@1.0.0": { dependencies: {}, deprecated: "old" },
    "b@2.0.0": { optionalDependencies: { never: "1" } },
    "c@1.0.0": {},
    "c@2.0.0": {},
    "d@1.0.0": { optionalDependencies: { b: "1" } },
    "p@1.0.0": {},
    "elsewhere@1.0.0": { os: ["plan9"] },
    "bundles@1.0.0": {
      dependencies: { x: "1" },
      bundleDependencies: ["x"],
      dist: { tarball: "http://registry.local/bundles/-/bundles-1.0.0.tgz", integrity: bundling.integrity },
    },
  },
  { tarballs: { "bundles/-/bundles-1.0.0.tgz": bundling.bytes } },
);

const json = (value: object): string => JSON.stringify(value, null, 2);
const files = {
  "package.json": json({
    workspaces: ["packages/*"],
    dependencies: { a: "1", alias: "npm:b@1", bundles: "1", "local-folder": "file:vendor/local" },
    devDependencies: { d: "1" },
    optionalDependencies: { gone: "1", elsewhere: "1" },
    overrides: { c: "2.0.0" },
  }),
  "packages/w/package.json": json({ name: "w", version: "1.0.0", dependencies: { b: "1", "@s/v": "1" } }),
  "packages/v/package.json": json({ name: "@s/v", version: "1.0.0", devDependencies: { w: "1", d: "1" } }),
  "vendor/local/package.json": json({ name: "local", version: "3.0.0", dependencies: { b: "1" } }),
};

let inline: Tree;

beforeAll(async () => {
  inline = (await resolveIn(registry, files)).tree;
});

const place = (node: { location: string } | null): string | null => (node ? node.location : null);

function edgeOfEngine({ from, name, effective: spec, rawSpec, spec: { type }, to, error }: Edge): object {
  const own = { name, spec, rawSpec, type, error, valid: error === null, overridden: spec !== rawSpec };
  return { from: place(from), to: place(to), ...own };
}

function edgeOf({ from, to, ...own }: TreeEdge): object {
  return { from: place(from), to: place(to), ...own };
}

const byDependent = (a: object, b: object): number => (json(a) < json(b) ? -1 : 1);

describe.each([
  ["as plain data", (rows: TreeData) => rows],
  ["decoded from bytes", (rows: TreeData) => decodeTree(encodeTree(rows))],
])("a tree %s", (_, carry) => {
  let tree: Tree;
  beforeAll(() => {
    expect(inline.nodes.length).toBeGreaterThan(10);
    tree = viewTree(carry(engine.rows));
  });

  test("has the same data for each node as the engine", () => {
    expect([...tree.nodes].map(({ location }) => location).sort()).toEqual(
      [...engine.inventory.keys()].filter(Boolean).sort(),
    );
    for (const node of engine.inventory.values()) {
      const { name, version, location, isLink, resolved, integrity, dev, optional, devOptional, peer } = node;
      const { extraneous, inert } = node;
      const flags = { isLink, dev, optional, devOptional, peer, extraneous, inert, inBundle: node.bundler() !== null };
      const patched = node.marks?.patched ?? null;
      const view = tree.get(location)!;
      expect({ ...view }).toEqual({
        ...{ name, packageName: node.packageName ?? name, version, location, resolved, integrity, patched },
        ...flags,
      });
      expect(view.manifest).toEqual(node.manifest);
      expect(place(view.parent)).toBe(place(node.parent));
      expect(place(view.target)).toBe(isLink ? node.target.location : null);
      expect(view.children.map(place).sort()).toEqual([...node.children.values()].map(place).sort());
      expect(view.edgesOut.map(edgeOf)).toEqual([...node.edges().values()].map(edgeOfEngine));
      expect(view.edgesIn.map(edgeOf).sort(byDependent)).toEqual([...node.edgesIn].map(edgeOfEngine).sort(byDependent));
    }
  });

  test("has one object for each node and each dependency", () => {
    expect(tree.get("")).toBe(tree.root);
    expect(tree.nodes).not.toContain(tree.root);
    for (const node of [tree.root, ...tree.nodes]) {
      expect(tree.get(node.location) === node).toBe(true);
      expect(node.parent === null || node.parent.children.includes(node)).toBe(true);
      expect(node.target === null || tree.nodes.includes(node.target)).toBe(true);
      for (const edge of node.edgesOut) {
        expect(edge.from === node).toBe(true);
        expect(edge.to === null || edge.to.edgesIn.includes(edge)).toBe(true);
      }
      expect(node.manifest).toBe(node.manifest);
    }
  });

  test("lists nodes and children in npm's order", () => {
    const order = new Intl.Collator("en");
    for (const list of [tree.nodes, ...tree.nodes.map(({ children }) => children)]) {
      expect(list.map(place)).toEqual(list.map((node) => node.location).sort(order.compare));
    }
  });
});

test("the test project has every kind of node and dependency", () => {
  const all = [inline.root, ...inline.nodes];
  const edges = all.flatMap(({ edgesOut }) => edgesOut);
  expect(new Set(edges.map(({ type }) => type))).toEqual(
    new Set(["prod", "dev", "optional", "peer", "peerOptional", "workspace"]),
  );
  expect(edges.some(({ overridden }) => overridden)).toBe(true);
  expect(edges.some(({ to, valid }) => to === null && valid)).toBe(true);
  expect(edges.some(({ error }) => error === "MISSING")).toBe(true);
  for (const flag of ["isLink", "dev", "optional", "peer", "inBundle", "inert"] as const) {
    expect([flag, all.some((node) => node[flag])]).toEqual([flag, true]);
  }
  expect(all.some(({ name, packageName }) => name === "alias" && packageName === "b")).toBe(true);
});

function row(location: string, manifest: NodeRow[4]): NodeRow {
  const name = location.split("node_modules/").at(-1) as string;
  const flags = [false, false, false, false, false, false] as const;
  return [location, location ? "" : null, null, [], manifest, false, name, name, "1.0.0", false, null, null, ...flags];
}

test("a manifest is parsed when it is first read, and only once", () => {
  const tree = viewTree([row("", '{"name":"project"}'), row("node_modules/a", "no JSON"), row("node_modules/b", "{}")]);
  expect(tree.nodes.map(place)).toEqual(["node_modules/a", "node_modules/b"]);
  expect(() => tree.nodes[0]?.manifest).toThrow(SyntaxError);
  expect(tree.root.manifest).toEqual({ name: "project" });
  expect(tree.root.manifest).toBe(tree.root.manifest);
});

test("a manifest that several nodes share is encoded once, and the bytes fill their buffer", () => {
  const shared = { name: "shared", description: "x".repeat(10_000) };
  const bytes = encodeTree([row("", {}), row("node_modules/a", shared), row("node_modules/b", shared)]);
  expect(bytes.length).toBeLessThan(11_000);
  expect(bytes.buffer.byteLength).toBe(bytes.length);
  const tree = viewTree(decodeTree(bytes));
  expect(tree.nodes.map(({ manifest }) => manifest)).toEqual([shared, shared]);
});

test("a decoded tree can be encoded again", () => {
  const bytes = encodeTree(engine.rows);
  expect(decodeTree(encodeTree(decodeTree(bytes)))).toEqual(decodeTree(bytes));
});

test("a member that nests too deep for the stack is left out", () => {
  const deep = JSON.parse(`${"[".repeat(50_000)}${"]".repeat(50_000)}`);
  const tree = viewTree(decodeTree(encodeTree([row("", { name: "project", deep, version: "1.0.0" })])));
  expect(tree.root.manifest).toEqual({ name: "project", version: "1.0.0" });
});
