import type { EdgeSpec } from "../graph/edge-spec.ts";
import type { Node } from "../graph/node.ts";
import type { ProjectTree } from "../graph/tree.ts";

/** Sets all flags, for a node that no dependency is known to reach. */
export function resetFlags(node: Node): void {
  setFlags(node, true);
}

/** Clears all flags, as for the project itself. */
export function clearFlags(node: Node): void {
  setFlags(node, false);
}

const FLAGS = ["extraneous", "dev", "optional", "devOptional", "peer"] as const;
type Flags = Readonly<Record<(typeof FLAGS)[number], boolean>>;

function setFlags(node: Node, value: boolean): void {
  for (const flag of FLAGS) node[flag] = value;
}

/** Sets the flags of every node of the tree. */
export function resetAllFlags(tree: ProjectTree): void {
  for (const node of tree.inventory.values()) resetFlags(node);
}

/**
 * Computes how the project reaches each package (npm-tree §15).
 *
 * 1. All flags start true, except those of the root.
 * 2. Visit the nodes from the root along edges. A target loses every flag that neither the node nor the edge has.
 * 3. Visit a node again whenever it has lost a flag.
 * 4. At the end, clear devOptional where dev or optional is set: those flags are more exact.
 *
 * ```
 * root -dev-> a -> c;  root -optional-> b -> c        c: devOptional, because neither dev nor optional reaches it alone
 * ```
 */
export function* calculateFlags(root: Node, clearRoot = true): Generator<undefined, void> {
  if (clearRoot) clearFlags(root);
  const seen = new Set<Node>();
  const stack = [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    seen.add(node);
    const { budget } = node.specTable;
    budget.visit(1 + node.edges().size);
    if (budget.takePause()) yield;
    if (!node.extraneous) {
      for (let up = node.resolveParent; up?.extraneous; up = up.resolveParent) up.extraneous = false;
    }
    if (node.isLink) {
      if (keepOnly(node.target, node) || !seen.has(node.target)) stack.push(node.target);
      continue;
    }
    for (const { to, spec } of node.edges().values()) {
      if (to && keepOnly(to, flagsThrough(node, spec))) stack.push(to);
    }
  }
  seen.delete(root);
  for (const node of seen) if (node.devOptional && (node.dev || node.optional)) node.devOptional = false;
}

/** Returns the flags of a package that is reached over this edge alone. */
function flagsThrough(node: Node, { type, optional, peer }: EdgeSpec): Flags {
  const dev = node.dev || type === "dev";
  return {
    extraneous: node.extraneous || (peer && optional),
    dev,
    optional: node.optional || optional,
    devOptional: node.devOptional || dev || node.optional || optional,
    peer: node.peer || peer,
  };
}

/** Clears the flags that are not in `kept`. Returns true if the node lost one. */
function keepOnly(node: Node, kept: Flags): boolean {
  let changed = false;
  for (const flag of FLAGS) {
    if (!node[flag] || kept[flag]) continue;
    node[flag] = false;
    changed = true;
  }
  return changed;
}
