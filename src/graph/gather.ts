import type { Edge } from "./edge.ts";
import type { Node } from "./node.ts";

/** Where a package of that name, wanted below `start`, can stand at the deepest (npm-tree §14.1). */
export function deepestNestingTarget(start: Node, key: string): Node {
  let at = start;
  for (;;) {
    const up = at.resolveParent;
    if (up === null || at.isProjectRoot) return at;
    if (!at.specs().get(key)?.peer) return at;
    at = up;
  }
}

/**
 * What hangs on the seed alone (npm-tree §14.2): all that can be reached over edges that pass `keep`, less whatever
 * something outside also reaches over such an edge. Shrinking uses a work list: a member is looked at again only when a
 * dependent of it has dropped out.
 */
export function gather(seed: Iterable<Node>, keep: (edge: Edge) => boolean): Set<Node> {
  const set = new Set(seed);
  for (const node of set) {
    for (const edge of node.edges().values()) if (edge.to && !set.has(edge.to) && keep(edge)) set.add(edge.to);
  }
  const work = [...set];
  for (let node = work.pop(); node; node = work.pop()) {
    if (!set.has(node)) continue;
    for (const edge of node.edgesIn) {
      if (set.has(edge.from) || !keep(edge)) continue;
      set.delete(node);
      for (const out of node.edges().values()) if (out.to && set.has(out.to)) work.push(out.to);
      break;
    }
  }
  return set;
}

/** The peer sets that hold the node, by the edge from outside that brought each in (npm-tree §14.3). */
export function peerEntrySets(node: Node): Map<Edge, Set<Node>> {
  const union = new Set([node]);
  for (const one of union) {
    for (const edge of one.edges().values()) if (edge.peer && edge.to && edge.valid) union.add(edge.to);
    for (const edge of one.edgesIn) if (edge.peer && edge.valid) union.add(edge.from);
  }
  const entries = new Map<Edge, Set<Node>>();
  for (const member of union) {
    const below = peersBelow(member);
    if (!below.has(node)) continue;
    for (const edge of member.edgesIn) if ((!edge.peer || edge.from.isTop) && edge.valid) entries.set(edge, below);
  }
  return entries;
}

function peersBelow(node: Node): Set<Node> {
  const set = new Set([node]);
  for (const one of set) {
    for (const edge of one.edges().values()) if (edge.peer && edge.to && edge.valid) set.add(edge.to);
  }
  return set;
}

/** The package with all that cannot do without it and all that only they need (npm-tree §16). */
export function optionalSet(node: Node): Set<Node> {
  const set = new Set([node]);
  for (const one of set) for (const edge of one.edgesIn) if (!edge.optional) set.add(edge.from);
  return gather(set, (edge) => edge.to !== null && !set.has(edge.to) && !edge.from.inert);
}
