import type { Edge } from "../graph/edge.ts";
import { deepestNestingTarget, gather, peerEntrySets } from "../graph/gather.ts";
import type { Node } from "../graph/node.ts";

export type Verdict = "OK" | "REPLACE" | "KEEP" | "CONFLICT";

export interface Check {
  readonly dep: Node;
  readonly edge: Edge;
  readonly target: Node;
  readonly parent: CanPlace | null;
  readonly preferDedupe: boolean;
  readonly explicitRequest: boolean;
}

/**
 * Whether a candidate may stand in a folder (npm-tree §12): a verdict on the package itself (`self`) and one with the peers
 * that must come along (`all`). It looks and changes nothing.
 */
export class CanPlace {
  declare readonly dep: Node;
  declare readonly edge: Edge;
  declare readonly target: Node;
  declare readonly parent: CanPlace | null;
  readonly children: CanPlace[] = [];
  declare readonly current: Node | null;
  declare readonly all: Verdict;
  declare self: Verdict;
  readonly #preferDedupe: boolean;
  readonly #explicitRequest: boolean;
  readonly #path: readonly Node[];
  #peers: Verdict | null = null;

  constructor(check: Check, path: readonly Node[] = []) {
    this.dep = check.dep;
    this.edge = check.edge;
    this.target = check.target;
    this.parent = check.parent;
    this.#preferDedupe = check.preferDedupe || check.edge.peer;
    this.#explicitRequest = check.explicitRequest;
    this.#path = path;
    this.current = check.target.children.get(check.edge.key) ?? null;
    this.self = "CONFLICT";
    let self: Verdict | null = null;
    this.all = this.#judge((verdict) => {
      self = verdict;
    });
    this.self = self ?? this.all;
  }

  get top(): CanPlace {
    return this.parent ? this.parent.top : this;
  }

  get #start(): Node {
    const from = this.parent ? this.parent.#start : this.edge.from;
    return deepestNestingTarget(from, this.edge.key);
  }

  /** Every check made for the sake of this one, nearest first. */
  descendants(): CanPlace[] {
    const all = new Set(this.children);
    for (const child of all) for (const below of child.children) all.add(below);
    return [...all];
  }

  #judge(self: (verdict: Verdict) => void): Verdict {
    const { target, edge, dep, current } = this;
    if (dep.errors.length) return current ? "REPLACE" : "OK";
    const wanted = target.edges().get(edge.key);
    if (wanted?.peer && !target.isTop) return "CONFLICT";
    if (current) return this.#beside(current, self);
    if (wanted && wanted !== edge && !dep.satisfies(wanted)) return "CONFLICT";
    return this.#intoGap(self);
  }

  #beside(current: Node, self: (verdict: Verdict) => void): Verdict {
    const { dep, edge, target } = this;
    const explicitEdges = this.#explicitRequest;
    if (dep.matches(current) && (current.satisfies(edge) || !dep.satisfies(edge)))
      return explicitEdges ? "REPLACE" : "KEEP";
    const newer = dep.specTable.compare(dep.version, current.version) >= 0;
    if (newer && canReplace(dep, current)) {
      const verdict = this.#withPeers("REPLACE", self);
      if (verdict !== "CONFLICT") return verdict;
    }
    if ((!explicitEdges || this.#preferDedupe) && current.satisfies(edge)) return "KEEP";
    if (this.#preferDedupe && !newer && canReplace(dep, current)) {
      const verdict = this.#withPeers("REPLACE", self);
      if (verdict !== "CONFLICT") return verdict;
    }
    // It can still go deeper, so it need not disturb what is here.
    if (target !== this.#start) return "CONFLICT";
    if (!edge.peer && target === edge.from) return this.#withPeers("REPLACE", self);
    if (!this.parent && !edge.peer) return "CONFLICT";
    return this.#mayDisplace(current) ? this.#withPeers("REPLACE", self) : "CONFLICT";
  }

  /** A peer whose place is taken by the peer of somebody else's set: may that set be displaced? */
  #mayDisplace(current: Node): boolean {
    const { dep, edge, target } = this;
    const siblings = dep.parent?.children ?? null;
    if (!siblings) throw new DetachedCandidate(dep);
    for (const [entry, set] of peerEntrySets(current)) {
      if (entry === edge || entry === this.top.edge) continue;
      const entryNode = entry.to as Node;
      const rep = siblings.get(entryNode.key);
      if (rep ? canReplace(rep, entryNode, siblings) : clobbers(entryNode, siblings)) continue;
      for (const member of set) {
        const deepest = deepestNestingTarget(entry.from, member.key);
        if (deepest === target || target.isDescendantOf(deepest)) return false;
      }
    }
    return true;
  }

  #intoGap(self: (verdict: Verdict) => void): Verdict {
    const { target, dep, edge } = this;
    const above = target !== this.top.edge.from ? target.resolve(edge.key) : null;
    if (above) {
      for (const into of above.edgesIn) {
        // It would stand between that dependent and what it resolves to now.
        if (into.from.isDescendantOf(target) && into.valid && !dep.satisfies(into)) return "CONFLICT";
      }
    }
    return this.#withPeers("OK", self);
  }

  #withPeers(state: Verdict, self: (verdict: Verdict) => void): Verdict {
    self(state);
    if (this.#peers) return this.#peers;
    let verdict = state;
    const path = [...this.#path, this.dep];
    for (const edge of peerEdges(this.dep)) {
      const peer = edge.to;
      if (!peer || path.includes(peer)) continue;
      this.dep.specTable.budget.step();
      const target = deepestNestingTarget(this.target, peer.key);
      const check = { dep: peer, edge, target, parent: this, preferDedupe: true, explicitRequest: false };
      const child = new CanPlace(check, path);
      this.children.push(child);
      if (child.all === "CONFLICT") verdict = "CONFLICT";
    }
    this.#peers = verdict;
    return verdict;
  }
}

/** npm crashes where a candidate that was displaced from its own virtual root is placed (npm-tree §25.2). */
export class DetachedCandidate extends Error {
  declare readonly node: Node;
  constructor(node: Node) {
    super();
    this.node = node;
  }
}

export function peerEdges(node: Node): Edge[] {
  const { manifest, specTable } = node;
  if (node.isLink || !manifest.peerDependencies || specTable.legacyPeerDeps) return [];
  return [...node.edges().values()].filter((edge) => edge.peer);
}

function clobbers(entry: Node, siblings: ReadonlyMap<string, Node>): boolean {
  const walk = new Set([entry]);
  for (const node of walk) {
    for (const edge of node.edges().values()) {
      if (!edge.peer || !edge.valid) continue;
      const rep = siblings.get(edge.key);
      if (!rep) {
        if (edge.to) walk.add(edge.to);
      } else if (!rep.satisfies(edge)) return false;
    }
  }
  return true;
}

/**
 * Whether `node` could stand where `old` does and every dependent of `old` be content (npm-tree §13.4). Dependents that
 * only `old` itself keeps in the tree have no say, nor do peers of the names in `ignorePeers` beside it.
 */
export function canReplace(node: Node, old: Node, ignorePeers?: ReadonlyMap<string, Node>): boolean {
  if (node.name !== old.name || node.packageName !== old.packageName) return false;
  if (!old.isLink && old.specsSize() > 0 && (node.overrides ? !node.overrides.equals(old.overrides) : old.overrides))
    return false;
  let own: Set<Node> | null = null;
  for (const edge of old.edgesIn) {
    if (ignorePeers && !old.isTop && edge.from.parent === old.parent && edge.peer && ignored(edge.from, ignorePeers))
      continue;
    if (edge.satisfiedBy(node)) continue;
    own ??= gather([old], (kept) => kept.to !== old && kept.valid);
    if (!own.has(edge.from)) return false;
  }
  return true;
}

function ignored(node: Node, names: ReadonlyMap<string, Node>): boolean {
  return names.get(node.key)?.name === node.name;
}

/** Whether a package may go because the one further up serves as well (npm-tree §13.3). */
export function canDedupe(node: Node, preferDedupe: boolean, explicitRequest: boolean): boolean {
  const above = node.resolveParent?.resolveParent;
  if (!above || node.inDepBundle || node.inShrinkwrap) return false;
  if (node.edgesIn.size === 0) return true;
  const other = above.resolve(node.key);
  if (!other) return false;
  if (other.matches(node)) return true;
  if (!canReplace(other, node)) return false;
  const order = node.specTable.compare(other.version, node.version);
  return preferDedupe || order === 0 || (order > 0 && !node.overrides?.chose(node)) || explicitRequest;
}
