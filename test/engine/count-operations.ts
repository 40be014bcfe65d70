import { Edge } from "../../src/graph/edge.ts";
import { Node } from "../../src/graph/node.ts";

/** The operations on nodes and edges that every loop of the engine makes for each of them. */
const COUNTED: readonly [object, readonly string[]][] = [
  [Node.prototype, ["edges", "specs", "resolve", "isDescendantOf", "matches", "setChild", "addEdgeIn"]],
  [Edge.prototype, ["error", "point", "satisfiedBy", "parsed"]],
];

/**
 * Counts operations on nodes and edges while `work` runs: wraps methods and getters of the two classes, so that nothing is counted
 * outside of tests.
 */
export async function countOperations<T>(work: (count: () => number) => Promise<T>): Promise<T> {
  let operations = 0;
  const originals: [object, string, PropertyDescriptor][] = [];
  for (const [prototype, names] of COUNTED) {
    for (const name of names) {
      const original = Object.getOwnPropertyDescriptor(prototype, name);
      if (!original) continue;
      originals.push([prototype, name, original]);
      const { get, value } = original as { get?: () => unknown; value?: (...args: unknown[]) => unknown };
      const counted = get
        ? {
            get(this: unknown) {
              operations++;
              return get.call(this);
            },
          }
        : {
            value(this: unknown, ...args: unknown[]) {
              operations++;
              return value?.apply(this, args);
            },
          };
      Object.defineProperty(prototype, name, { ...original, ...counted });
    }
  }
  try {
    return await work(() => operations);
  } finally {
    for (const [prototype, name, original] of originals) Object.defineProperty(prototype, name, original);
  }
}
