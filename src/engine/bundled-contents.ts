import type { Node } from "../graph/node.ts";
import { type Context, raise } from "./context.ts";
import { needTarball, type Steps } from "./need.ts";

/** Whether a package ships others in its tarball, or says in a shrinkwrap what it wants (npm-tree §21). */
export function holdsMore(node: Node): boolean {
  const list = node.manifest.bundleDependencies;
  return (
    (node.hasShrinkwrap || (Array.isArray(list) && list.length > 0)) &&
    Boolean(node.resolved) &&
    !node.inert &&
    !node.isLink
  );
}

/** Opens the tarball of such a package, and puts what is in it below it. */
export function* openPackage(node: Node, context: Context): Steps<void> {
  const opened = yield* needTarball(node.resolved as string, node.name, node.integrity);
  if (opened.ok) opened.value.place(node, context);
  else raise({ ...opened.failure, requiredBy: [...node.edgesIn].map((edge) => edge.from.location) });
}
