import type { Resolution, TreeEdge, TreeNode } from "../../../src/api/resolve.ts";
import type { Given } from "../../conformance/judge.ts";
import type { Plain } from "./differences.ts";

/** The number of packages for which `why` is compared, because it walks the whole tree for each. */
const WHY_COUNT = 12;

const place = (node: TreeNode | null): string | null => node && `${node.location} ${node.name}`;

function edgeOf({ from, to, ...own }: TreeEdge): Plain {
  return { ...own, from: place(from), to: place(to) };
}

/** Returns a node's own members, and the places to which its edges lead. */
function nodeOf(node: TreeNode): Plain {
  const { parent, target, children, edgesOut, edgesIn, manifest, patched, ...own } = {
    ...node,
    // Getters of the class: not among its own members.
    parent: node.parent,
    target: node.target,
    children: node.children,
    edgesOut: node.edgesOut,
    edgesIn: node.edgesIn,
    manifest: node.manifest,
  };
  return {
    ...own,
    patched: patched && { ...patched },
    parent: place(parent),
    target: place(target),
    children: children.map(place),
    edgesOut: edgesOut.map(edgeOf),
    edgesIn: edgesIn.map(edgeOf),
    manifest: manifest as unknown as Plain,
  };
}

/** Returns the names of some packages, spread evenly over the tree. */
function someNames(nodes: readonly TreeNode[]): string[] {
  const step = Math.ceil(nodes.length / WHY_COUNT);
  return [...new Set(nodes.filter((_, index) => index % step === 0).map(({ name }) => name))];
}

/** Returns a lock without every fifth package, and with every seventh at another version. */
function changed(lock: string): string {
  const { packages = {} } = JSON.parse(lock) as { packages?: Record<string, { version?: string }> };
  const kept = Object.entries(packages).filter((_, index) => index % 5 !== 4);
  const entries = kept.map(([at, entry], index) => [at, index % 7 === 6 ? { ...entry, version: "0" } : entry]);
  return JSON.stringify({ packages: Object.fromEntries(entries) });
}

function resolved(resolution: Resolution): Plain {
  const { files, warnings, tree, stats } = resolution;
  const lock = Object.entries(files).find(([path]) => /(package-lock|npm-shrinkwrap)\.json$/.test(path))?.[1];
  const why = someNames(tree.nodes).map((name) => [
    name,
    resolution.why(name).map(({ node, paths }) => [place(node), paths.map(({ edges }) => edges.map(edgeOf))]),
  ]);
  return {
    files,
    warnings: warnings as unknown as Plain,
    root: nodeOf(tree.root),
    nodes: tree.nodes.map(nodeOf),
    lost: tree.nodes.filter((node) => tree.get(node.location) !== node).map(place),
    placed: stats.nodes,
    why,
    added: resolution.diff("") as unknown as Plain,
    diff: lock ? (resolution.diff(changed(lock)) as unknown as Plain) : null,
  };
}

/**
 * Returns everything by which a caller can tell two runs apart, without times and counts: files, warnings and the tree with every
 * node and edge, or the whole failure. @throws an error of the run that is not a failure
 */
export function answerOf(given: Given): Plain {
  if (given.kind === "crash") throw given.error;
  return given.kind === "failure" ? (given.failure as unknown as Plain) : resolved(given.resolution);
}
