import type { Failure } from "../api/failure.ts";
import type { LockMarks } from "../api/lock-marks.ts";
import type { Manifest } from "../api/manifest.ts";
import { bundlerOf, mayBeBundled } from "./bundled.ts";
import { Edge } from "./edge.ts";
import { type EdgeSpecs, edgeSpecs } from "./edge-spec.ts";
import { fold } from "./fold.ts";
import type { OverrideSet } from "./overrides.ts";
import type { SpecTable } from "./spec-table.ts";
import type { NodeTree } from "./tree.ts";

/** Returns the version of a manifest. Empty if it has none, or one that is no text. */
export function versionOf({ version }: Manifest): string {
  return typeof version === "string" ? version : "";
}

export interface NodeInit {
  name: string;
  manifest: Manifest;
  specTable: SpecTable;
  resolved?: string | null;
  integrity?: string | null;
  errors?: readonly Failure[];
  overrides?: OverrideSet | null;
  source?: Node | null;
  hasShrinkwrap?: boolean;
  marks?: LockMarks | null;
}

const NO_EDGES: ReadonlyMap<string, Edge> = new Map();
// Nodes without children, links or dependents share these empty collections: most have no children and no links.
const NO_CHILDREN: ReadonlyMap<string, Node> = new Map();
const NO_ERRORS: readonly Failure[] = [];
const NO_NODES: ReadonlySet<Node> = new Set();
const NO_DEPENDENTS: ReadonlySet<Edge> = new Set();

/**
 * A package at a location of the tree or of a virtual root (npm-tree §4). Children and edges have folded names as keys and keep
 * their order. Only `tree.ts` and `virtual-tree.ts` move nodes.
 */
export class Node {
  declare readonly specTable: SpecTable;
  declare readonly name: string;
  declare readonly key: string;
  declare manifest: Manifest;
  declare version: string;
  /** Undefined until the node is put into a tree. */
  tree!: NodeTree;
  /** True if the node is part of `tree`. A detached node keeps its old `tree`. */
  placed = false;
  parent: Node | null = null;
  fsParent: Node | null = null;
  location = "";
  depth = 0;
  /** Nodes of one name have increasing numbers, in the order in which they were placed. */
  order = 0;
  #children: Map<string, Node> | null = null;
  #fsChildren: Set<Node> | null = null;
  #edgesIn: Set<Edge> | null = null;
  #linksIn: Set<Node> | null = null;
  declare resolved: string | null;
  declare integrity: string | null;
  declare hasShrinkwrap: boolean;
  declare overrides: OverrideSet | null;
  /** What a lock of version 4 says of the package besides its manifest. */
  declare marks: LockMarks | null;
  declare errors: readonly Failure[];
  /** The node that this one copies. Set on a virtual root, and on the link targets in it. */
  declare readonly source: Node | null;
  readonly isLink: boolean = false;
  dev = true;
  optional = true;
  devOptional = true;
  peer = true;
  extraneous = true;
  inert = false;
  /** The absolute folder of a top node. The folders of other nodes follow from it. */
  ownPath = "";
  #edges: Map<string, Edge> | null = null;
  #specs: EdgeSpecs | null = null;
  #specsDev = false;

  constructor(init: NodeInit) {
    this.specTable = init.specTable;
    this.name = init.name;
    this.key = fold(init.name);
    this.manifest = init.manifest;
    this.version = versionOf(init.manifest);
    this.resolved = init.resolved ?? null;
    this.integrity = init.integrity ?? null;
    this.errors = init.errors ?? NO_ERRORS;
    this.overrides = init.overrides ?? null;
    this.marks = init.marks ?? null;
    this.source = init.source ?? null;
    this.hasShrinkwrap =
      init.specTable.rules.readsShrinkwraps && (init.hasShrinkwrap ?? Boolean(init.manifest._hasShrinkwrap));
  }

  get children(): ReadonlyMap<string, Node> {
    return this.#children ?? NO_CHILDREN;
  }
  /** The nearest folders of the project below this one that are not under its `node_modules`. */
  get fsChildren(): ReadonlySet<Node> {
    return this.#fsChildren ?? NO_NODES;
  }
  get edgesIn(): ReadonlySet<Edge> {
    return this.#edgesIn ?? NO_DEPENDENTS;
  }
  get linksIn(): ReadonlySet<Node> {
    return this.#linksIn ?? NO_NODES;
  }
  // Only trees call the following methods, because a tree keeps both ends of a relation consistent.
  setChild(node: Node): void {
    this.#children ??= new Map();
    this.#children.set(node.key, node);
    this.specTable.changes++;
  }
  dropChild(node: Node): void {
    this.specTable.changes++;
    if (this.#children?.get(node.key) === node) this.#children.delete(node.key);
  }
  dropChildren(): void {
    this.#children = null;
  }
  addFolder(node: Node): void {
    this.#fsChildren ??= new Set();
    this.#fsChildren.add(node);
  }
  dropFolder(node: Node): void {
    this.#fsChildren?.delete(node);
  }
  addLink(link: Node): void {
    this.#linksIn ??= new Set();
    this.#linksIn.add(link);
  }
  dropLink(link: Node): void {
    this.#linksIn?.delete(link);
  }

  get packageName(): string | null {
    const { name } = this.manifest;
    return typeof name === "string" && name ? name : null;
  }
  get resolveParent(): Node | null {
    return this.parent ?? this.fsParent;
  }
  get isTop(): boolean {
    return this.parent === null;
  }
  /** True for the root of a tree, a virtual root, and the top of a part that was cut off (npm-tree §11.10). */
  get isProjectRoot(): boolean {
    return this.placed ? this.tree.root === this : this.parent === null && this.fsParent === null;
  }
  get path(): string {
    return this.parent ? `${this.parent.path}/node_modules/${this.name}` : this.ownPath;
  }
  get realpath(): string {
    return this.path;
  }
  get target(): Node {
    return this;
  }

  get isWorkspace(): boolean {
    if (this.isProjectRoot || !this.tree?.hasWorkspaces) return false;
    const edge = this.tree.root.edges().get(fold(this.packageName ?? ""));
    return edge?.spec.type === "workspace" && (edge.to === this || edge.to?.target === this);
  }

  /** Whether the lock says that the package has a shrinkwrap. */
  get statesShrinkwrap(): boolean {
    return this.hasShrinkwrap || (this.specTable.rules.readsShrinkwraps && Boolean(this.manifest._hasShrinkwrap));
  }

  get inShrinkwrap(): boolean {
    const { parent } = this;
    return parent !== null && (parent.hasShrinkwrap || parent.inShrinkwrap);
  }

  /** Returns the folder that relative specs are relative to. For a package from a file, that is the folder of the tarball. */
  sourceFolder(): string {
    const file = this.resolved?.startsWith("file:") && /\.(tgz|tar\.gz|tar)$/i.test(this.resolved);
    return file ? (this.resolved as string).slice(5).replace(/\/[^/]*$/, "") : this.realpath;
  }

  /** Returns the dependencies of the manifest, without making edges. */
  specs(): EdgeSpecs {
    const dev = this.tree !== undefined && this.isTop && (this.source === null || this.source.isTop);
    if (this.#specs === null || this.#specsDev !== dev) {
      this.#specs = edgeSpecs(this.manifest, { dev, peers: !this.specTable.legacyPeerDeps });
      this.#specsDev = dev;
    }
    return this.#specs;
  }

  /** Returns the number of edges, including those that are not made yet. */
  specsSize(): number {
    return this.specs().size + (this.isProjectRoot && !this.source ? this.tree.workspaceSpecs.size : 0);
  }

  /**
   * Returns the edges. They are made at first use, and `to` is null until the tree points them. In a virtual root, only peer edges
   * and those that {@link edge} made are included.
   */
  edges(): ReadonlyMap<string, Edge> {
    // Without a tree, it is not known whether the node is a top node, whose dev dependencies count (npm-tree §4).
    if (this.isLink || !this.tree) return NO_EDGES;
    return this.#edges ?? this.#makeEdges(this.tree.partial);
  }

  #makeEdges(partial: boolean): Map<string, Edge> {
    const edges = new Map<string, Edge>();
    this.#edges = edges;
    if (this.isProjectRoot && !this.source) {
      for (const spec of this.tree.workspaceSpecs.values()) edges.set(spec.key, new Edge(this, spec));
    }
    for (const [key, spec] of this.specs()) {
      if ((spec.peer || !partial) && !edges.has(key)) edges.set(key, new Edge(this, spec));
    }
    return edges;
  }

  /** Returns one edge, made if necessary. */
  edge(key: string): Edge | null {
    if (this.isLink || !this.tree) return null;
    const edges = this.#edges ?? this.#makeEdges(this.tree.partial);
    const made = edges.get(key);
    if (made) return made;
    const spec = this.tree.partial ? this.specs().get(key) : undefined;
    if (!spec) return null;
    const edge = new Edge(this, spec);
    edges.set(key, edge);
    return edge;
  }
  get hasEdges(): boolean {
    return this.#edges !== null;
  }
  /** Forgets the edges, because the manifest has changed. The tree then points the new ones. */
  dropEdges(): void {
    this.specTable.changes++;
    for (const edge of this.#edges?.values() ?? []) edge.to?.forgetEdgeIn(edge);
    this.#edges = null;
    this.#specs = null;
  }

  /** Returns the package that this one gets for a name: its own child, or that of the nearest folder above. */
  resolve(key: string): Node | null {
    for (let at: Node | null = this; at; at = at.parent ?? at.fsParent) {
      const child = at.children.get(key);
      if (child) return child;
    }
    return null;
  }

  isDescendantOf(node: Node): boolean {
    for (let at: Node | null = this; at; at = at.parent ?? at.fsParent) if (at === node) return true;
    return false;
  }

  satisfies(edge: Edge): boolean {
    return edge.satisfiedBy(this);
  }

  /** Checks whether two nodes are the same package (npm-tree §4): by integrity, else by `resolved`, else by name and version. */
  matches(other: Node): boolean {
    if (other === this) return true;
    if (other.name !== this.name) return false;
    if (this.isLink) return other.isLink && this.target.matches(other.target);
    if (this.isProjectRoot && other.isProjectRoot) return this.path === other.path;
    if (this.integrity && other.integrity) return this.integrity === other.integrity;
    // A link was resolved to a folder, and this is not one.
    if (this.resolved && other.isLink) return false;
    if (this.resolved && other.resolved) return this.resolved === other.resolved;
    const { packageName, version } = this;
    return packageName !== null && packageName === other.packageName && version !== "" && version === other.version;
  }

  /**
   * Returns the package whose tarball contains this one (npm-tree §4), or null.
   *
   * 1. The bundler of its parent, if the parent has one.
   * 2. Its parent, if the parent's `bundleDependencies` list it.
   * 3. Its parent, if a package that the parent bundles depends on it.
   */
  bundler(): Node | null {
    return this.tree?.hasBundles && mayBeBundled(this) ? bundlerOf(this) : null;
  }
  get inDepBundle(): boolean {
    const bundler = this.bundler();
    return bundler !== null && bundler !== this.tree.root;
  }

  addEdgeIn(edge: Edge): void {
    edge.rule?.applyTo(this);
    this.#edgesIn ??= new Set();
    edge.order = ++this.specTable.changes;
    this.#edgesIn.add(edge);
  }
  forgetEdgeIn(edge: Edge): void {
    this.#edgesIn?.delete(edge);
  }
  dropEdgeIn(edge: Edge): void {
    this.forgetEdgeIn(edge);
    edge.rule?.withdrawFrom(this);
  }
}
