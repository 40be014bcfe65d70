import { relativePath } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { bundledNames } from "../spec/bundled-names.ts";
import type { Edge } from "./edge.ts";
import type { EdgeSpec } from "./edge-spec.ts";
import { type Node, versionOf } from "./node.ts";

const NO_WORKSPACES: ReadonlyMap<string, EdgeSpec> = new Map();

const NO_PASSING: ReadonlySet<Edge> = new Set();

/** Packages within packages. Real trees have a dozen levels; most systems cannot store paths of more than 300. */
const MAX_TREE_DEPTH = 1_000;

function tooDeep(name: string): InstallError {
  const message = `The tree nests more than ${MAX_TREE_DEPTH} packages within each other, at "${name}". Require fewer versions of it, for example by an override.`;
  return new InstallError(overLimit(message, { package: name }));
}

/** A tree of nodes: the tree that is built, or a virtual root. */
export abstract class NodeTree {
  abstract readonly root: Node;
  /** True if a package of the tree has bundled dependencies. Saves checking every node. */
  hasBundles = false;
  /** True if a link was put into the tree. */
  hasLinks = false;
  /** True if a package left the tree because a link to it left. */
  lostTarget = false;
  /** True for a virtual root, in which edges are made only for peers and for names that are in the tree. */
  readonly partial: boolean = false;
  declare readonly workspaceSpecs: ReadonlyMap<string, EdgeSpec>;

  constructor(workspaces: ReadonlyMap<string, EdgeSpec> = NO_WORKSPACES) {
    this.workspaceSpecs = workspaces;
  }
  get hasWorkspaces(): boolean {
    return this.workspaceSpecs.size > 0;
  }
  abstract attach(node: Node, into: Node): void;
  abstract detach(node: Node): void;
}

/** Operations of a tree that has links, or folders that are not under `node_modules`. */
export interface FolderOperations {
  /** Removes a folder that stands where a package goes. Call it before the package is put there. */
  vacate(tree: ProjectTree, node: Node, parent: Node): void;
  /** Gives a new package the folders below it, and the links that lead to its path. Puts the target of a new link into the tree. */
  settle(tree: ProjectTree, node: Node): void;
  /** Remembers the links to a node that left the tree, alone or with `top`: they lead to the next node at its path. */
  leave(tree: ProjectTree, node: Node, top: Node): void;
}

/**
 * The tree that is built. Only this class moves nodes in it (npm-tree §13.1, §13.2).
 *
 * Each operation keeps every edge pointed at the node that its name resolves to:
 *
 * 1. {@link attach}: a new node takes over the edges of its name that resolved past it, or to nothing. They are the edges
 *    into the node of that name further up, or the missing edges of that name. Then its own edges are pointed.
 * 2. {@link detach}: the edges into a removed node, or into one below it, resolve again. The removed node's own edges lead to nothing.
 * 3. {@link replace}: as 2 and 1, but the new node keeps the children of the old one.
 *
 * ```
 * attach c@2 below a:     root -> c@1;  a -> b -> c        b's edge led to c@1 at the root, past a's folder; now it leads to c@2
 * ```
 *
 * A detached node has `placed` false and is not in the inventory, but stays usable: npm continues to place packages into a part
 * that a placement has cut off (§11.10).
 */
export class ProjectTree extends NodeTree {
  declare readonly root: Node;
  readonly inventory: Map<string, Node> = new Map();
  /** True while a lock is loaded: nodes are placed, but edges are not pointed yet. */
  loading = false;
  /** Set in trees with links and folders: `folders.ts`. */
  folders: FolderOperations | null = null;
  /** The nodes that are not under `node_modules`, except the root. */
  readonly tops: Set<Node> = new Set();
  /** Nodes by name, in order. The value is the node itself, not a set, for the many names with one node. */
  readonly #byName = new Map<string, Node | Set<Node>>();
  /** Edges that lead to nothing, by key. */
  readonly #missing = new Map<string, Set<Edge>>();
  #order = 0;

  constructor(root: Node, path: string, workspaces: Iterable<EdgeSpec>) {
    super(new Map([...workspaces].map((spec) => [spec.key, spec])));
    this.root = root;
    root.tree = this;
    root.ownPath = path;
    root.placed = true;
  }

  /** Registers the root and points its edges. Call it once, before anything else is placed. */
  start(): void {
    this.#register(this.root);
    this.hasBundles = bundles(this.root);
    this.pointEdges(this.root);
  }

  /** Returns the nodes of a name at or below a folder, and maybe others, in the order in which they were placed. */
  namedBelow(name: string, folder: Node): readonly Node[] {
    const found = this.#byName.get(name);
    if (found === undefined) return [];
    return found instanceof Set ? partBelow(found, folder, (node) => (node.name === name ? node : undefined)) : [found];
  }
  /** Returns the node at an absolute path. */
  at(path: string): Node | undefined {
    return this.inventory.get(relativePath(this.root.path, path));
  }

  /** Puts a node into the `node_modules` of `into`. A node of that name there is detached, with all below it. */
  attach(node: Node, into: Node): void {
    const parent = into.target;
    if (!parent.placed) {
      attachToCutOff(node, parent);
      return;
    }
    const old = parent.children.get(node.key);
    if (old && old !== node) this.detach(old);
    this.folders?.vacate(this, node, parent);
    const passed = this.loading ? null : parent.resolve(node.key);
    node.parent = parent;
    node.fsParent = null;
    parent.setChild(node);
    this.relocate(node);
    if (this.loading) return;
    const passing = passed ? passed.edgesIn : (this.#missing.get(node.key) ?? NO_PASSING);
    for (const edge of partBelow(passing, parent, (one) => (one.hasEdges ? one.edges().get(node.key) : undefined))) {
      if (edge.from.isDescendantOf(parent)) this.point(edge, node);
    }
    this.pointEdges(node);
    this.folders?.settle(this, node);
    if (node.isLink) node.target.addLink(node);
  }

  /** Removes a node with all below it. Edges from the rest of the tree into the removed nodes resolve again. */
  detach(node: Node): void {
    const gone = subtree(node);
    node.parent?.dropChild(node);
    node.fsParent?.dropFolder(node);
    node.parent = null;
    node.fsParent = null;
    if (!node.placed) {
      for (const one of gone) {
        for (const edge of [...one.edgesIn]) if (!edge.from.placed) edge.point(edge.from.resolve(edge.key));
        if (one.hasEdges) for (const edge of one.edges().values()) edge.point(one.resolve(edge.key));
      }
      return;
    }
    for (const one of gone) {
      this.#unregister(one);
      one.placed = false;
      if (one.isLink) one.target.dropLink(one);
    }
    // As in npm, the edges into a node change before its own edges, which may have lost their override rules by then.
    for (const one of gone) {
      for (const edge of [...one.edgesIn]) if (edge.from.placed) this.point(edge, edge.from.resolve(edge.key));
      if (!one.hasEdges) continue;
      for (const edge of one.edges().values()) {
        // As in npm, the part that was cut off still resolves within itself.
        if (!edge.to) this.unpoint(edge);
        else if (edge.to.placed) edge.point(one.resolve(edge.key));
      }
    }
    if (this.folders) for (const one of gone) this.folders.leave(this, one, node);
  }

  /** Puts `node` in the place of `old`. It keeps the nodes below `old`, unless it is a link (npm-tree §13.2). */
  replace(old: Node, node: Node): void {
    const parent = old.parent as Node;
    if (node.isLink) {
      this.detach(old);
      this.attach(node, parent);
      return;
    }
    // The target may be above the link: then the part with `parent` is cut off.
    if (old.isLink) this.detach(old.target);
    if (!parent.placed) {
      for (const kid of old.children.values()) {
        kid.parent = node;
        node.setChild(kid);
      }
      old.dropChildren();
      this.detach(old);
      attachToCutOff(node, parent);
      return;
    }
    for (const top of [...old.fsChildren]) {
      if ([...top.linksIn].some((link) => link.isDescendantOf(old))) {
        old.dropFolder(top);
        top.fsParent = node;
        node.addFolder(top);
      } else this.detach(top);
    }
    parent.dropChild(old);
    parent.setChild(node);
    node.parent = parent;
    this.#unregister(old);
    old.placed = false;
    old.parent = null;
    for (const kid of old.children.values()) {
      kid.parent = node;
      node.setChild(kid);
    }
    old.dropChildren();
    this.relocate(node);
    for (const edge of [...old.edgesIn]) this.point(edge, edge.from.resolve(edge.key));
    if (old.hasEdges) for (const edge of old.edges().values()) this.unpoint(edge);
    this.pointEdges(node);
    this.folders?.leave(this, old, old);
    this.folders?.settle(this, node);
  }

  /** Points an edge at a node, or at nothing. With `hard`, its validity is computed again in any case. */
  point(edge: Edge, to: Node | null, hard = false): void {
    if (!edge.to && to) this.#missing.get(edge.key)?.delete(edge);
    edge.point(to, hard);
    if (to) return;
    let set = this.#missing.get(edge.key);
    if (!set) {
      set = new Set();
      this.#missing.set(edge.key, set);
    }
    if (set.has(edge)) return;
    edge.order = this.#order++;
    set.add(edge);
  }
  /** Points an edge at nothing, because its dependent leaves the tree. It is not a missing edge. */
  unpoint(edge: Edge): void {
    if (edge.to) edge.point(null);
    else this.#missing.get(edge.key)?.delete(edge);
  }
  /** Points all edges of a node at the nodes that they resolve to now. */
  pointEdges(node: Node): void {
    for (const edge of node.edges().values()) this.point(edge, node.resolve(edge.key));
  }

  /** Makes the edges of a node again, after its manifest has changed. */
  reload(node: Node): void {
    if (node.hasEdges) for (const edge of node.edges().values()) this.unpoint(edge);
    node.dropEdges();
    node.version = versionOf(node.manifest);
    if (bundles(node)) this.hasBundles = true;
    this.pointEdges(node);
    for (const edge of node.edgesIn) edge.forget();
  }

  /** Computes the location and depth of a node and all below it, and registers them. */
  relocate(node: Node): void {
    const { parent } = node;
    if (parent) {
      node.location = `${parent.location}${parent.location && "/"}node_modules/${node.name}`;
      node.depth = parent.depth + 1;
      if (node.depth > MAX_TREE_DEPTH) throw tooDeep(node.name);
    } else {
      node.location = relativePath(this.root.path, node.ownPath);
      node.depth = 0;
    }
    node.tree = this;
    node.placed = true;
    if (bundles(node)) this.hasBundles = true;
    if (node.isLink) this.hasLinks = true;
    this.#register(node);
    for (const kid of node.children.values()) this.relocate(kid);
  }

  #register(node: Node): void {
    node.order = this.#order++;
    this.inventory.delete(node.location);
    this.inventory.set(node.location, node);
    const others = this.#byName.get(node.name);
    if (others instanceof Set) {
      others.delete(node);
      others.add(node);
    } else this.#byName.set(node.name, others && others !== node ? new Set([others, node]) : node);
  }
  #unregister(node: Node): void {
    if (this.inventory.get(node.location) === node) this.inventory.delete(node.location);
    const others = this.#byName.get(node.name);
    if (others instanceof Set) others.delete(node);
    else if (others === node) this.#byName.delete(node.name);
    this.tops.delete(node);
  }
}

/**
 * Puts a node into a part of the tree that was cut off (npm-tree §11.10). A placement can remove the folder into which the rest
 * of its peer set goes. npm continues in the removed folder. Its nodes are not part of the tree, but they decide warnings and failures.
 */
function attachToCutOff(node: Node, parent: Node): void {
  node.tree = parent.tree;
  node.parent = parent;
  parent.setChild(node);
  for (const edge of node.edges().values()) edge.point(node.resolve(edge.key));
  for (const one of subtree(parent)) {
    const edge = one.hasEdges ? one.edges().get(node.key) : undefined;
    if (edge) edge.point(one.resolve(node.key));
  }
}

function bundles(node: Node): boolean {
  return bundledNames(node.manifest).length > 0;
}

/** A set with more items is not searched whole for every package that is placed deep in the tree. */
const FEW = 16;

/**
 * Returns the items of a set that belong to nodes at or below a folder, and maybe others, in the set's order. Searches the folder if
 * it holds less than the set. `itemOf` returns a node's item.
 */
function partBelow<T extends { order: number }>(
  set: ReadonlySet<T>,
  folder: Node,
  itemOf: (node: Node) => T | undefined,
): readonly T[] {
  if (set.size <= FEW) return [...set];
  const nodes = subtree(folder, set.size);
  folder.specTable.budget.visit(nodes.length);
  if (nodes.length > set.size) return [...set];
  const items: T[] = [];
  for (const node of nodes) {
    const item = itemOf(node);
    if (item && set.has(item)) items.push(item);
  }
  return items.sort((a, b) => a.order - b.order);
}

/** Returns a node and all nodes below it, parents first. Stops soon after `most` nodes. */
export function subtree(node: Node, most: number = Number.POSITIVE_INFINITY): Node[] {
  const all = [node];
  for (let i = 0; i < all.length && all.length <= most; i++) {
    const at = all[i] as Node;
    for (const kid of at.children.values()) all.push(kid);
    for (const kid of at.fsChildren) all.push(kid);
  }
  return all;
}
