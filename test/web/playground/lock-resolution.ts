import type { Manifest } from "../../../src/api/manifest.ts";
import type { DependencyType, Resolution, TreeEdge, TreeNode } from "../../../src/api/resolve.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Entry = Manifest & { link?: boolean; resolved?: string; integrity?: string; [key: string]: unknown };

const GROUPS: readonly (readonly [keyof Manifest & string, DependencyType])[] = [
  ["dependencies", "prod"],
  ["optionalDependencies", "optional"],
  ["peerDependencies", "peer"],
  ["devDependencies", "dev"],
];

/** Builds a resolution from the text of a lockfile, for tests of views. Applies none of npm's rules. */
export function resolutionOf(lockText: string): Resolution {
  const packages = new Map(Object.entries((JSON.parse(lockText) as { packages: Record<string, Entry> }).packages));
  const nodes = new Map<string, Writable<TreeNode>>();
  for (const [location, entry] of packages) nodes.set(location, nodeOf(location, entry));
  for (const [location, node] of nodes) if (location !== "") attach(nodes, location, node);
  for (const [location, entry] of packages) if (!entry.link) connect(nodes, location, entry);
  const root = nodes.get("")!;
  const all = [...nodes.values()].filter((node) => node !== root);
  return {
    files: { "package-lock.json": lockText },
    tree: { root, nodes: all, get: (location) => nodes.get(location) },
    warnings: [],
    stats: {
      requests: 0,
      bytes: 0,
      packuments: 0,
      manifestsParsed: 0,
      messages: 0,
      nodes: all.length,
      milliseconds: { read: 1, resolve: 8, complete: 0, write: 1, total: 10 },
    },
    why: (name) =>
      all.filter((node) => node.name === name).map((node) => ({ node, paths: [{ edges: shortest(node) }] })),
    diff: () => [],
    rung: null,
    versions: Object.fromEntries(root.children.map(({ name, version }) => [name, version])),
    importMap: async () => ({ imports: {} }),
  };
}

function nodeOf(location: string, entry: Entry): Writable<TreeNode> {
  const name = location.split("node_modules/").at(-1) ?? "";
  return {
    name: location.includes("node_modules/") ? name : (entry.name ?? name),
    packageName: entry.name ?? name,
    version: entry.version ?? "",
    location,
    parent: null,
    children: [],
    edgesOut: [],
    edgesIn: [],
    manifest: entry,
    isLink: entry.link === true,
    target: null,
    resolved: entry.resolved ?? null,
    integrity: entry.integrity ?? null,
    patched: null,
    dev: entry["dev"] === true,
    optional: entry["optional"] === true,
    devOptional: entry["devOptional"] === true,
    peer: entry["peer"] === true,
    extraneous: entry["extraneous"] === true,
    inBundle: entry["inBundle"] === true,
    inert: false,
  };
}

function attach(nodes: Map<string, Writable<TreeNode>>, location: string, node: Writable<TreeNode>): void {
  if (node.isLink) node.target = nodes.get(node.resolved ?? "") ?? null;
  const at = location.lastIndexOf("node_modules/");
  if (at < 0) return;
  const parent = nodes.get(location.slice(0, Math.max(0, at - 1)));
  if (!parent) return;
  node.parent = parent;
  parent.children = [...parent.children, node];
}

function connect(nodes: Map<string, Writable<TreeNode>>, location: string, entry: Entry): void {
  const from = nodes.get(location)!;
  const seen = new Set<string>();
  for (const [group, type] of GROUPS) {
    if (group === "devDependencies" && location.includes("node_modules/")) continue;
    for (const [name, spec] of Object.entries((entry[group] ?? {}) as Record<string, string>)) {
      const to = find(nodes, location, name);
      if (seen.has(name) || !to) continue;
      seen.add(name);
      const edge: TreeEdge = { from, name, spec, rawSpec: spec, type, to, valid: true, error: null, overridden: false };
      from.edgesOut = [...from.edgesOut, edge];
      to.edgesIn = [...to.edgesIn, edge];
    }
  }
}

function find(nodes: Map<string, Writable<TreeNode>>, location: string, name: string): Writable<TreeNode> | undefined {
  for (let at = location; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    const found = nodes.get(at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`);
    if (found || at === "") return found;
    if (!at.includes("node_modules/")) return nodes.get(`node_modules/${name}`);
  }
}

/** Returns the shortest path of edges from the project to `node`. Searches breadth first, upwards from `node`. */
function shortest(node: TreeNode): TreeEdge[] {
  const queue: [TreeNode, TreeEdge[]][] = [[node, []]];
  const seen = new Set<TreeNode>([node]);
  for (const [at, edges] of queue) {
    if (at.location === "") return edges;
    for (const edge of at.edgesIn) {
      if (seen.has(edge.from)) continue;
      seen.add(edge.from);
      queue.push([edge.from, [edge, ...edges]]);
    }
  }
  return [];
}
