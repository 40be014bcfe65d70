import { enOrder } from "../base/collate.ts";
import type { Node } from "../graph/node.ts";

interface Waiting {
  readonly node: Node;
  /** The number of nodes that were pushed before this one. */
  readonly order: number;
}

/**
 * The nodes to visit, without duplicates: the shallowest first, then by path (npm-tree §8.1).
 *
 * npm sorts its list again after each push. This is a binary heap: each node is before the two at twice its position. Both give the
 * same order, because nodes do not move while they wait.
 */
export class DepsQueue {
  readonly #heap: Waiting[] = [];
  readonly #nodes = new Set<Node>();
  #pushed = 0;

  push(node: Node): void {
    if (this.#nodes.has(node)) return;
    this.#nodes.add(node);
    const heap = this.#heap;
    const pushed: Waiting = { node, order: this.#pushed++ };
    let at = heap.push(pushed) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up] as Waiting;
      if (!before(pushed, above)) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = pushed;
  }

  pop(): Node | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (!first || !last) return undefined;
    this.#nodes.delete(first.node);
    if (heap.length > 0) this.#sink(last);
    return first.node;
  }

  /** Puts a node that was last into the first position, then moves it down to where it belongs. */
  #sink(moved: Waiting): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      const right = heap[down + 1];
      if (right && before(right, heap[down] as Waiting)) down++;
      const below = heap[down];
      if (!below || !before(below, moved)) break;
      heap[at] = below;
      at = down;
    }
    heap[at] = moved;
  }
}

/** Compares locations where npm compares paths. Both give the same order, except for folders outside the project. */
function before({ node: a, order: one }: Waiting, { node: b, order: two }: Waiting): boolean {
  if (a.depth !== b.depth) return a.depth < b.depth;
  const outside = a.location.startsWith("..") || b.location.startsWith("..");
  const order = outside ? enOrder(a.path, b.path) : enOrder(a.location, b.location);
  return order < 0 || (order === 0 && one < two);
}
