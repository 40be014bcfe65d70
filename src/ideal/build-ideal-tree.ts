import { enOrder } from "../base/collate.ts";
import { holdsMore, openPackage } from "../engine/bundled-contents.ts";
import { type Context, raise, Unexplained } from "../engine/context.ts";
import { DepsQueue } from "../engine/deps-queue.ts";
import { needCode, PAUSE, type Steps } from "../engine/need.ts";
import { notTerminating } from "../errors/tree.ts";
import type { Edge } from "../graph/edge.ts";
import type { Link } from "../graph/link.ts";
import type { Node } from "../graph/node.ts";
import { DetachedCandidate } from "../placement/can-place.ts";
import { ofProject, Placement, type PlaceReport } from "../placement/place.ts";
import { Candidates } from "./candidates.ts";

/** A folder whose package changes more often than this is one of two that evict each other (npm-tree §25.1a). */
const MAX_PLACEMENTS = 300;

/** The main loop (npm-tree §8): takes nodes in order, finds candidates for their problem edges and places them. */
export class Builder {
  readonly queue: DepsQueue = new DepsQueue();
  readonly #context: Context;
  readonly #candidates: Candidates;
  readonly #seen = new Set<Node>();
  readonly #links = new Set<Link>();
  readonly #placements = new Map<string, number>();
  readonly #report: PlaceReport;

  constructor(context: Context) {
    this.#context = context;
    this.#candidates = new Candidates(context);
    this.#report = {
      warn: (placement, edge, dep) => {
        this.#candidates.house(dep, edge.from);
        context.unexplained.push((words) => words.placementConflict(placement, edge, { dep, context }));
      },
      fail: (placement) => {
        const { edge, dep } = placement.top;
        this.#candidates.house(dep, edge.from);
        throw new Unexplained((words) => words.placementConflict(placement, edge, { dep, context }));
      },
    };
  }

  *run(): Steps<void> {
    try {
      for (;;) {
        let node = this.queue.pop();
        if (!node) {
          this.#visitLinkTargets();
          node = this.queue.pop();
        }
        if (!node) return;
        yield* this.#visit(node);
        yield PAUSE;
      }
    } catch (error) {
      if (error instanceof DetachedCandidate) throw new Unexplained((words) => words.npmCrash(error.node));
      throw error;
    }
  }

  *#visit(node: Node): Steps<void> {
    const { specTable, tree } = this.#context;
    specTable.budget.step();
    if (this.#seen.has(node) || !node.placed || node.tree !== tree) return;
    this.#seen.add(node);
    if (node !== tree.root && holdsMore(node)) yield* openPackage(node, this.#context);
    const found: { edge: Edge; dep: Node }[] = [];
    for (const edge of this.#problemEdges(node)) {
      if (!edge.peerConflicted) found.push({ edge, dep: yield* this.#candidateFor(edge) });
    }
    found.sort((a, b) => enOrder(a.edge.name, b.edge.name));
    for (const { edge, dep } of found) {
      this.#place(edge, dep);
      if (this.#context.unexplained.length) yield* explainWarnings(this.#context);
    }
    for (const { to } of node.edges().values()) if (to?.isLink) this.#links.add(to as Link);
  }

  /** npm-tree §8.3 */
  #problemEdges(node: Node): Edge[] {
    const { loadFailures } = this.#context;
    const list = ofProject(node) ? null : node.manifest.bundleDependencies;
    const bundled = Array.isArray(list) ? list : [];
    const problems: Edge[] = [];
    for (const edge of node.edges().values()) {
      if (bundled.includes(edge.name)) continue;
      if (edge.to && (loadFailures.has(edge.to) || edge.to.inShrinkwrap)) continue;
      if (this.#isProblem(edge)) problems.push(edge);
    }
    return problems;
  }

  #isProblem(edge: Edge): boolean {
    const { options, explicit, mutationRequested } = this.#context;
    const peerOptional = edge.spec.type === "peerOptional";
    if (!edge.to) return !peerOptional || explicit.has(edge);
    if (!edge.valid) return !peerOptional || options.save || mutationRequested;
    if (edge.to.isWorkspace) return false;
    return options.updateNames.has(edge.name) || explicit.has(edge);
  }

  /** npm-tree §8.4 */
  *#candidateFor(edge: Edge): Steps<Node> {
    const { explicit, options } = this.#context;
    const node = edge.from;
    const candidates = this.#candidates;
    const source = edge.peer ? candidates.sourceOf(node) : node;
    if (candidates.hasTried(source, edge.key)) {
      const tried = candidates.latestRoot(source).ownEdge(edge.key);
      if (tried?.to && tried.valid && tried.to.satisfies(edge)) return tried.to;
    }
    if (edge.spec.type === "peerOptional" && !options.updateNames.has(edge.name) && !explicit.has(edge)) {
      const standing = nearest(node.resolveParent ?? node, edge);
      if (standing) return standing;
    }
    const home = edge.peer ? candidates.latestRoot(source) : null;
    return yield* candidates.candidate({ edge, home, required: new Set([node]) });
  }

  #place(edge: Edge, dep: Node): void {
    const { tree, options, explicit } = this.#context;
    const explicitRequest = explicit.has(edge);
    const placement = new Placement({ tree, options, explicitRequest, report: this.#report }, { dep, edge });
    this.#follow(placement);
  }

  /** Queues what a placement and its peers made necessary (npm-tree §8.6). */
  #follow(placement: Placement): void {
    const { placed, edge, check } = placement;
    const context = this.#context;
    if (placed && check) {
      this.#count(placed);
      context.old?.inherit(placed, context.lock?.packages.get(placed.location));
      if (placed.errors.length) context.loadFailures.add(placed);
      context.mutated = true;
      const requeue = context.options.save || context.mutationRequested;
      for (const into of placed.edgesIn) {
        if (into === edge || into.peerConflicted || into.valid) continue;
        if (!this.#seen.has(into.from)) this.queue.push(into.from);
        else if (check.self === "REPLACE" || requeue) this.#revisit(into.from);
      }
      this.queue.push(placed);
      for (const node of placement.needEvaluation) this.#revisit(node);
    }
    for (const child of placement.children) this.#follow(child);
  }

  #revisit(node: Node): void {
    this.#seen.delete(node);
    this.queue.push(node);
  }

  #count(node: Node): void {
    const times = (this.#placements.get(node.location) ?? 0) + 1;
    this.#placements.set(node.location, times);
    if (times > MAX_PLACEMENTS) raise(notTerminating(node.location));
  }

  /** Folders of the project that something links to get their own dependencies (npm-tree §20.3). */
  #visitLinkTargets(): void {
    const { tree } = this.#context;
    for (const link of this.#links) {
      const { target } = link;
      if (!link.placed || link.tree !== tree || !target.isDescendantOf(tree.root)) continue;
      if (!target.resolveParent || this.#seen.has(target)) continue;
      link.overrides?.reach(target);
      this.queue.push(target);
    }
    this.#links.clear();
  }
}

/** Words for what was warned about, while the tree still is as it was then. */
export function* explainWarnings({ unexplained, warnings }: Context): Steps<void> {
  if (unexplained.length === 0) return;
  const words = yield* needCode(() => import("../engine/failure-wording.ts"));
  for (const wording of unexplained.splice(0)) warnings.push(wording(words));
}

/** The nearest package below a folder that would do, breadth first, and not from somebody's bundle. */
function nearest(root: Node, edge: Edge): Node | null {
  const queue = [...root.children.values()];
  for (const node of queue) {
    if (node.name === edge.name && !node.inDepBundle && node.satisfies(edge)) return node;
    queue.push(...node.children.values());
  }
  return null;
}
