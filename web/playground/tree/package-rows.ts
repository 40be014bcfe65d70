import type { Tree, TreeEdge, TreeNode } from "../../../src/api/resolve.ts";

/** `folders`: what lies in which `node_modules`. `dependencies`: who asks for whom, cycles cut. */
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

/** One visible line of the tree. `level` counts from 1, `position` from 1 among `siblings`. */
export interface PackageRow {
  readonly id: string;
  readonly node: TreeNode;
  /** In the dependencies view: the edge that leads here. */
  readonly edge: TreeEdge | null;
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
  readonly expandable: boolean;
  readonly expanded: boolean;
  /** False for a row that is only shown because a match lies below it. */
  readonly match: boolean;
}

/** Which one among how many, from 1. */
type SiblingPosition = readonly [position: number, siblings: number];
type DependencyStep = Pick<PackageRow, "node" | "edge" | "id" | "level">;

const nameOrder = new Intl.Collator("en");

/** The lines that a view shows, worked out from the tree, what is open and what is searched for. */
export class PackageRows {
  readonly tree: Tree;
  readonly #below = new Map<TreeNode, TreeNode[]>();
  readonly #flags = new Map<TreeNode, ReadonlySet<PackageFlag>>();
  readonly #open = new Set<string>([""]);
  #kind: TreeOrder = "folders";
  #text = "";
  #wanted: ReadonlySet<PackageFlag> = new Set();
  #rows: readonly PackageRow[] | null = null;
  #matches = 0;

  constructor(tree: Tree) {
    this.tree = tree;
    const versions = new Map<string, Set<string>>();
    for (const node of tree.nodes) {
      // A workspace has no node_modules above it: it is shown below the project.
      const parent = node.parent ?? tree.root;
      const list = this.#below.get(parent);
      if (list) list.push(node);
      else this.#below.set(parent, [node]);
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
    return this.#text !== "" || this.#wanted.size > 0;
  }

  /** Packages that the search matches; all of them where nothing is searched for. */
  get matches(): number {
    if (!this.filtered) return this.tree.nodes.length;
    this.#rows ??= this.#build();
    return this.#matches;
  }

  flags(node: TreeNode): ReadonlySet<PackageFlag> {
    return this.#flags.get(node) ?? new Set();
  }

  /** How many packages carry each flag. */
  tally(): Map<PackageFlag, number> {
    const tally = new Map<PackageFlag, number>();
    for (const flags of this.#flags.values()) for (const flag of flags) tally.set(flag, (tally.get(flag) ?? 0) + 1);
    return tally;
  }

  show(kind: TreeOrder): void {
    this.#kind = kind;
    this.#rows = null;
  }

  /** `text` is looked for in `name@version`; a package must carry one of `flags` where any are given. */
  filter(text: string, flags: ReadonlySet<PackageFlag>): void {
    this.#text = text.trim().toLowerCase();
    this.#wanted = new Set(flags);
    this.#rows = null;
  }

  toggle(id: string, open: boolean = !this.#open.has(this.#key(id))): void {
    if (open) this.#open.add(this.#key(id));
    else this.#open.delete(this.#key(id));
    this.#rows = null;
  }

  /** Opens every folder; the dependencies view has no end to open to. */
  expandAll(): void {
    for (const node of this.#below.keys()) this.#open.add(node.location);
    this.#rows = null;
  }

  collapseAll(): void {
    this.#open.clear();
    this.toggle("", true);
    this.#open.add("dependencies:");
  }

  /** Opens what stands above `node` in the folders view and answers its row, or -1. */
  reveal(node: TreeNode): number {
    if (this.#kind === "folders") {
      for (let at = node.parent ?? this.tree.root; ; at = at.parent ?? this.tree.root) {
        this.#open.add(at.location);
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

  /** Open folders and open chains are kept apart: an id of one view means nothing in the other. */
  #key(id: string): string {
    return this.#kind === "folders" ? id : `dependencies:${id}`;
  }

  #build(): PackageRow[] {
    const rows: PackageRow[] = [];
    this.#matches = 0;
    if (this.#kind === "dependencies") {
      if (this.filtered) this.#list(rows);
      else this.#chains(rows);
    } else this.#folders(rows);
    return rows;
  }

  #isMatch(node: TreeNode): boolean {
    if (this.#text !== "" && !`${node.name}@${node.version} ${node.packageName}`.toLowerCase().includes(this.#text))
      return false;
    if (this.#wanted.size === 0) return true;
    const flags = this.flags(node);
    for (const flag of this.#wanted) if (flags.has(flag)) return true;
    return false;
  }

  /** Matches and all that stands above them. */
  #kept(): Set<TreeNode> | null {
    if (!this.filtered) return null;
    const kept = new Set<TreeNode>([this.tree.root]);
    for (const node of this.tree.nodes) {
      if (!this.#isMatch(node)) continue;
      this.#matches++;
      for (let at: TreeNode | null = node; at && !kept.has(at); at = at.parent) kept.add(at);
    }
    return kept;
  }

  #folders(rows: PackageRow[]): void {
    const kept = this.#kept();
    const visit = (node: TreeNode, level: number, [position, siblings]: SiblingPosition): void => {
      const all = this.#below.get(node) ?? [];
      const below = kept ? all.filter((child) => kept.has(child)) : all;
      const expanded = below.length > 0 && (kept !== null || this.#open.has(node.location));
      const match = kept === null || (node !== this.tree.root && this.#isMatch(node));
      const id = node.location;
      rows.push({ id, node, edge: null, level, position, siblings, expandable: below.length > 0, expanded, match });
      if (expanded) below.forEach((child, i) => void visit(child, level + 1, [i + 1, below.length]));
    };
    visit(this.tree.root, 1, [1, 1]);
  }

  #list(rows: PackageRow[]): void {
    const found = this.tree.nodes.filter((node) => this.#isMatch(node));
    this.#matches = found.length;
    found.forEach((node, i) => {
      const common = { edge: null, expandable: false, expanded: false, match: true };
      rows.push({ id: node.location, node, level: 1, position: i + 1, siblings: found.length, ...common });
    });
  }

  #chains(rows: PackageRow[]): void {
    const chain = new Set<TreeNode>();
    this.#open.add("dependencies:");
    const visit = ({ node, edge, id, level }: DependencyStep, [position, siblings]: SiblingPosition): void => {
      const real = node.target ?? node;
      const edges = chain.has(real) ? [] : dependenciesOf(real);
      const expanded = edges.length > 0 && this.#open.has(`dependencies:${id}`);
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
