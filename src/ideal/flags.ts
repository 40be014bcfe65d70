import type { Node } from "../graph/node.ts";
import type { Tree } from "../graph/tree.ts";

export function resetFlags(node: Node): void {
  setFlags(node, true);
}

export function clearFlags(node: Node): void {
  setFlags(node, false);
}

function setFlags(node: Node, value: boolean): void {
  node.dev = value;
  node.optional = value;
  node.devOptional = value;
  node.peer = value;
  node.extraneous = value;
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
      if (passToTarget(node, node.target) || !seen.has(node.target)) stack.push(node.target);
      continue;
    }
    for (const { to, spec } of node.edges().values()) {
      const dev = spec.type === "dev";
      if (to && pass(node, to, { dev, optional: spec.optional, peer: spec.peer })) stack.push(to);
    }
  }
  seen.delete(root);
  for (const node of seen) if (node.devOptional && (node.dev || node.optional)) node.devOptional = false;
}

function passToTarget(link: Node, target: Node): boolean {
  let changed = false;
  for (const flag of FLAGS) {
    if (!target[flag] || link[flag]) continue;
    target[flag] = false;
    changed = true;
  }
  return changed;
}
const FLAGS = ["dev", "optional", "devOptional", "peer", "extraneous"] as const;

function pass(node: Node, to: Node, edge: { dev: boolean; optional: boolean; peer: boolean }): boolean {
  let changed = false;
  if (to.extraneous && !node.extraneous && !(edge.peer && edge.optional)) {
    to.extraneous = false;
    changed = true;
  }
  if (to.dev && !node.dev && !edge.dev) {
    to.dev = false;
    changed = true;
  }
  if (to.optional && !node.optional && !edge.optional) {
    to.optional = false;
    changed = true;
  }
  if (to.devOptional && !(node.devOptional || node.dev || node.optional || edge.dev || edge.optional)) {
    to.devOptional = false;
    changed = true;
  }
  if (to.peer && !node.peer && !edge.peer) {
    to.peer = false;
    changed = true;
  }
  return changed;
}
