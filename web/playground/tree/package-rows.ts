import type { Tree, TreeEdge, TreeNode } from "../../../src/api/resolve.ts";

/** `folders`: the tree of node_modules folders. `dependencies`: each package below its dependents, with cycles cut. */
export type TreeOrder = "folders" | "dependencies";

export type PackageFlag =
  | "dev"
  | "optional"
  | "peer"
  | "deprecated"
  | "duplicate"
  | "extraneous"
  | "bundled"
  | "link"
  | "inert";

/** A visible row of the tree. `level` and `position` count from 1; `position` is its place among `siblings`. */
export interface PackageRow {
  readonly id: string;
  readonly node: TreeNode;
  /** The edge that leads to this row, in the order by dependency. */
  readonly edge: TreeEdge | null;
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
  readonly expandable: boolean;
  readonly expanded: boolean;
  /** False if the row is shown only because a row below it matches the search. */
  readonly match: boolean;
}

type SiblingPosition = readonly [position: number, siblings: number];
type DependencyStep = Pick<PackageRow, "node" | "edge" | "id" | "level">;

const nameOrder = new Intl.Collator("en");

/** Computes the visible rows from the tree, the open rows and the search. */
export class PackageRows {
  readonly tree: Tree;
  readonly #childrenOf = new Map<TreeNode, TreeNode[]>();
  readonly #flags = new Map<TreeNode, ReadonlySet<PackageFlag>>();
  readonly #openKeys = new Set<string>([""]);
  #kind: TreeOrder = "folders";
  #searchText = "";
  #searchedFlags: ReadonlySet<PackageFlag> = new Set();
  #rows: readonly PackageRow[] | null = null;
  #matches = 0;

  constructor(tree: Tree) {
    this.tree = tree;
    const versions = new Map<string, Set<string>>();
    for (const node of tree.nodes) {
      // A workspace is in no node_modules folder. It is shown below the project.
      const parent = node.parent ?? tree.root;
      const list = this.#childrenOf.get(parent);
      if (list) list.push(node);
      else this.#childrenOf.set(parent, [node]);
      if (node.isLink) continue;
      const seen = versions.get(node.packageName);
      if (seen) seen.add(node.version);
      else versions.set(node.packageName, new Set([node.version]));
    }
    for (const node of tree.nodes)
      this.#flags.set(node, flagsOf(node, (versions.get(node.packageName)?.size ?? 0) > 1));
  }

  get rows(): readonly PackageRow[] {
    this.#rows ??= this.#build();
    return this.#rows;
  }

  get kind(): TreeOrder {
    return this.#kind;
  }

  get filtered(): boolean {
    return this.#searchText !== "" || this.#searchedFlags.size > 0;
  }

  /** How many packages match the search. Without a search, all of them. */
  get matches(): number {
    if (!this.filtered) return this.tree.nodes.length;
    this.#rows ??= this.#build();
    return this.#matches;
  }

  flags(node: TreeNode): ReadonlySet<PackageFlag> {
    return this.#flags.get(node) ?? new Set();
  }

  /** Counts the packages with each flag. */
  tally(): Map<PackageFlag, number> {
    const tally = new Map<PackageFlag, number>();
    for (const flags of this.#flags.values()) for (const flag of flags) tally.set(flag, (tally.get(flag) ?? 0) + 1);
    return tally;
  }

  show(kind: TreeOrder): void {
    this.#kind = kind;
    this.#rows = null;
  }

  /** Searches for `text` in `name@version`. If there are `flags`, a package must also have one of them. */
  filter(text: string, flags: ReadonlySet<PackageFlag>): void {
    this.#searchText = text.trim().toLowerCase();
    this.#searchedFlags = new Set(flags);
    this.#rows = null;
  }

  toggle(id: string, open: boolean = !this.#openKeys.has(this.#key(id))): void {
    if (open) this.#openKeys.add(this.#key(id));
    else this.#openKeys.delete(this.#key(id));
    this.#rows = null;
  }

  /** Opens every folder. Does nothing in the order by dependency, which may be endless. */
  expandAll(): void {
    for (const node of this.#childrenOf.keys()) this.#openKeys.add(node.location);
    this.#rows = null;
  }

  collapseAll(): void {
    this.#openKeys.clear();
    this.toggle("", true);
    this.#openKeys.add("dependencies:");
  }

  /** Opens the folders above `node` and ends a search that hides it. Returns its row, or -1. */
  reveal(node: TreeNode): number {
    if (this.#kind === "folders") {
      for (let at = node.parent ?? this.tree.root; ; at = at.parent ?? this.tree.root) {
        this.#openKeys.add(at.location);
        if (at === this.tree.root) break;
      }
      this.#rows = null;
    }
    const find = (): number => this.rows.findIndex((row) => row.node === node);
    let index = find();
    if (index < 0 && this.filtered) {
      this.filter("", new Set());
      index = find();
    }
    return index;
  }

  /** Keeps the open rows of both orders apart, because their ids mean different things. */
  #key(id: string): string {
    return this.#kind === "folders" ? id : `dependencies:${id}`;
  }

  #build(): PackageRow[] {
    const rows: PackageRow[] = [];
    this.#matches = 0;
    if (this.#kind === "dependencies") {
      if (this.filtered) this.#addMatches(rows);
      else this.#addDependencies(rows);
    } else this.#addFolders(rows);
    return rows;
  }

  #isMatch(node: TreeNode): boolean {
    if (
      this.#searchText !== "" &&
      !`${node.name}@${node.version} ${node.packageName}`.toLowerCase().includes(this.#searchText)
    )
      return false;
    if (this.#searchedFlags.size === 0) return true;
    const flags = this.flags(node);
    for (const flag of this.#searchedFlags) if (flags.has(flag)) return true;
    return false;
  }

  /** Returns the matches and every package above a match. Null without a search. */
  #matchesAndAbove(): Set<TreeNode> | null {
    if (!this.filtered) return null;
    const kept = new Set<TreeNode>([this.tree.root]);
    for (const node of this.tree.nodes) {
      if (!this.#isMatch(node)) continue;
      this.#matches++;
      for (let at: TreeNode | null = node; at && !kept.has(at); at = at.parent) kept.add(at);
    }
    return kept;
  }

  #addFolders(rows: PackageRow[]): void {
    const kept = this.#matchesAndAbove();
    const visit = (node: TreeNode, level: number, [position, siblings]: SiblingPosition): void => {
      const all = this.#childrenOf.get(node) ?? [];
      const below = kept ? all.filter((child) => kept.has(child)) : all;
      const expanded = below.length > 0 && (kept !== null || this.#openKeys.has(node.location));
      const match = kept === null || (node !== this.tree.root && this.#isMatch(node));
      const id = node.location;
      rows.push({ id, node, edge: null, level, position, siblings, expandable: below.length > 0, expanded, match });
      if (expanded) below.forEach((child, i) => void visit(child, level + 1, [i + 1, below.length]));
    };
    visit(this.tree.root, 1, [1, 1]);
  }

  #addMatches(rows: PackageRow[]): void {
    const found = this.tree.nodes.filter((node) => this.#isMatch(node));
    this.#matches = found.length;
    found.forEach((node, i) => {
      const common = { edge: null, expandable: false, expanded: false, match: true };
      rows.push({ id: node.location, node, level: 1, position: i + 1, siblings: found.length, ...common });
    });
  }

  #addDependencies(rows: PackageRow[]): void {
    const chain = new Set<TreeNode>();
    this.#openKeys.add("dependencies:");
    const visit = ({ node, edge, id, level }: DependencyStep, [position, siblings]: SiblingPosition): void => {
      const real = node.target ?? node;
      const edges = chain.has(real) ? [] : dependenciesOf(real);
      const expanded = edges.length > 0 && this.#openKeys.has(`dependencies:${id}`);
      rows.push({ id, node, edge, level, position, siblings, expandable: edges.length > 0, expanded, match: true });
      if (!expanded) return;
      chain.add(real);
      edges.forEach((next, i) => {
        const step = { node: next.to ?? node, edge: next, id: `${id}>${next.name}`, level: level + 1 };
        visit(step, [i + 1, edges.length]);
      });
      chain.delete(real);
    };
    visit({ node: this.tree.root, edge: null, id: "", level: 1 }, [1, 1]);
  }
}

function dependenciesOf(node: TreeNode): TreeEdge[] {
  return node.edgesOut.filter((edge) => edge.to !== null).sort((a, b) => nameOrder.compare(a.name, b.name));
}

function flagsOf(node: TreeNode, duplicate: boolean): ReadonlySet<PackageFlag> {
  const flags = new Set<PackageFlag>();
  if (node.dev || node.devOptional) flags.add("dev");
  if (node.optional || node.devOptional) flags.add("optional");
  if (node.peer) flags.add("peer");
  if (node.extraneous) flags.add("extraneous");
  if (node.inBundle) flags.add("bundled");
  if (node.isLink) flags.add("link");
  if (node.inert) flags.add("inert");
  if (node.manifest.deprecated) flags.add("deprecated");
  if (duplicate && !node.isLink) flags.add("duplicate");
  return flags;
}
