import { dirname } from "../base/posix-path.ts";
import type { Link } from "./link.ts";
import type { Node } from "./node.ts";
import { type ProjectTree, subtree } from "./tree.ts";

// Loaded on demand: for a tree with folders of the project in it: workspaces, targets of links, entries of a lock.

/** Puts a node at a path: a folder that is not under `node_modules`, or a package at the path that a lock gives. */
export function attachAt(tree: ProjectTree, node: Node, path: string): void {
  tree.placeTarget = placeTarget;
  const present = tree.at(path);
  if (present && present !== node) tree.detach(present);
  node.ownPath = path;
  const above = nearestAbove(tree, path);
  if (above && path === `${above.path}/node_modules/${node.name}`) {
    tree.attach(node, above);
    return;
  }
  node.parent = null;
  node.fsParent = above;
  above?.addFolder(node);
  tree.relocate(node);
  tree.tops.add(node);
  if (!tree.loading) tree.pointEdges(node);
  takeFoldersBelow(tree, node);
}

/** Puts the target of a link into the tree. If a node is at that path already, the link gets that node as its target. */
export function placeTarget(tree: ProjectTree, link: Link): void {
  const { target } = link;
  const present = tree.at(target.path);
  if (present && !present.isLink) {
    if (present !== target) link.retarget(present);
  } else if (target.tree !== tree || !target.placed) {
    const { path } = target;
    if (target.placed) target.tree.detach(target);
    // A virtual root made only some of its edges.
    target.dropEdges();
    attachAt(tree, target, path);
  }
}

/** Returns the nearest node whose folder contains the path. */
function nearestAbove(tree: ProjectTree, path: string): Node | null {
  for (let folder = dirname(path); folder !== "/"; folder = dirname(folder)) {
    const node = tree.at(folder);
    if (node && !node.isLink) return node;
  }
  return null;
}

/** Gives a new folder the folders below it that belonged to a folder further up. */
function takeFoldersBelow(tree: ProjectTree, node: Node): void {
  const prefix = `${node.path}/`;
  for (const top of tree.tops) {
    if (top === node || !top.path.startsWith(prefix)) continue;
    if (top.fsParent?.path.startsWith(prefix)) continue;
    top.fsParent?.dropFolder(top);
    top.fsParent = node;
    node.addFolder(top);
    if (!tree.loading) for (const below of subtree(top)) tree.pointEdges(below);
  }
}
