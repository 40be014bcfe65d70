import type { Tree, TreeEdge, TreeNode, WhyAnswer, WhyPath } from "../api/resolve.ts";

/** The most chains that `why` returns for a package. Some packages have thousands. */
const MAX_PATHS = 20;

/** Returns every package with a name or location. For each, returns the shortest chain through every dependent, shortest first. */
export function why(name: string, { root, nodes }: Tree): WhyAnswer[] {
  const found = nodes.filter((node) => [node.name, node.packageName, node.location].includes(name));
  return found.map((node) => ({ node, paths: pathsTo(node, root) }));
}

function pathsTo(node: TreeNode, root: TreeNode): WhyPath[] {
  // The edge that first reaches each package, breadth first from the project, without passing through `node`.
  const via = new Map<TreeNode, TreeEdge | undefined>([[root, undefined]]);
  for (const { edgesOut } of via.keys()) {
    for (const edge of edgesOut) {
      // A dependency on a link also needs the link's target.
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
