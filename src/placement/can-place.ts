import type { Edge } from "../graph/edge.ts";
import { deepestNestingTarget, gather, peerEntrySets } from "../graph/gather.ts";
import type { Node } from "../graph/node.ts";

export type Verdict = "OK" | "REPLACE" | "KEEP" | "CONFLICT";

export interface PlacementQuestion {
  readonly dep: Node;
  readonly edge: Edge;
  readonly target: Node;
  /** The check of the package that has `dep` as a peer. Null for the package that is placed for its own sake. */
  readonly parent: CanPlace | null;
  /** npm's `--prefer-dedupe`. Peers always prefer to dedupe. */
  readonly preferDedupe: boolean;
  /** Whether `add` requested the edge. */
  readonly explicitRequest: boolean;
}

/**
 * Decides whether `dep` may be placed in the `node_modules` of `target`, for `edge`. Steps are numbered as in npm-tree §12.
 *
 * `current` is the package of that name that is there now.
 *
 * 1. `dep` failed to load: REPLACE `current`, or OK. The node only marks the place.
 * 2. `target` has the name as a peer and is not a top node: CONFLICT. The package belongs higher up.
 * 3. There is no `current`, and another edge of `target` asks for the name, but `dep` does not satisfy that edge: CONFLICT.
 * 4. There is a `current`:
 *    a. `dep` is the same package, and `current` satisfies `edge`, or neither of them does: KEEP. For an explicit request: REPLACE.
 *    b. `dep` is not older, and every dependent of `current` accepts it: REPLACE, if the peers of `dep` fit too.
 *    c. `current` satisfies `edge`: KEEP. An explicit request goes on to d, unless it prefers to dedupe.
 *    d. With prefer-dedupe, `dep` is older, and every dependent of `current` accepts it: REPLACE, if the peers fit too.
 *    e. `target` is not the deepest folder where `dep` may go: CONFLICT. `dep` can still be placed deeper.
 *    f. `edge` is a dependency of `target` itself, and not a peer: REPLACE, if the peers fit too.
 *    g. `edge` is not a peer edge: CONFLICT.
 *    h. `current` belongs to other peer sets: REPLACE if each of them accepts the new peers or can nest deeper, and the peers
 *       of `dep` fit too. Else CONFLICT.
 * 5. There is no `current`:
 *    a. A dependent at or below `target` uses a package further up, which `dep` would hide, and `dep` does not satisfy it: CONFLICT.
 *       This is not checked in the folder of the package that asks, for itself or as the head of a peer set.
 *    b. Otherwise OK, if the peers of `dep` fit too.
 *
 * The peers of `dep` fit if each of them may be placed at its deepest target from `target` up, by the same rules.
 *
 * ```
 * 4b  root -> a, b;  a -> c@^1.0;  b -> c@^1.2         c@1.0 is at the root; c@1.2 satisfies a too: REPLACE
 * 4e  root -> a, b;  a -> c@1;  b -> c@2               c@1 is at the root; c@2 can go below b: CONFLICT at the root
 * 4h  root -> a, b;  a -> c@1;  b -> peer c@2          c@1 is at the root; it can nest below a: c@2 may REPLACE it
 * 5a  root -> a, c@1;  a -> d, e;  d -> c@1;  e -> c@2  d and e are below a; c@2 there would hide c@1 from d: CONFLICT
 * 5b  root -> c@1, x;  x -> b;  b -> peer c@2          c@2 conflicts at the root, so b does too: both nest below x
 * ```
 *
 * Pure: it reads the tree and never changes it.
 */
export class CanPlace {
  declare readonly dep: Node;
  declare readonly edge: Edge;
  declare readonly target: Node;
  declare readonly parent: CanPlace | null;
  readonly children: CanPlace[] = [];
  /** The package of that name in `target` now. */
  declare readonly current: Node | null;
  /** The verdict, with the peers of `dep`. */
  declare readonly all: Verdict;
  /** The verdict before the peers were checked. Null if they were not. */
  #withoutPeers: Verdict | null = null;
  readonly #preferDedupe: boolean;
  readonly #explicitRequest: boolean;
  /** The packages whose peers are being checked: `dep` of each check above this one. */
  readonly #path: readonly Node[];
  /** The verdict with the peers, once they were checked. */
  #withPeers: Verdict | null = null;

  constructor(question: PlacementQuestion, path: readonly Node[] = []) {
    this.dep = question.dep;
    this.edge = question.edge;
    this.target = question.target;
    this.parent = question.parent;
    this.#preferDedupe = question.preferDedupe || question.edge.peer;
    this.#explicitRequest = question.explicitRequest;
    this.#path = path;
    this.current = question.target.children.get(question.edge.key) ?? null;
    this.all = this.#judge();
  }

  /** The verdict without the peers of `dep`. */
  get self(): Verdict {
    return this.#withoutPeers ?? this.all;
  }

  /** The check of the package that is placed for its own sake. */
  get top(): CanPlace {
    return this.parent ? this.parent.top : this;
  }

  /** The deepest folder where `dep` may be placed. For a peer it is never deeper than that of the package that has the peer. */
  get #start(): Node {
    const from = this.parent ? this.parent.#start : this.edge.from;
    return deepestNestingTarget(from, this.edge.key);
  }

  /** Returns the checks of the peers of `dep`, of their peers, and so on, nearest first. */
  descendants(): CanPlace[] {
    const all = new Set(this.children);
    for (const child of all) for (const below of child.children) all.add(below);
    return [...all];
  }

  #judge(): Verdict {
    const { target, edge, dep, current } = this;
    // step 1
    if (dep.errors.length) return current ? "REPLACE" : "OK";
    const wanted = target.edges().get(edge.key);
    // step 2
    if (wanted?.peer && !target.isTop) return "CONFLICT";
    // step 3
    if (!current && wanted && wanted !== edge && !dep.satisfies(wanted)) return "CONFLICT";
    return current ? this.#replaceOrKeep(current) : this.#intoFreePlace();
  }

  /** Step 4. */
  #replaceOrKeep(current: Node): Verdict {
    const { dep, edge, target } = this;
    const explicit = this.#explicitRequest;
    // step 4a
    if (dep.matches(current) && (current.satisfies(edge) || !dep.satisfies(edge))) return explicit ? "REPLACE" : "KEEP";
    // step 4b
    const newer = dep.specTable.compare(dep.version, current.version) >= 0;
    if (newer && canReplace(dep, current)) {
      const verdict = this.#ifPeersFit("REPLACE");
      if (verdict !== "CONFLICT") return verdict;
    }
    // step 4c
    if ((!explicit || this.#preferDedupe) && current.satisfies(edge)) return "KEEP";
    // step 4d
    if (this.#preferDedupe && !newer && canReplace(dep, current)) {
      const verdict = this.#ifPeersFit("REPLACE");
      if (verdict !== "CONFLICT") return verdict;
    }
    // step 4e
    if (target !== this.#start) return "CONFLICT";
    // step 4f
    if (!edge.peer && target === edge.from) return this.#ifPeersFit("REPLACE");
    // step 4g
    if (!this.parent && !edge.peer) return "CONFLICT";
    // step 4h
    return this.#mayDisplace(current) ? this.#ifPeersFit("REPLACE") : "CONFLICT";
  }

  /**
   * Step 4h: checks whether the other peer sets of `current` can do without it here.
   *
   * ```
   * root -> x@1, y@1;  x -> peer p@1;  y -> z;  z -> peer p@2
   *   p@1 is at the root for x, whose entry edge is root's own: the set of x cannot nest deeper, so p@2 may not replace it
   * ```
   */
  #mayDisplace(current: Node): boolean {
    const { dep, edge, target } = this;
    const siblings = dep.parent?.children ?? null;
    if (!siblings) throw new DetachedCandidate(dep);
    for (const [entry, set] of peerEntrySets(current)) {
      if (entry === edge || entry === this.top.edge) continue;
      const entryNode = entry.to as Node;
      const replacement = siblings.get(entryNode.key);
      if (replacement ? canReplace(replacement, entryNode, siblings) : acceptsPeers(entryNode, siblings)) continue;
      for (const member of set) {
        const deepest = deepestNestingTarget(entry.from, member.key);
        if (deepest === target || target.isDescendantOf(deepest)) return false;
      }
    }
    return true;
  }

  /** Step 5. */
  #intoFreePlace(): Verdict {
    const { target, dep, edge } = this;
    const above = target !== this.top.edge.from ? target.resolve(edge.key) : null;
    if (above) {
      for (const into of above.edgesIn) {
        if (into.from.isDescendantOf(target) && into.valid && !dep.satisfies(into)) return "CONFLICT";
      }
    }
    return this.#ifPeersFit("OK");
  }

  /** Returns `withoutPeers`, or CONFLICT if a peer of `dep` does not fit. The result is computed once. */
  #ifPeersFit(withoutPeers: Verdict): Verdict {
    this.#withoutPeers = withoutPeers;
    if (this.#withPeers) return this.#withPeers;
    let verdict = withoutPeers;
    const path = [...this.#path, this.dep];
    for (const edge of peerEdges(this.dep)) {
      const peer = edge.to;
      if (!peer || path.includes(peer)) continue;
      this.dep.specTable.budget.step();
      const target = deepestNestingTarget(this.target, peer.key);
      const question = { dep: peer, edge, target, parent: this, preferDedupe: true, explicitRequest: false };
      const child = new CanPlace(question, path);
      this.children.push(child);
      if (child.all === "CONFLICT") verdict = "CONFLICT";
    }
    this.#withPeers = verdict;
    return verdict;
  }
}

/** Thrown where npm crashes: a candidate is placed that another candidate evicted from its virtual root (npm-tree §25.2). */
export class DetachedCandidate extends Error {
  declare readonly node: Node;
  constructor(node: Node) {
    super();
    this.node = node;
  }
}

/** Returns the peer edges of a node, optional ones included. */
export function peerEdges(node: Node): Edge[] {
  const { manifest, specTable } = node;
  if (node.isLink || !manifest.peerDependencies || specTable.legacyPeerDeps) return [];
  return [...node.edges().values()].filter((edge) => edge.peer);
}

/** Checks whether a peer set accepts the new peers of the names that both have: step 4h. */
function acceptsPeers(entry: Node, siblings: ReadonlyMap<string, Node>): boolean {
  const walk = new Set([entry]);
  for (const node of walk) {
    for (const edge of node.edges().values()) {
      if (!edge.peer || !edge.valid) continue;
      const sibling = siblings.get(edge.key);
      if (!sibling) {
        if (edge.to) walk.add(edge.to);
      } else if (!sibling.satisfies(edge)) return false;
    }
  }
  return true;
}

/**
 * Checks whether `node` can replace `old` (npm-tree §13.4): it has the same name, the same override rules if `old` has
 * dependencies, and it satisfies every dependent of `old`. Two kinds of dependents do not count:
 *
 * 1. Those that are in the tree only because of `old`: they go with it.
 * 2. Packages beside `old` that have it as a peer, if `ignorePeers` has their name: they will be replaced too.
 */
export function canReplace(node: Node, old: Node, ignorePeers?: ReadonlyMap<string, Node>): boolean {
  if (node.name !== old.name || node.packageName !== old.packageName) return false;
  if (!old.isLink && old.specsSize() > 0 && (node.overrides ? !node.overrides.equals(old.overrides) : old.overrides))
    return false;
  let own: Set<Node> | null = null;
  for (const edge of old.edgesIn) {
    if (ignorePeers && !old.isTop && edge.from.parent === old.parent && edge.peer && isIgnored(edge.from, ignorePeers))
      continue;
    if (edge.satisfiedBy(node)) continue;
    own ??= gather([old], (kept) => kept.to !== old && kept.valid);
    if (!own.has(edge.from)) return false;
  }
  return true;
}

function isIgnored(node: Node, names: ReadonlyMap<string, Node>): boolean {
  return names.get(node.key)?.name === node.name;
}

/**
 * Checks whether a package can be removed because the one of its name further up serves its dependents too (npm-tree §13.3).
 *
 * 1. Bundled packages, those of a shrinkwrap, and those with no folder further up stay.
 * 2. A package without dependents goes.
 * 3. If no package of that name is further up, it stays.
 * 4. If the package further up is the same, this one goes.
 * 5. If the package further up cannot replace it, it stays.
 * 6. Otherwise it goes if one of these holds: prefer-dedupe is on, the versions are equal, the other is newer and no override
 *    chose this one, or `add` requested it.
 */
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
