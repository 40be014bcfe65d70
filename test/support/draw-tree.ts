import type { Tree, TreeNode } from "../../src/api/resolve.ts";

function lineOf(node: TreeNode): string {
  if (node.isLink) return `${node.name} -> ${node.target?.location ?? "?"}`;
  const own = node.packageName === node.name || node.packageName === "" ? "" : ` (${node.packageName})`;
  return `${node.parent ? node.name : node.location}@${node.version}${own}`;
}

function draw(node: TreeNode, depth: number, order: ReadonlyMap<TreeNode, number>): string[] {
  const children = [...node.children].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  return [`${"  ".repeat(depth)}${lineOf(node)}`, ...children.flatMap((child) => draw(child, depth + 1, order))];
}

/**
 * Draws a tree without the project as indented text, in the order of the lock: `a@1.0.0\n  b@1.4.0\nb@2.0.0`.
 *
 * - An alias shows its package: `lodash3@3.10.1 (lodash)`.
 * - A link shows its target: `w -> packages/w`.
 * - Folders of workspaces come after the project's node_modules, by location.
 */
export function drawTree(tree: Tree): string {
  const order = new Map(tree.nodes.map((node, index) => [node, index]));
  const tops = tree.nodes.filter((node) => node.parent === null && !node.isLink);
  const project = draw(tree.root, 0, order).slice(1);
  return [...project.map((line) => line.slice(2)), ...tops.flatMap((node) => draw(node, 0, order))].join("\n");
}
