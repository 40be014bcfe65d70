import type { Tree, TreeEdge, TreeNode, WhyAnswer, WhyPath } from "../api/resolve.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";

/** The most chains that `why` returns for a package. Some packages have thousands. */
const MAX_PATHS = 20;
/** Dependencies that one call may follow. */
const MAX_VISITS = 5_000_000;

/**
 * Returns every package with a name or location. For each, returns the shortest chain through every dependent, shortest first.
 *
 * 1. Search the tree breadth first from the project, without the package: {@link Search}.
 * 2. The chain through a dependent is the way on which the search first reached it.
 * 3. If no way to a dependent passes through the package, the search with the package finds the same ways. All such packages share
 *    one search.
 *
 * @throws InstallError ELIMIT
 */
export function why(name: string, { root, nodes }: Tree): WhyAnswer[] {
  const found = nodes.filter((node) => [node.name, node.packageName, node.location].includes(name));
  const budget = { visits: 0 };
  const whole = found.length > 0 ? new Search(root, null, budget) : null;
  return found.map((node) => {
    const isApart = whole && !node.edgesIn.some(({ from }) => whole.leadsThrough(from, node));
    const search = isApart ? whole : new Search(root, node, budget);
    if (budget.visits > MAX_VISITS) throw new InstallError(tooMany(name, found.length));
    return { node, paths: search.pathsTo(node) };
  });
}

function tooMany(name: string, count: number) {
  return overLimit(
    `Too many packages are called "${name}", or too many dependencies lead to them: ${count} packages. Ask for one of them by its location.`,
    { package: name },
  );
}

/** The edge that first reaches each package, breadth first from the project, without passing through one package. */
class Search {
  readonly #via = new Map<TreeNode, TreeEdge | undefined>();
  /** The number of edges on the way to a package. */
  readonly #length = new Map<TreeNode, number>();
  #spans: Map<TreeNode, [first: number, last: number]> | null = null;

  constructor(root: TreeNode, without: TreeNode | null, budget: { visits: number }) {
    const via = this.#via;
    via.set(root, undefined);
    this.#length.set(root, 0);
    for (const at of via.keys()) {
      const length = (this.#length.get(at) as number) + 1;
      budget.visits += at.edgesOut.length;
      for (const edge of at.edgesOut) {
        // A dependency on a link also needs the link's target.
        for (const to of [edge.to, edge.to?.target]) {
          if (!to || to === without || via.has(to)) continue;
          via.set(to, edge);
          this.#length.set(to, length);
        }
      }
    }
  }

  /** Checks whether the way to a package passes through a node. */
  leadsThrough(to: TreeNode, node: TreeNode): boolean {
    this.#spans ??= this.#findSpans();
    const [inner, outer] = [this.#spans.get(to), this.#spans.get(node)];
    return inner !== undefined && outer !== undefined && inner[0] >= outer[0] && inner[0] <= outer[1];
  }

  /** Numbers the packages so that the ways through a package lead to the numbers from its own to its last one. */
  #findSpans(): Map<TreeNode, [first: number, last: number]> {
    const spans = new Map<TreeNode, [number, number]>();
    const sizes = new Map<TreeNode, number>();
    const reached = [...this.#via];
    for (const [node, edge] of reached.reverse()) {
      const size = sizes.get(node) ?? 1;
      sizes.set(node, size);
      if (edge) sizes.set(edge.from, (sizes.get(edge.from) ?? 1) + size);
    }
    // The first number that the next package on a way through each package gets.
    const next = new Map<TreeNode, number>();
    for (const [node, edge] of reached.reverse()) {
      const size = sizes.get(node) as number;
      const first = edge ? (next.get(edge.from) as number) : 0;
      if (edge) next.set(edge.from, first + size);
      next.set(node, first + 1);
      spans.set(node, [first, first + size - 1]);
    }
    return spans;
  }

  pathsTo(node: TreeNode): WhyPath[] {
    const reached = node.edgesIn.filter(({ from }) => this.#via.has(from));
    const length = ({ from }: TreeEdge): number => this.#length.get(from) as number;
    return reached
      .sort((a, b) => length(a) - length(b))
      .slice(0, MAX_PATHS)
      .map((last) => {
        const edges: TreeEdge[] = [];
        for (let edge: TreeEdge | undefined = last; edge; edge = this.#via.get(edge.from)) edges.push(edge);
        return { edges: edges.reverse() };
      });
  }
}
