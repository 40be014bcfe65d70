import type { Edge } from "./edge.ts";
import { Node } from "./node.ts";
import { Tree } from "./tree.ts";

/**
 * A virtual root (npm-tree §9): a copy of a node in which a candidate and its peers are tried out before anything is placed.
 *
 * npm copies every edge of the node for every candidate. Most candidates have no peers and stand alone, so edges are made
 * here only when a second package joins ({@link enrich}), and the copy's own only for names that stand in it.
 */
export class VirtualTree extends Tree {
  #rich = false;
  readonly #folders: Node[] = [];

  constructor(source: Node) {
    const { world, name, manifest, overrides } = source;
    super(new Node({ world, name, manifest, overrides, source }), source.realpath);
  }

  get source(): Node {
    return this.root.source as Node;
  }

  /** The copy's edge of that name, whether or not anything stands there. */
  ownEdge(key: string): Edge | null {
    this.enrich();
    return this.root.edges().get(key) ?? null;
  }

  enrich(): void {
    if (this.#rich) return;
    this.#rich = true;
    for (const kid of this.source.children.values()) if (kid.isLink) this.#copyTarget(kid.target, kid.realpath);
    for (const node of this.#members()) this.pointOut(node);
  }

  /** Link targets below the folder see what stands in it, so they have a say in what may be replaced. */
  #copyTarget(target: Node, path: string): void {
    if (!path.startsWith(`${this.root.path}/`)) return;
    const { world, name, manifest } = target;
    const copy = new Node({ world, name, manifest, source: target });
    copy.ownPath = path;
    this.#addFolder(copy);
  }

  #addFolder(node: Node): void {
    node.fsParent = this.root;
    this.root.fsChildren.add(node);
    node.tree = this;
    node.placed = true;
    node.location = node.ownPath;
    this.#folders.push(node);
  }

  #members(): Node[] {
    return [this.root, ...this.root.children.values(), ...this.#folders];
  }

  override attach(node: Node): void {
    const { root } = this;
    if (root.children.size > 0 || root.hasEdges) this.enrich();
    const old = root.children.get(node.key);
    if (old === node) return;
    if (old) this.detach(old);
    node.tree = this;
    node.placed = true;
    node.parent = root;
    node.depth = 1;
    node.location = `node_modules/${node.name}`;
    root.children.set(node.key, node);
    if (node.isLink && !node.target.placed && node.target.path.startsWith(`${root.path}/`)) this.#addFolder(node.target);
    if (!this.#rich) return;
    for (const member of this.#members()) {
      const edge = member.edges().get(node.key);
      if (edge) this.point(edge, member.resolve(node.key));
    }
    this.pointOut(node);
    if (node.isLink && node.target.tree === this) this.pointOut(node.target);
  }

  override detach(node: Node): void {
    if (!node.placed) return;
    const { root } = this;
    node.placed = false;
    const folder = this.#folders.indexOf(node);
    if (folder >= 0) this.#folders.splice(folder, 1);
    node.fsParent?.fsChildren.delete(node);
    node.fsParent = null;
    if (root.children.get(node.key) === node) root.children.delete(node.key);
    node.parent = null;
    if (node.hasEdges) for (const edge of node.edges().values()) this.unpoint(edge);
    for (const edge of [...node.edgesIn]) this.point(edge, edge.from.resolve(edge.key));
  }
}
