import { Edge } from "./edge.ts";
import type { Link } from "./link.ts";
import { Node } from "./node.ts";
import { NodeTree } from "./tree.ts";

/**
 * A virtual root (npm-tree §9): a copy of a node, in which a candidate and its peers are tried before anything is placed.
 *
 * npm copies every edge of the node for every candidate. Most candidates have no peers and are alone in their virtual root, so
 * edges are made here only when a second package joins ({@link addEdges}). The root's own edges are made only for names in it.
 */
export class VirtualTree extends NodeTree {
  declare readonly root: Node;
  override readonly partial: boolean = true;
  #hasEdges = false;
  readonly #folders: Node[] = [];
  readonly #own = new Map<string, Edge | null>();

  constructor(source: Node) {
    super();
    const { specTable, name, manifest, overrides } = source;
    this.root = new Node({ specTable, name, manifest, overrides, source });
    this.root.tree = this;
    this.root.ownPath = source.realpath;
    this.root.placed = true;
  }

  get source(): Node {
    return this.root.source as Node;
  }

  /** Returns the root's own edge of a name, whether or not a package of that name is in the tree. */
  ownEdge(key: string): Edge | null {
    let edge = this.#own.get(key);
    if (edge === undefined) {
      const spec = this.root.specs().get(key);
      edge = spec ? new Edge(this.root, spec) : null;
      this.#own.set(key, edge);
      edge?.point(this.root.children.get(key) ?? null);
    }
    return edge;
  }

  /** Makes the edges of the packages in the tree, and copies the targets of links. Does nothing the second time. */
  addEdges(): void {
    if (this.#hasEdges) return;
    this.#hasEdges = true;
    if (this.source.tree.hasLinks) this.#copyTargets();
    for (const key of this.root.children.keys()) this.ownEdge(key);
    for (const node of this.#members()) this.#pointEdges(node);
  }

  #copyTargets(): void {
    for (const kid of this.source.children.values()) if (kid.isLink) this.#copyTarget(kid.target, kid.realpath);
  }

  /** Copies a link's target, if it is below the root's folder. Such a target uses the root's packages, so it must accept a replacement. */
  #copyTarget(target: Node, path: string): void {
    if (!path.startsWith(`${this.root.path}/`)) return;
    const { specTable, name, manifest } = target;
    const copy = new Node({ specTable, name, manifest, source: target });
    copy.ownPath = path;
    this.#addFolder(copy);
  }

  #addFolder(node: Node): void {
    node.fsParent = this.root;
    this.root.addFolder(node);
    node.tree = this;
    node.placed = true;
    node.location = node.ownPath;
    this.#folders.push(node);
  }

  /** Returns all nodes except the root. */
  #members(): Node[] {
    return [...this.root.children.values(), ...this.#folders];
  }

  override attach(node: Node): void {
    const { root } = this;
    if (node.isLink && node.realpath === `${root.path}/node_modules/${node.name}`) {
      // A peer `file:../name` leads to its own place: as in npm, the folder takes the place, and is no link that satisfies the peer.
      const { specTable, name, manifest } = node;
      this.attach(new Node({ specTable, name, manifest }));
      return;
    }
    if (root.children.size > 0) this.addEdges();
    const old = root.children.get(node.key);
    if (old === node) return;
    if (old) this.detach(old);
    if (node.placed) this.#takeOver(node as Link);
    node.tree = this;
    node.placed = true;
    node.parent = root;
    node.depth = 1;
    node.location = `node_modules/${node.name}`;
    root.setChild(node);
    if (node.isLink && !node.target.placed && node.target.path.startsWith(`${root.path}/`))
      this.#addFolder(node.target);
    if (!this.#hasEdges) return;
    this.ownEdge(node.key)?.point(node);
    for (const member of this.#members()) member.edge(node.key)?.point(node);
    this.#pointEdges(node);
    if (node.isLink && node.target.tree === this) this.#pointEdges(node.target);
  }

  /** Takes a workspace's link out of the project's tree, and the workspace, unless this tree has a copy. Placing the link brings both back. */
  #takeOver(link: Link): void {
    const { tree, target } = link;
    const copy = [this.root, ...this.#folders].find(({ path }) => path === target.path);
    tree.detach(link);
    if (copy) link.retarget(copy);
    else if (target.placed && target !== tree.root) {
      tree.detach(target);
      tree.lostTarget = true;
    }
  }

  /** Points the peer edges of a node, and its edges to packages that are in the tree. */
  #pointEdges(node: Node): void {
    for (const key of this.root.children.keys()) node.edge(key);
    for (const edge of node.edges().values()) edge.point(node.resolve(edge.key));
  }

  override detach(node: Node): void {
    if (!node.placed) return;
    const { root } = this;
    node.placed = false;
    const folder = this.#folders.indexOf(node);
    if (folder >= 0) this.#folders.splice(folder, 1);
    node.fsParent?.dropFolder(node);
    node.fsParent = null;
    root.dropChild(node);
    node.parent = null;
    if (node.hasEdges) for (const edge of node.edges().values()) edge.point(null);
    for (const edge of [...node.edgesIn]) edge.point(edge.from.resolve(edge.key));
  }
}
