import type { Tree, TreeEdge, TreeNode, WhyAnswer, WhyPath } from "../api/resolve.ts";

/** How many chains to a package `why` gives: a hub has thousands, and a reader reads a few. */
const MAX_PATHS = 20;

/** Every package of that name with the shortest chains that lead to it, one for each dependent that wants it. */
export function why(name: string, { root, nodes }: Tree): WhyAnswer[] {
  const found = nodes.filter((node) => [node.name, node.packageName, node.location].includes(name));
  return found.map((node) => ({ node, paths: pathsTo(node, root) }));
}

function pathsTo(node: TreeNode, root: TreeNode): WhyPath[] {
  // By which edge each package is reached first, from the project down and not by way of `node`.
  const via = new Map<TreeNode, TreeEdge | undefined>([[root, undefined]]);
  for (const { edgesOut } of via.keys()) {
    for (const edge of edgesOut) {
      // Whoever wants a link wants its target.
      for (const to of [edge.to, edge.to?.target]) if (to && to !== node && !via.has(to)) via.set(to, edge);
    }
  }
  const paths: WhyPath[] = [];
  for (const last of node.edgesIn) {
    const edges: TreeEdge[] = [];
    for (let edge: TreeEdge | undefined = last; edge; edge = via.get(edge.from)) edges.unshift(edge);
    if (edges[0]?.from === root) paths.push({ edges });
  }
  return paths.sort((a, b) => a.edges.length - b.edges.length).slice(0, MAX_PATHS);
}
