import type { Tree, TreeEdge, TreeNode, WhyAnswer, WhyPath } from "../api.ts";
import { enOrder } from "../base/collate.ts";
import type { Edge } from "../graph/edge.ts";
import type { Node } from "../graph/node.ts";
import type { Manifest } from "../registry/manifest.ts";

const nodes = new WeakMap<Node, NodeView>();
const edges = new WeakMap<Edge, TreeEdge>();
const engines = new WeakMap<TreeNode, Node>();

/** A node as the public API shows it. Views are made when asked for, one for each node. */
export function viewNode(node: Node): TreeNode {
  let view = nodes.get(node);
  if (!view) {
    view = new NodeView(node);
    nodes.set(node, view);
    engines.set(view, node);
  }
  return view;
}

function viewEdge(edge: Edge): TreeEdge {
  let view = edges.get(edge);
  if (!view) {
    const { from, name, effective: spec, rawSpec, to, error } = edge;
    view = {
      from: viewNode(from),
      name,
      spec,
      rawSpec,
      type: edge.spec.type,
      to: to && viewNode(to),
      error,
      valid: !error,
      overridden: spec !== rawSpec,
    };
    edges.set(edge, view);
  }
  return view;
}

class NodeView implements TreeNode {
  declare readonly name: string;
  declare readonly version: string;
  declare readonly location: string;
  declare readonly manifest: Readonly<Manifest>;
  declare readonly isLink: boolean;
  declare readonly resolved: string | null;
  declare readonly integrity: string | null;
  declare readonly dev: boolean;
  declare readonly optional: boolean;
  declare readonly devOptional: boolean;
  declare readonly peer: boolean;
  declare readonly extraneous: boolean;
  declare readonly inert: boolean;
  readonly #node: Node;
  #children: readonly TreeNode[] | undefined;
  #edgesOut: readonly TreeEdge[] | undefined;
  #edgesIn: readonly TreeEdge[] | undefined;

  // The tree stands still by now, so that a node is read once.
  constructor(node: Node) {
    this.#node = node;
    this.name = node.name;
    this.version = node.version;
    this.location = node.location;
    this.manifest = node.manifest;
    this.isLink = node.isLink;
    this.resolved = node.resolved;
    this.integrity = node.integrity;
    this.dev = node.dev;
    this.optional = node.optional;
    this.devOptional = node.devOptional;
    this.peer = node.peer;
    this.extraneous = node.extraneous;
    this.inert = node.inert;
  }
  get packageName(): string {
    return this.#node.packageName ?? this.#node.name;
  }
  get parent(): TreeNode | null {
    const { parent } = this.#node;
    return parent && viewNode(parent);
  }
  get children(): readonly TreeNode[] {
    this.#children ??= [...this.#node.children.values()].sort((a, b) => enOrder(a.name, b.name)).map(viewNode);
    return this.#children;
  }
  get edgesOut(): readonly TreeEdge[] {
    this.#edgesOut ??= [...this.#node.edges().values()].map(viewEdge);
    return this.#edgesOut;
  }
  get edgesIn(): readonly TreeEdge[] {
    this.#edgesIn ??= [...this.#node.edgesIn].map(viewEdge);
    return this.#edgesIn;
  }
  get target(): TreeNode | null {
    return this.isLink ? viewNode(this.#node.target) : null;
  }
  get inBundle(): boolean {
    return this.#node.bundler() !== null;
  }
}

export function viewTree(root: Node, inventory: ReadonlyMap<string, Node>): Tree {
  let list: readonly TreeNode[] | null = null;
  return {
    root: viewNode(root),
    get nodes() {
      list ??= [...inventory.values()]
        .filter((node) => node !== root)
        .sort((a, b) => enOrder(a.location, b.location))
        .map(viewNode);
      return list;
    },
    get: (location) => {
      const node = inventory.get(location);
      return node && viewNode(node);
    },
  };
}

/** How many chains to each dependent `why` follows: a hub has thousands, and a reader reads a few. */
const MAX_PATHS = 20;

/** Every package of that name with the shortest chains that lead to it, one for each dependent that wants it. */
export function why(name: string, nodes: readonly TreeNode[]): WhyAnswer[] {
  const found = nodes.filter((node) => node.name === name || node.packageName === name || node.location === name);
  return found.map((node) => ({ node, paths: pathsTo(node) }));
}

function pathsTo(node: TreeNode): WhyPath[] {
  const paths: WhyPath[] = [];
  for (const edge of node.edgesIn) {
    if (paths.length >= MAX_PATHS) break;
    const path = shortest(edge);
    if (path) paths.push({ edges: path });
  }
  return paths.sort((a, b) => a.edges.length - b.edges.length);
}

/** The shortest chain from the project that ends with this edge. */
function shortest(last: TreeEdge): TreeEdge[] | null {
  const via = new Map<TreeNode, TreeEdge>([[last.from, last]]);
  for (const node of via.keys()) {
    if (node.location === "") return chainFrom(node, via, last);
    for (const edge of dependents(node)) if (!via.has(edge.from) && edge.from !== last.to) via.set(edge.from, edge);
  }
  return null;
}

/** A link's target is wanted by whoever wants the link. */
function dependents(node: TreeNode): readonly TreeEdge[] {
  if (node.edgesIn.length > 0 || node.parent) return node.edgesIn;
  return [...(engines.get(node)?.linksIn ?? [])].flatMap((link) => [...link.edgesIn].map(viewEdge));
}

function chainFrom(root: TreeNode, via: ReadonlyMap<TreeNode, TreeEdge>, last: TreeEdge): TreeEdge[] {
  const chain: TreeEdge[] = [];
  for (let node: TreeNode = root; ; ) {
    const edge = via.get(node) as TreeEdge;
    chain.push(edge);
    if (edge === last) return chain;
    node = (edge.to?.target ?? edge.to) as TreeNode;
  }
}
