import { enOrder } from "../base/collate.ts";
import { sortPausing } from "../base/sort-pausing.ts";
import { InstallError } from "../errors/failure.ts";
import { notTerminating } from "../errors/not-terminating.ts";
import { copyNode } from "../graph/copy-node.ts";
import type { Edge } from "../graph/edge.ts";
import { deepestNestingTarget, gather, gatherFrom, peerEntries } from "../graph/gather.ts";
import { Link } from "../graph/link.ts";
import type { Node } from "../graph/node.ts";
import type { ProjectTree } from "../graph/tree.ts";
import { CanPlace, canDedupe, DetachedCandidate, peerEdges } from "./can-place.ts";

/** Peers of peers deeper than this mean that two peer sets displace each other without end (npm-tree §25.1). */
const MAX_DEPTH = 200;

/** Work that yields where other work may run. */
type Pausing<T = void> = Generator<undefined, T>;

export interface PlaceOptions {
  readonly force: boolean;
  readonly strictPeerDeps: boolean;
  readonly preferDedupe: boolean;
  readonly installStrategy: "hoisted" | "nested" | "shallow" | "linked";
  /** Names of `update`: they are placed again even if their edge is valid. */
  readonly updateNames: ReadonlySet<string>;
}

/** Reports the peer conflicts of a placement. */
export interface PlaceReport {
  /** Warns of a peer that stays unmet. */
  warn(placement: Placement, edge: Edge, dep: Node): void;
  /** Throws the ERESOLVE failure. */
  fail(placement: Placement): never;
}

export interface PlaceRequest {
  readonly tree: ProjectTree;
  readonly options: PlaceOptions;
  readonly report: PlaceReport;
  readonly explicitRequest: boolean;
}

/**
 * Places a candidate `dep` into the tree for an edge, with its peers (npm-tree §11).
 *
 * 1. A valid edge needs nothing, unless `add` requested it or `update` names it (§11.1).
 * 2. Start at the deepest folder where the package may be placed (§11.2), and walk up (§11.3). Skip a folder whose package has the
 *    name as a peer. `can-place.ts` judges each other folder; stop at the first CONFLICT. The highest folder without a conflict is
 *    the target. A package that failed to load and the strategy `nested` stop at the first folder, `shallow` below the project's.
 * 3. Without a target: ERESOLVE if the conflict is the project's own ({@link isMine}) or under `strictPeerDeps`, but not under
 *    `force`. Else take the last folder that had room for the package without its peers; with none, leave the peer unmet and
 *    warn (§11.4).
 * 4. KEEP: place nothing, but warn of a peer that stays unmet, and remove packages that the kept one makes superfluous (§11.6).
 * 5. If the target is the same package, or is inside it, place a link to that one (§11.7). A copy would need a copy below itself,
 *    and that one too, without end.
 * 6. Put a copy of `dep` into the target, or replace the package of that name there (§11.8, §13.2). Warn if the copy is a peer that
 *    does not satisfy the edge.
 * 7. Remove packages of that name below the target that the new one makes superfluous (§11.8, §13.3).
 * 8. Place the peers of `dep` that are not satisfied yet: its siblings in the virtual root (§11.9).
 *
 * ```
 * 2  root -> a -> b -> c            the target of c is the root, if nothing else there is called c
 * 7  root -> a, b;  a -> c@1, in a's own folder;  b -> c@1
 *    c@1 is now placed at the root for b: the one in a's folder goes
 * ```
 *
 * Steps 4, 7 and a replacement can remove the folder that the peers of step 8 go into. As in npm, they are then placed inside the
 * part that was cut off (§11.10).
 */
export class Placement {
  declare readonly dep: Node;
  declare readonly edge: Edge;
  declare readonly parent: Placement | null;
  readonly children: Placement[] = [];
  /** The node that the edge resolved to before. */
  declare readonly current: Node | null;
  /** Dependents of removed packages. They must be visited again. */
  readonly needEvaluation: Set<Node> = new Set();
  /** The new node, or null if nothing was placed. */
  placed: Node | null = null;
  /** The check of the target. */
  check: CanPlace | null = null;
  /** The check of the last folder that had room for the package without its peers. */
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
  }

  /** Places the package. Pauses where that takes long. */
  *run(): Pausing {
    const { edge } = this;
    // A placement takes as long as a hundred visits.
    this.dep.specTable.budget.visit(100);
    const { explicitRequest, options } = this.#request;
    // step 1
    const isRequested = explicitRequest || (!this.parent && options.updateNames.has(edge.name));
    if (edge.to && edge.valid && !isRequested) return;
    yield* this.#findTarget();
    if (this.#chooseTarget()) yield* this.#place();
  }

  /** The placement of the package that is placed for its own sake. */
  get top(): Placement {
    return this.parent ? this.parent.top : this;
  }

  /** The deepest folder where `dep` may be placed. For a peer it is never deeper than that of the package that has the peer. */
  get #start(): Node {
    const from = this.parent ? this.parent.#start : this.edge.from;
    return deepestNestingTarget(from, this.edge.key);
  }

  /** Step 2. */
  *#findTarget(): Pausing {
    const { dep, edge } = this;
    const { explicitRequest, options } = this.#request;
    const parent = this.parent?.check ?? null;
    const { preferDedupe } = options;
    for (let target: Node | null = this.#start; target; target = target.resolveParent) {
      if (!target.isTop && target.specs().get(edge.key)?.peer) continue;
      const check = new CanPlace({ dep, edge, target, parent, preferDedupe, explicitRequest });
      if (check.unfinished) yield* check.finish();
      if (check.self !== "CONFLICT") this.bestSelf = check;
      if (check.all === "CONFLICT") break;
      this.check = check;
      if (dep.errors.length || options.installStrategy === "nested") break;
      const up: Node | null = target.resolveParent;
      if (options.installStrategy === "shallow" && up?.isProjectRoot) break;
    }
  }

  /** Step 3. Returns false if the package cannot be placed. */
  #chooseTarget(): boolean {
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

  /** Steps 4 to 8. */
  *#place(): Pausing {
    const { edge } = this;
    const check = this.check as CanPlace;
    const { target } = check;
    const verdict = check.all === "CONFLICT" ? check.self : check.all;
    // step 4
    if (verdict === "KEEP") {
      if (edge.peer && !edge.valid) this.#warn(edge, this.dep);
      yield* this.#pruneDedupable(target, true);
      return;
    }
    const { tree } = this.#request;
    // step 5
    const same = this.#sameAtOrAbove(target);
    if (same) {
      const link = new Link({ specTable: same.specTable, name: this.dep.name }, same);
      tree.attach(link, target);
      this.placed = link;
      return;
    }
    // step 6
    const siblings = this.dep.parent?.children ?? null;
    // A candidate without a virtual root has no siblings. It is placed itself, not a copy of it.
    const placed = this.dep.tree || this.dep.isLink ? copyNode(this.dep) : this.dep;
    this.placed = placed;
    const old = target.children.get(edge.key);
    if (old) yield* this.#replace(old, placed);
    else tree.attach(placed, target);
    if (edge.peer && !placed.satisfies(edge)) this.#warn(edge, this.dep);
    yield* this.#pruneDuplicates(target);
    yield* this.#placePeers(siblings);
  }

  /** Step 5: returns the same package at or above the target, if there is one. */
  #sameAtOrAbove(target: Node): Node | null {
    for (let at: Node | null = target; at; at = at.resolveParent) if (!at.isTop && at.matches(this.dep)) return at;
    return null;
  }

  /** Step 7. */
  *#pruneDuplicates(target: Node): Pausing {
    const { edge } = this;
    if (edge.to && edge.to !== this.placed && edge.valid) yield* this.#pruneDedupable(edge.to, false);
    for (const node of this.#request.tree.namedBelow(edge.name, target)) {
      if (!node.placed || node.isTop || !node.isDescendantOf(target)) continue;
      yield* this.#pruneDedupable(node, false);
      if (node.placed) for (const kid of [...node.children.values()]) yield* this.#pruneDedupable(kid, false);
    }
  }

  /** Step 8. @throws DetachedCandidate if the candidate was evicted from its virtual root */
  *#placePeers(siblings: ReadonlyMap<string, Node> | null): Pausing {
    for (const edge of peerEdges(this.placed as Node)) {
      if (edge.valid || edge.peerConflicted) continue;
      if (!siblings) throw new DetachedCandidate(this.dep);
      const dep = siblings.get(edge.key);
      if (!dep?.satisfies(edge)) continue;
      const child = new Placement(this.#request, { dep, edge, parent: this });
      this.children.push(child);
      yield* child.run();
    }
  }

  /**
   * Replaces `old` by `placed`, which keeps the packages below `old` (npm-tree §13.2).
   *
   * 1. Find the orphans: packages that `old` needed and `placed` does not.
   * 2. Find the peer sets beside `old` that `placed` breaks. If the project itself asks for such a set, it stays with a warning.
   * 3. Replace.
   * 4. Remove the orphans, and the dependencies of `placed` that it does not accept, unless something else needs them.
   * 5. Remove the peer sets of 2. Their dependents are visited again.
   *
   * ```
   * 5  root -> x -> ui@1;  ui@1 -> peer react@17, both are at the root
   *    react@18 replaces react@17: ui@1 goes, and x is visited again, which places ui@1 and react@17 below x
   * ```
   */
  *#replace(old: Node, placed: Node): Pausing {
    const { tree } = this.#request;
    const { budget } = old.specTable;
    const wanted = placed.specs();
    const orphans = new Set<Node>();
    for (const [key, { to }] of old.edges()) {
      if (!to || wanted.has(key)) continue;
      for (const orphan of gatherFrom(to)) orphans.add(orphan);
      if (budget.takePause()) yield;
    }
    const displaced = yield* this.#displacedPeers(old, placed);
    tree.replace(old, placed);
    yield* this.#pruneOrphans(placed, orphans);
    for (const node of displaced) {
      for (const edge of node.edgesIn) this.needEvaluation.add(edge.from);
      tree.detach(node);
    }
  }

  /** Step 2 of a replacement. */
  *#displacedPeers(old: Node, placed: Node): Pausing<Node[]> {
    const displaced: Node[] = [];
    for (const edge of old.edgesIn) {
      if (!edge.peer || edge.from.parent !== old.parent || edge.peerConflicted || placed.satisfies(edge)) continue;
      for (const entry of peerEntries(edge.from)) {
        const entryNode = entry.to as Node;
        if (entryNode !== old.parent && !ofProject(entry.from)) {
          const set = gatherFrom(entryNode, (kept) => !kept.peerConflicted);
          for (const node of set) displaced.push(node);
          if (old.specTable.budget.takePause()) yield;
        } else {
          this.#warn(edge, this.dep);
        }
      }
    }
    return displaced;
  }

  /** Step 4 of a replacement. */
  *#pruneOrphans(node: Node, orphans: ReadonlySet<Node>): Pausing {
    const invalid = new Set<Node>();
    for (const edge of node.edges().values()) if (edge.to && !edge.valid) invalid.add(edge.to);
    for (const seed of orphans) {
      for (const one of gatherFrom(seed, ({ valid }) => valid)) invalid.add(one);
      if (node.specTable.budget.takePause()) yield;
    }
    if (invalid.size === 0) return;
    const gone = gather(invalid, (edge) => edge.from !== node && edge.to !== node && edge.valid);
    for (const one of gone) this.#request.tree.detach(one);
  }

  /**
   * Removes a node, and the packages that only it needs, if a package further up serves its dependents too (npm-tree §13.3). If the
   * node stays, `descend` tries the packages below it.
   */
  *#pruneDedupable(node: Node, descend: boolean): Pausing {
    const { tree, options, explicitRequest } = this.#request;
    const { budget } = node.specTable;
    budget.visit(1);
    if (budget.takePause()) yield;
    if (canDedupe(node, options.preferDedupe, explicitRequest)) {
      for (const gone of gatherFrom(node, ({ valid }) => valid)) tree.detach(gone);
      return;
    }
    if (!descend) return;
    budget.visit(node.children.size);
    for (const kid of yield* byLocation(dedupable(node))) yield* this.#pruneDedupable(kid, true);
    for (const top of yield* byLocation(node.fsChildren)) {
      for (const kid of yield* byLocation(top.children.values())) yield* this.#pruneDedupable(kid, true);
    }
  }

  /**
   * Whether a peer conflict is the project's own (npm-tree §11.4): the project or a workspace asks for the package or, if the
   * edge is a peer edge, for a peer set of its dependent. Such a conflict fails; others are warned of.
   */
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
    return peers && peerEntries(from).some((entry) => ofProject(entry.from));
  }

  #warn(edge: Edge, dep: Node): void {
    edge.peerConflicted = true;
    this.#request.report.warn(this, edge, dep);
  }
}

/** Checks whether a node is the project or one of its workspaces. */
export function ofProject(node: Node): boolean {
  return node.isProjectRoot || node.isWorkspace;
}

/** Returns the packages in a node's folder, without those in the project's own folder that have none below them: they stay. */
function dedupable(node: Node): Iterable<Node> {
  if (node.resolveParent) return node.children.values();
  return [...node.children.values()].filter((kid) => kid.children.size + kid.fsChildren.size > 0);
}

/** Sorts by location, as npm does. */
function byLocation(nodes: Iterable<Node>): Generator<undefined, Node[]> {
  return sortPausing([...nodes], (a, b) => enOrder(a.location, b.location));
}
