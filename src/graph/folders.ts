import { fold } from "./fold.ts";
import type { Link } from "./link.ts";
import type { Node } from "./node.ts";
import { type FolderOperations, type ProjectTree, subtree } from "./tree.ts";

// Loaded on demand: for a tree with folders of the project in it: workspaces, targets of links, entries of a lock.

/** Puts a node at a path: a folder that is not under `node_modules`, or a package at the path that a lock gives. */
export function attachAt(tree: ProjectTree, node: Node, path: string): void {
  tree.folders = FOLDER_OPERATIONS;
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
  addTop(tree, node);
  takeFoldersBelow(tree, node);
  if (!tree.loading) for (const below of subtree(node)) tree.pointEdges(below);
}

/** Puts the target of a link into the tree. If a node is at that path already, the link gets that node as its target. */
function placeTarget(tree: ProjectTree, link: Link): void {
  const { target } = link;
  const present = tree.at(target.path);
  if (present && !present.isLink) {
    if (present !== target) link.retarget(present);
  } else if (target.tree !== tree || !target.placed) {
    const { path } = target;
    if (target.placed) target.tree.detach(target);
    // A virtual root made only some of its edges. A workspace that a link took out of the tree has all.
    if (target.tree !== tree) target.dropEdges();
    attachAt(tree, target, path);
  }
}

/**
 * The operations for links that lead into `node_modules`, where a package may take the place of their target.
 *
 * ```
 * root -> b;  b -> g "file:../e"     the link b/node_modules/g makes node_modules/e, an empty folder
 * b -> e@1                           e@1 is placed at node_modules/e: the folder goes, and the link leads to e@1
 * ```
 */
export const FOLDER_OPERATIONS: FolderOperations = {
  vacate(tree, node, parent) {
    const there = tree.inventory.get(`${parent.location}${parent.location && "/"}node_modules/${node.name}`);
    if (there && there !== node) tree.detach(there);
  },
  settle(tree, node) {
    if (node.isLink) {
      placeTarget(tree, node as Link);
      return;
    }
    if (takeFoldersBelow(tree, node)) tree.pointEdges(node);
    const { lost } = indexOf(tree);
    const links = lost.get(node.location);
    if (!links) return;
    lost.delete(node.location);
    for (const link of links) {
      if (!link.placed || link.target.placed) continue;
      link.retarget(node);
      for (const edge of [...link.edgesIn]) tree.point(edge, edge.to, true);
    }
  },
  leave(tree, node, top) {
    const { linksIn, location, target } = node;
    if (linksIn.size > 0) {
      const { lost } = indexOf(tree);
      lost.set(location, [...(lost.get(location) ?? []), ...(linksIn as ReadonlySet<Link>)]);
    }
    // As in npm, a link that leaves with a package above it takes its target along, even if others need that.
    if (!node.isLink || node === top || !target.placed || target === tree.root) return;
    tree.lostTarget = true;
    tree.detach(target);
  },
};

/** A folder on the way to a top node. `order` is the position of `top` in the tree's list. */
interface FolderIndex {
  below: Map<string, FolderIndex>;
  top: Node | null;
  order: number;
}

/** The top nodes of each tree by their paths, so that no search goes through all of them. */
const indexes = new WeakMap<ProjectTree, Folders>();

interface Folders {
  first: FolderIndex;
  count: number;
  /** Links whose target left the tree, by its location. */
  lost: Map<string, Link[]>;
}

function indexOf(tree: ProjectTree): Folders {
  let index = indexes.get(tree);
  if (!index) {
    index = { first: newFolder(), count: 0, lost: new Map() };
    indexes.set(tree, index);
  }
  return index;
}

function newFolder(): FolderIndex {
  return { below: new Map(), top: null, order: 0 };
}

function addTop(tree: ProjectTree, node: Node): void {
  const index = indexOf(tree);
  let at = index.first;
  for (const part of node.path.split("/")) {
    let next = at.below.get(part);
    if (!next) {
      next = newFolder();
      at.below.set(part, next);
    }
    at = next;
  }
  if (at.top !== node || !tree.tops.has(node)) at.order = index.count++;
  at.top = node;
  tree.tops.add(node);
}

/** Returns the nearest node whose folder contains the path. */
function nearestAbove(tree: ProjectTree, path: string): Node | null {
  const parts = path.split("/");
  let at: FolderIndex | undefined = indexOf(tree).first;
  const { root } = tree;
  const depth = root.path.split("/").length;
  let nearest = path.startsWith(`${root.path}/`) ? deepestChild(root, parts, depth) : null;
  for (let used = 1; at && used < parts.length; used++) {
    at = at.below.get(parts[used - 1] as string);
    if (!at?.top || !tree.tops.has(at.top) || at.top.isLink) continue;
    const found = deepestChild(at.top, parts, used);
    if (!nearest || found.used > nearest.used) nearest = found;
  }
  return nearest?.node ?? null;
}

/** Follows a path below a node, from package to package, and stops above its last part. `used` counts parts of the path. */
function deepestChild(from: Node, parts: readonly string[], start: number): { node: Node; used: number } {
  let [node, used] = [from, start];
  while (parts[used] === "node_modules") {
    const length = parts[used + 1]?.startsWith("@") ? 3 : 2;
    if (used + length >= parts.length) break;
    const name = parts.slice(used + 1, used + length).join("/");
    const child = node.children.get(fold(name));
    if (!child || child.name !== name || child.isLink) break;
    [node, used] = [child, used + length];
  }
  return { node, used };
}

/** Gives a new folder the folders below it that belonged to a folder further up. Returns true if there were any. */
function takeFoldersBelow(tree: ProjectTree, node: Node): boolean {
  let at: FolderIndex | undefined = indexOf(tree).first;
  for (const part of node.path.split("/")) at = at?.below.get(part);
  const found: FolderIndex[] = [];
  const open = [...(at?.below.values() ?? [])];
  for (const folder of open) {
    if (folder.top && tree.tops.has(folder.top)) found.push(folder);
    else for (const below of folder.below.values()) open.push(below);
  }
  found.sort((a, b) => a.order - b.order);
  const prefix = `${node.path}/`;
  for (const { top } of found) {
    if (!top || top.fsParent?.path.startsWith(prefix)) continue;
    top.fsParent?.dropFolder(top);
    if (top.path === `${prefix}node_modules/${top.name}`) {
      // Its package was not there, for example because the lock lacks it.
      tree.tops.delete(top);
      top.fsParent = null;
      top.parent = node;
      node.setChild(top);
      for (const below of subtree(top)) below.depth = below.parent ? below.parent.depth + 1 : 0;
    } else {
      top.fsParent = node;
      node.addFolder(top);
    }
    if (!tree.loading) for (const below of subtree(top)) tree.pointEdges(below);
  }
  return found.length > 0;
}
