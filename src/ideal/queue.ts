import { enOrder } from "../base/collate.ts";
import type { Node } from "../graph/node.ts";

/**
 * Nodes to look at, shallowest first, then by path (npm-tree §8.1): a binary heap without duplicates.
 * The order is read when a node is taken, so one that moved meanwhile is sorted by where it was pushed; npm re-sorts on
 * each push, and nodes do not move between folders.
 */
export class DepsQueue {
  readonly #heap: Node[] = [];
  readonly #waiting = new Set<Node>();

  get size(): number {
    return this.#heap.length;
  }

  push(node: Node): void {
    if (this.#waiting.has(node)) return;
    this.#waiting.add(node);
    const heap = this.#heap;
    let at = heap.push(node) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!before(node, heap[up] as Node)) break;
      heap[at] = heap[up] as Node;
      at = up;
    }
    heap[at] = node;
  }

  pop(): Node | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last) return undefined;
    this.#waiting.delete(first);
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let kid = 2 * at + 1;
      if (kid >= heap.length) break;
      if (kid + 1 < heap.length && before(heap[kid + 1] as Node, heap[kid] as Node)) kid++;
      if (!before(heap[kid] as Node, last)) break;
      heap[at] = heap[kid] as Node;
      at = kid;
    }
    heap[at] = last;
    return first;
  }
}

/** Locations stand for paths: all begin with the project's, except those of folders outside it. */
function before(a: Node, b: Node): boolean {
  if (a.depth !== b.depth) return a.depth < b.depth;
  const outside = a.location.startsWith("..") || b.location.startsWith("..");
  return (outside ? enOrder(a.path, b.path) : enOrder(a.location, b.location)) < 0;
}
