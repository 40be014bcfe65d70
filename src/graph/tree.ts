import { relativePath } from "../base/posix-path.ts";
import type { Edge } from "./edge.ts";
import type { EdgeSpec } from "./edge-spec.ts";
import type { Link } from "./link.ts";
import type { Node } from "./node.ts";

const NO_WORKSPACES: ReadonlyMap<string, EdgeSpec> = new Map();

/** What a node stands in: the tree being built, or a virtual root's small copy of a part of it. */
export abstract class NodeTree {
  abstract readonly root: Node;
  /** Set when anything in it ships other packages in its tarball; asking every node would be slow. */
  hasBundles = false;
  /** Only peers have a say in it, so other edges are made only for names that stand in it. */
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

/**
 * The tree being built, and the only code that changes who stands where.
 * Edges are re-pointed incrementally: when a node appears, only the edges that until now resolved past it (or to nothing)
 * can change; when one goes, only the edges into it.
 */
export class Tree extends NodeTree {
  declare readonly root: Node;
  readonly inventory: Map<string, Node> = new Map();
  /** While a lock is read, nodes are only put in their places: edges and links wait. */
  loading = false;
  /** What gives a new link its target's place: `folders.ts`, in trees that have links to folders. */
  placeTarget: ((tree: Tree, link: Link) => void) | null = null;
  /** Nodes that are not under `node_modules`, but for the root. */
  readonly tops: Set<Node> = new Set();
  /** Most names stand in one place only: then the node itself, else all of them in order. */
  readonly #byName = new Map<string, Node | Set<Node>>();
  readonly #missing = new Map<string, Set<Edge>>();

  constructor(root: Node, path: string, workspaces: Iterable<EdgeSpec>) {
    super(new Map([...workspaces].map((spec) => [spec.key, spec])));
    this.root = root;
    root.tree = this;
    root.ownPath = path;
    root.placed = true;
  }

  /** Lists the root and points its edges; to be called once the workspaces are known. */
  start(): void {
    this.#enlist(this.root);
    this.hasBundles = bundles(this.root);
    this.pointEdges(this.root);
  }

  named(name: string): readonly Node[] {
    const found = this.#byName.get(name);
    return found === undefined ? [] : found instanceof Set ? [...found] : [found];
  }
  at(path: string): Node | undefined {
    return this.inventory.get(relativePath(this.root.path, path));
  }

  /** Puts a node into a folder's `node_modules`; whatever stood there goes, with all below it. */
  attach(node: Node, into: Node): void {
    const parent = into.target;
    if (!parent.placed) {
      attachOutside(node, parent);
      return;
    }
    const old = parent.children.get(node.key);
    if (old && old !== node) this.detach(old);
    const passed = this.loading ? null : parent.resolve(node.key);
    node.parent = parent;
    node.fsParent = null;
    parent.setChild(node);
    this.relocate(node);
    if (this.loading) return;
    for (const edge of passed ? [...passed.edgesIn] : [...(this.#missing.get(node.key) ?? [])]) {
      if (edge.from.isDescendantOf(parent)) this.point(edge, node);
    }
    this.pointEdges(node);
    if (!node.isLink) return;
    this.placeTarget?.(this, node as Link);
    node.target.addLink(node);
  }

  /** Takes a node out with all below it, and points what resolved to any of them elsewhere. */
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
      this.#delist(one);
      one.placed = false;
      if (one.isLink) one.target.dropLink(one);
    }
    // Edges in before edges out, as npm: by the time a node's own edges let go, the rules they had may be gone with those in.
    for (const one of gone) {
      for (const edge of [...one.edgesIn]) if (edge.from.placed) this.point(edge, edge.from.resolve(edge.key));
      if (!one.hasEdges) continue;
      for (const edge of one.edges().values()) {
        // What was cut off still resolves within itself, as npm has it.
        if (!edge.to) this.unpoint(edge);
        else if (edge.to.placed) edge.point(one.resolve(edge.key));
      }
    }
  }

  /** `node` takes the place of `old` and keeps what stands below it (npm-tree §13.2). */
  replace(old: Node, node: Node): void {
    const parent = old.parent as Node;
    if (node.isLink) {
      this.detach(old);
      this.attach(node, parent);
      return;
    }
    if (old.isLink) this.detach(old.target);
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
    this.#delist(old);
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
  }

  point(edge: Edge, to: Node | null, hard = false): void {
    if (!edge.to && to) this.#missing.get(edge.key)?.delete(edge);
    edge.point(to, hard);
    if (!to) {
      const set = this.#missing.get(edge.key);
      if (set) set.add(edge);
      else this.#missing.set(edge.key, new Set([edge]));
    }
  }
  unpoint(edge: Edge): void {
    if (edge.to) edge.point(null);
    else this.#missing.get(edge.key)?.delete(edge);
  }
  /** Points all edges of a node at what they resolve to now. */
  pointEdges(node: Node): void {
    for (const edge of node.edges().values()) this.point(edge, node.resolve(edge.key));
  }

  /** The edges of a node made anew from its manifest (after `add`, `rm` or an inflated lock). */
  reload(node: Node): void {
    if (node.hasEdges) for (const edge of node.edges().values()) this.unpoint(edge);
    node.dropEdges();
    node.version = node.manifest.version ?? "";
    if (bundles(node)) this.hasBundles = true;
    this.pointEdges(node);
    for (const edge of node.edgesIn) edge.forget();
  }

  /** Location, depth and listing of a node and all below it. */
  relocate(node: Node): void {
    const { parent } = node;
    if (parent) {
      node.location = `${parent.location}${parent.location && "/"}node_modules/${node.name}`;
      node.depth = parent.depth + 1;
    } else {
      node.location = relativePath(this.root.path, node.ownPath);
      node.depth = 0;
    }
    node.tree = this;
    node.placed = true;
    if (bundles(node)) this.hasBundles = true;
    this.#enlist(node);
    for (const kid of node.children.values()) this.relocate(kid);
  }

  #enlist(node: Node): void {
    this.inventory.delete(node.location);
    this.inventory.set(node.location, node);
    const others = this.#byName.get(node.name);
    if (others instanceof Set) {
      others.delete(node);
      others.add(node);
    } else this.#byName.set(node.name, others && others !== node ? new Set([others, node]) : node);
  }
  #delist(node: Node): void {
    if (this.inventory.get(node.location) === node) this.inventory.delete(node.location);
    const others = this.#byName.get(node.name);
    if (others instanceof Set) others.delete(node);
    else if (others === node) this.#byName.delete(node.name);
    this.tops.delete(node);
  }
}

/**
 * A placement can prune the very folder it is about to put the rest of a peer set into. npm goes on placing into what it
 * has cut off, and so must this, for what it decides there; none of it is part of the tree.
 */
function attachOutside(node: Node, parent: Node): void {
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
  const list = node.manifest.bundleDependencies;
  return Array.isArray(list) && list.length > 0;
}

/** A node and all below it, parents first. */
export function subtree(node: Node): Node[] {
  const all = [node];
  for (let i = 0; i < all.length; i++) {
    const at = all[i] as Node;
    for (const kid of at.children.values()) all.push(kid);
    for (const kid of at.fsChildren) all.push(kid);
  }
  return all;
}
