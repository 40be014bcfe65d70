import type { Manifest } from "../api/manifest.ts";
import { bundledNames } from "../spec/bundled-names.ts";
import type { Edge } from "./edge.ts";
import type { Node } from "./node.ts";

// Which package's tarball contains a node: see `Node.bundler`.

/** The children that a node may bundle, and the number of changes when they were found. */
const found = new WeakMap<Node, { changes: number; nodes: ReadonlySet<Node> }>();

/** Checks whether a package above the node bundles it, or bundles something that needs it. False for nearly all nodes. */
export function mayBeBundled(node: Node): boolean {
  for (let at = node, up = at.parent; up; at = up, up = at.parent) {
    const names = bundledSet(up.manifest);
    if (names.size > 0 && (names.has(at.name) || bundledBelow(up).has(at))) return true;
  }
  return false;
}

/** Returns the children of a node that its tarball may contain: those it lists, and those that they or packages below them need. */
function bundledBelow(parent: Node): ReadonlySet<Node> {
  const { changes } = parent.specTable;
  const before = found.get(parent);
  if (before?.changes === changes) return before.nodes;
  const nodes = new Set<Node>();
  for (const child of parent.children.values()) if (bundledSet(parent.manifest).has(child.name)) nodes.add(child);
  for (const child of nodes) {
    const below = [child];
    for (const one of below) {
      for (const { to } of one.edges().values()) if (to?.parent === parent) nodes.add(to);
      for (const kid of one.children.values()) below.push(kid);
    }
  }
  parent.specTable.budget.visit(nodes.size);
  found.set(parent, { changes, nodes });
  return nodes;
}

/** A node whose bundler is being found. `edges` are the dependents to be asked next, once its parent was asked. */
interface Asked {
  readonly node: Node;
  edges: Iterator<Edge> | null;
}

/** Returns the bundler of a node, or null. As in npm, a package is asked once, so that a cycle ends. */
export function bundlerOf(start: Node): Node | null {
  const asked = new Set<Node>();
  // A list instead of recursion: a row of dependents would fill the stack.
  const open: Asked[] = [];
  let next: Node | null = start;
  let answer: Node | null = null;
  for (;;) {
    if (next && !asked.has(next) && next.parent) {
      asked.add(next);
      open.push({ node: next, edges: null });
      next = next.parent;
      continue;
    }
    // A package that was asked before, or has no parent, has no bundler.
    if (next) answer = null;
    next = null;
    const last = open.at(-1);
    if (!last) return answer;
    const parent = last.node.parent as Node;
    if (!last.edges) {
      if (!answer && bundledSet(parent.manifest).has(last.node.name)) answer = parent;
      last.edges = last.node.edgesIn.values();
    } else if (answer !== parent) answer = null;
    if (!answer) {
      const { done, value } = last.edges.next();
      if (!done) next = value.from;
    }
    if (!next) open.pop();
  }
}

const NO_NAMES: ReadonlySet<string> = new Set();
const known = new WeakMap<object, ReadonlySet<string>>();

/** Returns the names of the bundled dependencies, read once for each list. */
function bundledSet(manifest: Manifest): ReadonlySet<string> {
  const list: unknown = manifest.bundleDependencies;
  if (!Array.isArray(list) || list.length === 0) return NO_NAMES;
  let names = known.get(list);
  if (!names) {
    names = new Set(bundledNames(manifest));
    known.set(list, names);
  }
  return names;
}
