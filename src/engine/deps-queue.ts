import { enOrder } from "../base/collate.ts";
import type { Node } from "../graph/node.ts";

/**
 * The nodes to visit, without duplicates: the shallowest first, then by path (npm-tree §8.1).
 *
 * npm sorts its list again after each push. This list is kept sorted, with the next node last. Both give the same order,
 * because nodes do not move while they wait.
 */
export class DepsQueue {
  readonly #waiting: Node[] = [];

  push(node: Node): void {
    const waiting = this.#waiting;
    let low = 0;
    let high = waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = waiting[middle] as Node;
      if (other === node) return;
      if (before(node, other)) low = middle + 1;
      else high = middle;
    }
    if (waiting[low] !== node) waiting.splice(low, 0, node);
  }

  pop(): Node | undefined {
    return this.#waiting.pop();
  }
}

/** Compares locations where npm compares paths. Both give the same order, except for folders outside the project. */
function before(a: Node, b: Node): boolean {
  if (a.depth !== b.depth) return a.depth < b.depth;
  const outside = a.location.startsWith("..") || b.location.startsWith("..");
  return (outside ? enOrder(a.path, b.path) : enOrder(a.location, b.location)) < 0;
}
