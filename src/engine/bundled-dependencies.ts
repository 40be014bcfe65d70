import { raise } from "../errors/failure.ts";
import type { Node } from "../graph/node.ts";
import { bundledNames } from "../spec/bundled-names.ts";
import type { Context } from "./context.ts";
import { needTarball, type Steps, withPauses } from "./need.ts";

/**
 * Checks whether a package brings its own dependencies in its tarball: bundled dependencies, or a shrinkwrap (npm-tree §21).
 *
 * The rule in the order of a build:
 * 1. Before the edges of such a package are examined, its tarball is opened: {@link openBundle}.
 * 2. The packages in it, or those that its shrinkwrap lists, go below it and stay there: `place-bundle.ts`.
 * 3. Its edges to bundled names are never problem edges: `#problemEdges` in `ideal/build-ideal-tree.ts`.
 * 4. The other dependencies of these packages are resolved as usual. `Node.bundler` returns the package whose tarball contains a node.
 */
export function hasBundle(node: Node): boolean {
  const brings = node.hasShrinkwrap || bundledNames(node.manifest).length > 0;
  return brings && Boolean(node.resolved) && !node.inert && !node.isLink;
}

/** Opens the tarball of a package and puts its bundled dependencies, or those of its shrinkwrap, below it. */
export function* openBundle(node: Node, context: Context): Steps<void> {
  const opened = yield* needTarball(node.resolved as string, node.name, node.integrity);
  if (opened.ok) yield* withPauses(opened.value.place(node, context));
  else raise({ ...opened.failure, requiredBy: [...node.edgesIn].map((edge) => edge.from.location) });
}
