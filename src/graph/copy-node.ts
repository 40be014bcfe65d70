import { Link } from "./link.ts";
import { Node } from "./node.ts";

/** Returns a new node of the same package that is in no tree. A link keeps its target. */
export function copyNode(node: Node): Node {
  const { specTable, name, manifest, resolved, integrity, overrides, hasShrinkwrap, marks } = node;
  const errors = node.errors.slice(0, 1);
  if (node.isLink) return new Link({ specTable, name, overrides, errors }, node.target);
  return new Node({ specTable, name, manifest, resolved, integrity, overrides, errors, hasShrinkwrap, marks });
}
