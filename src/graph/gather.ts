import { type DependencyReader, gatherOver, optionalSetOver } from "../base/gather.ts";
import type { Edge } from "./edge.ts";
import type { Node } from "./node.ts";

// Sets of nodes that placement and pruning work on (npm-tree §14, §16).

const EDGES: DependencyReader<Node, Edge> = {
  out: (node) => node.edges().values(),
  into: (node) => node.edgesIn,
  reached: (set) => {
    for (const { specTable } of set) {
      specTable.budget.visit(set.size);
      break;
    }
  },
};

/**
 * Returns the deepest folder into which a package with the folded name `key` may be placed for `start` (npm-tree §14.1). It is
 * `start` itself, unless `start` has the package as a peer: a peer belongs beside its dependent, so the search goes up.
 *
 * ```
 * root -> a;  a -> b;  b -> peer c        the deepest target of c for b is a
 * ```
 */
export function deepestNestingTarget(start: Node, key: string): Node {
  let at = start;
  for (;;) {
    const up = at.resolveParent;
    if (up === null || at.isProjectRoot) return at;
    if (!at.specs().get(key)?.peer) return at;
    at = up;
  }
}

/** Returns the nodes that only `seed` needs, over edges that pass `keep`: see {@link gatherOver}. */
export function gather(seed: Iterable<Node>, keep: (edge: Edge) => boolean): Set<Node> {
  return gatherOver(seed, keep, EDGES);
}

/** Returns a node and the nodes that only it needs, over edges that pass `keep`. The edges into the node itself do not count. */
export function gatherFrom(node: Node, keep: (edge: Edge) => boolean = () => true): Set<Node> {
  return gatherOver([node], (edge) => edge.to !== node && keep(edge), EDGES, node);
}

/** Returns a node, every package that requires it, and the packages that only those need: see {@link optionalSetOver}. */
export function optionalSet(node: Node): Set<Node> {
  return optionalSetOver(node, ({ inert }) => inert, EDGES);
}

/**
 * Returns the entry edges of the peer sets that a node belongs to (npm-tree §14.3). An entry edge leads from outside into a peer
 * set: it is not a peer edge itself, or its dependent is a top node. {@link peersBelow} of its package is the set.
 *
 * ```
 * root -> a;  a -> peer b;  b -> peer c        peerEntries(c): root -> a, whose set is {a, b, c}
 * ```
 */
export function peerEntries(node: Node): Edge[] {
  const members = new Set([node]);
  for (const one of members) {
    for (const edge of one.edgesIn) if (edge.peer && edge.valid) members.add(edge.from);
  }
  const entries: Edge[] = [];
  for (const member of members.size > 1 ? inOrder(members, node) : members) {
    for (const edge of member.edgesIn) if ((!edge.peer || edge.from.isTop) && edge.valid) entries.push(edge);
  }
  node.specTable.budget.visit(members.size + entries.length);
  return entries;
}

/** Returns nodes in npm's order: as a search from `node` along valid peer edges, in both directions, finds them. */
function inOrder(members: ReadonlySet<Node>, node: Node): Node[] {
  const found: Node[] = [];
  const union = new Set([node]);
  for (const one of union) {
    if (members.has(one) && found.push(one) === members.size) break;
    for (const edge of one.edges().values()) if (edge.peer && edge.to && edge.valid) union.add(edge.to);
    for (const edge of one.edgesIn) if (edge.peer && edge.valid) union.add(edge.from);
  }
  node.specTable.budget.visit(union.size);
  return found;
}

/** Returns a node and all nodes that valid peer edges reach from it. */
export function peersBelow(node: Node): Set<Node> {
  const set = new Set([node]);
  for (const one of set) {
    for (const edge of one.edges().values()) if (edge.peer && edge.to && edge.valid) set.add(edge.to);
  }
  node.specTable.budget.visit(set.size);
  return set;
}
