import { Edge } from "./edge.ts";
import { Node } from "./node.ts";
import { NodeTree } from "./tree.ts";

/**
 * A virtual root (npm-tree §9): a copy of a node in which a candidate and its peers are tried out before anything is placed.
 *
 * npm copies every edge of the node for every candidate. Most candidates have no peers and stand alone, so edges are made
 * here only when a second package joins ({@link enrich}), and the copy's own only for names that stand in it.
 */
export class VirtualTree extends NodeTree {
  declare readonly root: Node;
  override readonly partial: boolean = true;
  #rich = false;
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

  /** The copy's edge of that name, whether or not anything stands there. */
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

  addEdges(): void {
    if (this.#rich) return;
    this.#rich = true;
    for (const kid of this.source.children.values()) if (kid.isLink) this.#copyTarget(kid.target, kid.realpath);
    for (const key of this.root.children.keys()) this.ownEdge(key);
    for (const node of this.#members()) this.#pointEdges(node);
  }

  /** Link targets below the folder see what stands in it, so they have a say in what may be replaced. */
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

  /** All but the root itself, whose edges are made by name. */
  #members(): Node[] {
    return [...this.root.children.values(), ...this.#folders];
  }

  override attach(node: Node): void {
    const { root } = this;
    if (root.children.size > 0) this.addEdges();
    const old = root.children.get(node.key);
    if (old === node) return;
    if (old) this.detach(old);
    node.tree = this;
    node.placed = true;
    node.parent = root;
    node.depth = 1;
    node.location = `node_modules/${node.name}`;
    root.setChild(node);
    if (node.isLink && !node.target.placed && node.target.path.startsWith(`${root.path}/`))
      this.#addFolder(node.target);
    if (!this.#rich) return;
    this.ownEdge(node.key)?.point(node);
    for (const member of this.#members()) member.edge(node.key)?.point(node);
    this.#pointEdges(node);
    if (node.isLink && node.target.tree === this) this.#pointEdges(node.target);
  }

  /** Its peers, and whatever else it wants of what stands here. */
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
