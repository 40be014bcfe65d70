import { enOrder } from "../base/collate.ts";
import { sortPausing } from "../base/sort-pausing.ts";
import { hasBundle, openBundle } from "../engine/bundled-dependencies.ts";
import type { Context } from "../engine/context.ts";
import { DepsQueue } from "../engine/deps-queue.ts";
import { PAUSE, type Steps, withPauses } from "../engine/need.ts";
import { describeWarnings, PendingFailure } from "../engine/pending-failure.ts";
import { raise } from "../errors/failure.ts";
import { notTerminating } from "../errors/not-terminating.ts";
import type { Edge } from "../graph/edge.ts";
import type { Link } from "../graph/link.ts";
import type { Node } from "../graph/node.ts";
import { DetachedCandidate } from "../placement/can-place.ts";
import { ofProject, Placement, type PlaceReport } from "../placement/place.ts";
import { bundledNames } from "../spec/bundled-names.ts";
import { Candidates } from "./candidates.ts";

/** More placements than this at one location mean that two packages evict each other without end (npm-tree §25.1a). */
const MAX_PLACEMENTS = 300;

/**
 * Runs npm's main loop (npm-tree §8).
 *
 * Take the shallowest node from the queue; among equally deep ones, the first by path (§8.1). For that node:
 *
 * 1. Skip it if it was visited before, or is no longer in the tree (§8.2).
 * 2. If it bundles packages or has a shrinkwrap, open its tarball and put the content below it (§8.2, §21).
 * 3. Collect its problem edges: missing, invalid, requested by `add`, or named by `update` (§8.3).
 * 4. Find a candidate for each problem edge, in edge order (§8.4), except for peers that are known to stay unmet. A candidate comes
 *    with its peers: `candidates.ts`.
 * 5. Place the candidates by name (§8.5): `placement/place.ts`. A placement may satisfy the edges that come after it.
 * 6. After each placement, queue the new nodes and the dependents that now have an invalid edge (§8.6).
 * 7. Remember the links among its dependencies (§8.7).
 *
 * When the queue is empty, queue the targets of the remembered links (§20.3) and go on. End when both are empty.
 */
export class IdealTreeBuilder {
  readonly queue: DepsQueue = new DepsQueue();
  readonly #context: Context;
  readonly #candidates: Candidates;
  readonly #seen = new Set<Node>();
  readonly #links = new Set<Link>();
  /** How many packages were placed at a location. */
  readonly #placements = new Map<string, number>();
  readonly #report: PlaceReport;

  constructor(context: Context) {
    this.#context = context;
    this.#candidates = new Candidates(context);
    this.#report = {
      warn: (placement, edge, dep) => {
        this.#candidates.giveVirtualRoot(dep, edge.from);
        context.pendingWarnings.push((wording) => wording.placementConflict(placement, edge, { dep, context }));
      },
      fail: (placement) => {
        const { edge, dep } = placement.top;
        this.#candidates.giveVirtualRoot(dep, edge.from);
        throw new PendingFailure((wording) => wording.placementConflict(placement, edge, { dep, context }));
      },
    };
  }

  *run(): Steps<void> {
    try {
      for (;;) {
        let node = this.queue.pop();
        if (!node) {
          this.#queueLinkTargets();
          node = this.queue.pop();
        }
        if (!node) return;
        yield* this.#visit(node);
        yield PAUSE;
      }
    } catch (error) {
      if (error instanceof DetachedCandidate) throw new PendingFailure((wording) => wording.npmCrash(error.node));
      throw error;
    }
  }

  /** Steps 1 to 7. */
  *#visit(node: Node): Steps<void> {
    const { specTable, tree } = this.#context;
    const { budget } = specTable;
    budget.step();
    if (this.#seen.has(node) || !node.placed || node.tree !== tree) return;
    this.#seen.add(node);
    budget.begin(node.name);
    if (node !== tree.root && hasBundle(node)) yield* openBundle(node, this.#context);
    const found: { edge: Edge; dep: Node }[] = [];
    for (const edge of this.#problemEdges(node)) {
      if (!edge.peerConflicted) found.push({ edge, dep: yield* this.#candidateFor(edge) });
    }
    const byName = sortPausing(found, (a, b) => enOrder(a.edge.name, b.edge.name));
    for (const { edge, dep } of yield* withPauses(byName)) {
      yield* this.#place(edge, dep);
      if (budget.takePause()) yield PAUSE;
      if (this.#context.pendingWarnings.length) yield* describeWarnings(this.#context);
    }
    for (const { to } of node.edges().values()) if (to?.isLink) this.#links.add(to as Link);
  }

  /** Step 3. The bundled dependencies of a package came in its tarball and are final; those of the project are not. */
  #problemEdges(node: Node): Edge[] {
    const { loadFailures } = this.#context;
    const bundled = new Set(ofProject(node) ? [] : bundledNames(node.manifest));
    const problems: Edge[] = [];
    for (const edge of node.edges().values()) {
      if (bundled.has(edge.name)) continue;
      if (edge.to && (loadFailures.has(edge.to) || edge.to.inShrinkwrap)) continue;
      if (this.#isProblem(edge)) problems.push(edge);
    }
    return problems;
  }

  #isProblem(edge: Edge): boolean {
    const { options, explicitEdges, mutationRequested } = this.#context;
    const peerOptional = edge.spec.type === "peerOptional";
    if (!edge.to) return !peerOptional || explicitEdges.has(edge);
    if (!edge.valid) return !peerOptional || options.save || mutationRequested;
    if (edge.to.isWorkspace) return false;
    return options.updateNames.has(edge.name) || explicitEdges.has(edge);
  }

  /**
   * Step 4: returns the candidate for a problem edge.
   *
   * 1. The package of that name in the latest virtual root of the dependent, if it satisfies the edge. So `react`, loaded as the
   *    peer of `react-dom`, is also the candidate for the project's own edge to `react`.
   * 2. For an optional peer that neither `add` nor `update` names: the nearest package below the dependent's parent that satisfies
   *    it, if any. npm does not install optional peers.
   * 3. Otherwise a new candidate. For a peer edge it is made in the latest virtual root, for any other edge in a new one.
   *
   * A peer edge uses the virtual root in which its dependent was loaded itself: there the peers are side by side.
   */
  *#candidateFor(edge: Edge): Steps<Node> {
    const { explicitEdges, options } = this.#context;
    const node = edge.from;
    const candidates = this.#candidates;
    const rootOf = edge.peer ? candidates.loadedFor(node) : node;
    if (candidates.hasTried(rootOf, edge.key)) {
      const tried = candidates.latestRoot(rootOf).ownEdge(edge.key);
      if (tried?.to && tried.valid && tried.to.satisfies(edge)) return tried.to;
    }
    if (edge.spec.type === "peerOptional" && !options.updateNames.has(edge.name) && !explicitEdges.has(edge)) {
      const present = nearestBelow(node.resolveParent ?? node, edge);
      if (present) return present;
    }
    const virtualTree = edge.peer ? candidates.latestRoot(rootOf) : null;
    return yield* candidates.candidate({ edge, virtualTree, required: new Set([node]) });
  }

  /** Step 5. */
  *#place(edge: Edge, dep: Node): Steps<void> {
    const { tree, options, explicitEdges } = this.#context;
    const explicitRequest = explicitEdges.has(edge);
    const placement = new Placement({ tree, options, explicitRequest, report: this.#report }, { dep, edge });
    yield* withPauses(placement.run());
    this.#queueAffected(placement);
  }

  /** Step 6, for a placement and then for the peers that were placed with it. */
  #queueAffected(placement: Placement): void {
    const { placed, edge, check } = placement;
    const context = this.#context;
    if (placed && check) {
      this.#countPlacement(placed);
      if (placed.errors.length) {
        // Of several failures, npm reports the one that it placed first. A candidate that was alone is in the set already.
        context.loadFailures.delete(placed);
        context.loadFailures.add(placed);
      }
      context.mutated = true;
      const requeue = context.options.save || context.mutationRequested;
      placed.specTable.budget.visit(placed.edgesIn.size);
      for (const into of placed.edgesIn) {
        if (into === edge || into.peerConflicted || into.valid) continue;
        if (!this.#seen.has(into.from)) this.queue.push(into.from);
        else if (check.self === "REPLACE" || requeue) this.#revisit(into.from);
      }
      this.queue.push(placed);
      for (const node of placement.needEvaluation) this.#revisit(node);
    }
    for (const child of placement.children) this.#queueAffected(child);
  }

  #revisit(node: Node): void {
    this.#seen.delete(node);
    this.queue.push(node);
  }

  /** @throws InstallError ENONTERMINATING */
  #countPlacement(node: Node): void {
    const times = (this.#placements.get(node.location) ?? 0) + 1;
    this.#placements.set(node.location, times);
    if (times > MAX_PLACEMENTS) raise(notTerminating(node.location));
  }

  /** Queues the folders of the project that a link leads to (npm-tree §20.3). Folders outside the project get no packages. */
  #queueLinkTargets(): void {
    const { tree } = this.#context;
    for (const link of this.#links) {
      const { target } = link;
      if (!link.placed || link.tree !== tree || !target.isDescendantOf(tree.root)) continue;
      if (!target.resolveParent || this.#seen.has(target)) continue;
      link.overrides?.applyTo(target);
      this.queue.push(target);
    }
    this.#links.clear();
  }
}

/** Returns the nearest package below a folder, breadth first, that satisfies the edge and came in no bundle. */
function nearestBelow(root: Node, edge: Edge): Node | null {
  const queue = [root];
  for (const node of queue) {
    if (node !== root && node.name === edge.name && !node.inDepBundle && node.satisfies(edge)) return node;
    for (const kid of node.children.values()) queue.push(kid);
  }
  root.specTable.budget.visit(queue.length);
  return null;
}
