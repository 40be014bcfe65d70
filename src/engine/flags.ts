import type { EdgeSpec } from "../graph/edge-spec.ts";
import type { Node } from "../graph/node.ts";
import type { Tree } from "../graph/tree.ts";

export function resetFlags(node: Node): void {
  setFlags(node, true);
}

export function clearFlags(node: Node): void {
  setFlags(node, false);
}

const FLAGS = ["extraneous", "dev", "optional", "devOptional", "peer"] as const;
type Flags = Readonly<Record<(typeof FLAGS)[number], boolean>>;

function setFlags(node: Node, value: boolean): void {
  for (const flag of FLAGS) node[flag] = value;
}

export function resetAllFlags(tree: Tree): void {
  for (const node of tree.inventory.values()) resetFlags(node);
}

/**
 * How each package is reached from the project (npm-tree §15). Flags start true and are cleared along edges; a node is
 * looked at again whenever one of its own is cleared.
 */
export function calculateFlags(root: Node, clearRoot = true): void {
  if (clearRoot) clearFlags(root);
  const seen = new Set<Node>();
  const stack = [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    seen.add(node);
    if (!node.extraneous) {
      for (let up = node.resolveParent; up?.extraneous; up = up.resolveParent) up.extraneous = false;
    }
    if (node.isLink) {
      if (keep(node.target, node) || !seen.has(node.target)) stack.push(node.target);
      continue;
    }
    for (const { to, spec } of node.edges().values()) {
      if (to && keep(to, through(node, spec))) stack.push(to);
    }
  }
  seen.delete(root);
  for (const node of seen) if (node.devOptional && (node.dev || node.optional)) node.devOptional = false;
}

/** The flags that something keeps if it is reached from this node over this edge alone. */
function through(node: Node, { type, optional, peer }: EdgeSpec): Flags {
  const dev = node.dev || type === "dev";
  return {
    extraneous: node.extraneous || (peer && optional),
    dev,
    optional: node.optional || optional,
    devOptional: node.devOptional || dev || node.optional || optional,
    peer: node.peer || peer,
  };
}

/** Clears the flags that are not among `kept`. Whether any was. */
function keep(node: Node, kept: Flags): boolean {
  let changed = false;
  for (const flag of FLAGS) {
    if (!node[flag] || kept[flag]) continue;
    node[flag] = false;
    changed = true;
  }
  return changed;
}
