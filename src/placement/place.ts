import { enOrder } from "../base/collate.ts";
import { InstallError } from "../errors/failure.ts";
import { notTerminating } from "../errors/not-terminating.ts";
import type { Edge } from "../graph/edge.ts";
import { deepestNestingTarget, gather, peerEntrySets } from "../graph/gather.ts";
import { Link } from "../graph/link.ts";
import { Node } from "../graph/node.ts";
import type { Tree } from "../graph/tree.ts";
import { CanPlace, canDedupe, DetachedCandidate, peerEdges } from "./can-place.ts";

/** Peers placed for peers deeper than this mean that two sets displace each other for ever (npm-tree §25.1). */
const MAX_DEPTH = 200;

export interface PlaceOptions {
  readonly force: boolean;
  readonly strictPeerDeps: boolean;
  readonly preferDedupe: boolean;
  readonly installStrategy: "hoisted" | "nested" | "shallow" | "linked";
  /** Names that are placed anew even where what stands there would do. */
  readonly updateNames: ReadonlySet<string>;
}

/** What a placement tells whoever asked for it: conflicts that npm lives with, and the one it does not. */
export interface PlaceReport {
  warn(placement: Placement, edge: Edge, dep: Node): void;
  /** Must throw. */
  fail(placement: Placement): never;
}

export interface PlaceRequest {
  readonly tree: Tree;
  readonly options: PlaceOptions;
  readonly report: PlaceReport;
  readonly explicitRequest: boolean;
}

/** One package put into the tree for one edge, with the peers that came along (npm-tree §11). The only code that edits a tree. */
export class Placement {
  declare readonly dep: Node;
  declare readonly edge: Edge;
  declare readonly parent: Placement | null;
  readonly children: Placement[] = [];
  /** What the edge resolved to before. */
  declare readonly current: Node | null;
  /** Dependents of what had to go. */
  readonly needEvaluation: Set<Node> = new Set();
  placed: Node | null = null;
  /** The check that decided. */
  check: CanPlace | null = null;
  /** The last target where the package itself would have been fine. */
  bestSelf: CanPlace | null = null;
  readonly #request: PlaceRequest;
  readonly #depth: number;

  constructor(request: PlaceRequest, at: { dep: Node; edge: Edge; parent?: Placement }) {
    this.#request = request;
    this.dep = at.dep;
    this.edge = at.edge;
    this.parent = at.parent ?? null;
    this.#depth = this.parent ? this.parent.#depth + 1 : 0;
    if (this.#depth > MAX_DEPTH) throw new InstallError(notTerminating(`the peer set of ${this.top.dep.name}`));
    this.current = at.edge.to;
    const { edge } = this;
    const fresh = request.explicitRequest || (!this.parent && request.options.updateNames.has(edge.name));
    if (edge.to && edge.valid && !fresh) return;
    this.#findTarget();
    if (this.#settleOnTarget()) this.#place();
  }

  get top(): Placement {
    return this.parent ? this.parent.top : this;
  }
  get #start(): Node {
    const from = this.parent ? this.parent.#start : this.edge.from;
    return deepestNestingTarget(from, this.edge.key);
  }

  /** Walks up from the dependent as far as nothing conflicts. */
  #findTarget(): void {
    const { dep, edge } = this;
    const { explicitRequest, options } = this.#request;
    const parent = this.parent?.check ?? null;
    const { preferDedupe } = options;
    for (let target: Node | null = this.#start; target; target = target.resolveParent) {
      if (!target.isTop && target.specs().get(edge.key)?.peer) continue;
      const check = new CanPlace({ dep, edge, target, parent, preferDedupe, explicitRequest });
      if (check.self !== "CONFLICT") this.bestSelf = check;
      if (check.all === "CONFLICT") break;
      this.check = check;
      if (dep.errors.length || options.installStrategy === "nested") break;
      const up: Node | null = target.resolveParent;
      if (options.installStrategy === "shallow" && up?.isProjectRoot) break;
    }
  }

  #settleOnTarget(): boolean {
    if (this.check) return true;
    const { options, report } = this.#request;
    if (!options.force && (options.strictPeerDeps || this.isMine)) report.fail(this);
    if (!this.bestSelf) {
      this.#warn(this.edge, this.dep);
      return false;
    }
    this.check = this.bestSelf;
    return true;
  }

  #place(): void {
    const { edge } = this;
    const check = this.check as CanPlace;
    const { target } = check;
    const verdict = check.all === "CONFLICT" ? check.self : check.all;
    if (verdict === "KEEP") {
      if (edge.peer && !edge.valid) this.#warn(edge, this.dep);
      this.#pruneDedupable(target, true);
      return;
    }
    const { tree } = this.#request;
    const same = this.#sameAbove(target);
    if (same) {
      const link = new Link({ specTable: same.specTable, name: this.dep.name }, same);
      tree.attach(link, target);
      this.placed = link;
      return;
    }
    const siblings = this.dep.parent?.children ?? null;
    // A candidate that stands in no virtual root is nobody's sibling and need not be copied.
    const placed = this.dep.tree || this.dep.isLink ? copy(this.dep) : this.dep;
    this.placed = placed;
    const old = target.children.get(edge.key);
    if (old) this.#replace(old, placed);
    else tree.attach(placed, target);
    if (edge.peer && !placed.satisfies(edge)) this.#warn(edge, this.dep);
    this.#pruneDuplicates(target);
    this.#placePeers(siblings);
  }

  /** A package that would stand below itself becomes a link to the one above, or it would never end. */
  #sameAbove(target: Node): Node | null {
    for (let at: Node | null = target; at; at = at.resolveParent) if (!at.isTop && at.matches(this.dep)) return at;
    return null;
  }

  #pruneDuplicates(target: Node): void {
    const { edge } = this;
    if (edge.to && edge.to !== this.placed && edge.valid) this.#pruneDedupable(edge.to, false);
    for (const node of this.#request.tree.named(edge.name)) {
      if (!node.placed || node.isTop || !node.isDescendantOf(target)) continue;
      this.#pruneDedupable(node, false);
      if (node.placed) for (const kid of [...node.children.values()]) this.#pruneDedupable(kid, false);
    }
  }

  #placePeers(siblings: ReadonlyMap<string, Node> | null): void {
    for (const edge of peerEdges(this.placed as Node)) {
      if (edge.valid || edge.peerConflicted) continue;
      if (!siblings) throw new DetachedCandidate(this.dep);
      const dep = siblings.get(edge.key);
      if (dep?.satisfies(edge)) this.children.push(new Placement(this.#request, { dep, edge, parent: this }));
    }
  }

  /** npm-tree §13.2 */
  #replace(old: Node, placed: Node): void {
    const { tree } = this.#request;
    const wanted = placed.specs();
    const orphans: Node[] = [];
    for (const [key, { to }] of old.edges()) {
      if (to && !wanted.has(key)) orphans.push(...gather([to], (edge) => edge.to !== to));
    }
    const displaced = this.#displacedPeers(old, placed);
    tree.replace(old, placed);
    this.#pruneOrphans(placed, orphans);
    for (const node of displaced) {
      for (const edge of node.edgesIn) this.needEvaluation.add(edge.from);
      tree.detach(node);
    }
  }

  #displacedPeers(old: Node, placed: Node): Node[] {
    const displaced: Node[] = [];
    for (const edge of old.edgesIn) {
      if (!edge.peer || edge.from.parent !== old.parent || edge.peerConflicted || placed.satisfies(edge)) continue;
      for (const entry of peerEntrySets(edge.from).keys()) {
        const entryNode = entry.to as Node;
        if (entryNode !== old.parent && !ofProject(entry.from)) {
          displaced.push(...gather([entryNode], (kept) => kept.to !== entryNode && !kept.peerConflicted));
        } else {
          this.#warn(edge, this.dep);
        }
      }
    }
    return displaced;
  }

  #pruneOrphans(node: Node, orphans: readonly Node[]): void {
    const invalid = new Set<Node>();
    for (const edge of node.edges().values()) if (edge.to && !edge.valid) invalid.add(edge.to);
    for (const seed of orphans) {
      for (const one of gather([seed], (edge) => edge.to !== seed && edge.valid)) invalid.add(one);
    }
    if (invalid.size === 0) return;
    const gone = gather(invalid, (edge) => edge.from !== node && edge.to !== node && edge.valid);
    for (const one of gone) this.#request.tree.detach(one);
  }

  /** npm-tree §13.3 */
  #pruneDedupable(node: Node, descend: boolean): void {
    const { tree, options, explicitRequest } = this.#request;
    if (canDedupe(node, options.preferDedupe, explicitRequest)) {
      for (const gone of gather([node], (edge) => edge.to !== node && edge.valid)) tree.detach(gone);
      return;
    }
    if (!descend) return;
    for (const kid of byLocation(node.children.values())) this.#pruneDedupable(kid, true);
    for (const top of byLocation(node.fsChildren)) {
      for (const kid of byLocation(top.children.values())) this.#pruneDedupable(kid, true);
    }
  }

  /** Whether the conflict is the project's own to settle: then it fails where others are only warned about. */
  get isMine(): boolean {
    const { edge } = this.top;
    const { from } = edge;
    if (ofProject(from)) return true;
    if (!edge.peer) return false;
    let peers = false;
    for (const into of from.edgesIn) {
      if (into.peer) peers = true;
      else if (ofProject(into.from)) return true;
    }
    if (peers) for (const entry of peerEntrySets(from).keys()) if (ofProject(entry.from)) return true;
    return false;
  }

  #warn(edge: Edge, dep: Node): void {
    edge.peerConflicted = true;
    this.#request.report.warn(this, edge, dep);
  }
}

export function ofProject(node: Node): boolean {
  return node.isProjectRoot || node.isWorkspace;
}

function copy(dep: Node): Node {
  const { specTable, name, manifest, resolved, integrity, overrides, hasShrinkwrap } = dep;
  const errors = dep.errors.slice(0, 1);
  if (dep.isLink) return new Link({ specTable, name, overrides, errors }, dep.target);
  return new Node({ specTable, name, manifest, resolved, integrity, overrides, errors, hasShrinkwrap });
}

function byLocation(nodes: Iterable<Node>): Node[] {
  const list = [...nodes];
  return list.length > 1 ? list.sort((a, b) => enOrder(a.location, b.location)) : list;
}
