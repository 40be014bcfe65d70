import { enOrder } from "../base/collate.ts";
import type { Node } from "../graph/node.ts";

/**
 * Nodes to look at, shallowest first, then by path (npm-tree §8.1), without duplicates. A sorted list, last first: it is
 * short, and most of what is pushed is taken soon. The order is read when a node is pushed; nodes do not move while they wait.
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

/** Locations stand for paths: all begin with the project's, except those of folders outside it. */
function before(a: Node, b: Node): boolean {
  if (a.depth !== b.depth) return a.depth < b.depth;
  const outside = a.location.startsWith("..") || b.location.startsWith("..");
  return (outside ? enOrder(a.path, b.path) : enOrder(a.location, b.location)) < 0;
}
