import { dirname } from "../base/posix-path.ts";
import type { Link } from "./link.ts";
import type { Node } from "./node.ts";
import { subtree, type Tree } from "./tree.ts";

// What a tree needs only where folders of the project stand in it: workspaces, links' targets, entries of a lock.

/** Puts a folder that is not under `node_modules` at its path, or a package at a path that a lock gives. */
export function attachAt(tree: Tree, node: Node, path: string): void {
  tree.placeTarget = placeTarget;
  const standing = tree.at(path);
  if (standing && standing !== node) tree.detach(standing);
  node.ownPath = path;
  const above = nearestAbove(tree, path);
  if (above && path === `${above.path}/node_modules/${node.name}`) {
    tree.attach(node, above);
    return;
  }
  node.parent = null;
  node.fsParent = above;
  above?.addFolder(node);
  tree.settle(node);
  tree.tops.add(node);
  if (!tree.loading) tree.pointOut(node);
  adopt(tree, node);
}

/** A link's target stands once in a tree: the one that does already, else the link's own goes there. */
export function placeTarget(tree: Tree, link: Link): void {
  const { target } = link;
  const standing = tree.at(target.path);
  if (standing && !standing.isLink) {
    if (standing !== target) link.retarget(standing);
  } else if (target.tree !== tree || !target.placed) {
    const { path } = target;
    if (target.placed) target.tree.detach(target);
    // In a virtual root it had but a part of its edges.
    target.dropEdges();
    attachAt(tree, target, path);
  }
}

/** The nearest node whose folder contains the path. */
function nearestAbove(tree: Tree, path: string): Node | null {
  for (let folder = dirname(path); folder !== "/"; folder = dirname(folder)) {
    const node = tree.at(folder);
    if (node && !node.isLink) return node;
  }
  return null;
}

/** Folders below a new top that had a farther one above them are its own now. */
function adopt(tree: Tree, node: Node): void {
  const prefix = `${node.path}/`;
  for (const top of tree.tops) {
    if (top === node || !top.path.startsWith(prefix)) continue;
    if (top.fsParent?.path.startsWith(prefix)) continue;
    top.fsParent?.dropFolder(top);
    top.fsParent = node;
    node.addFolder(top);
    if (!tree.loading) for (const below of subtree(top)) tree.pointOut(below);
  }
}
