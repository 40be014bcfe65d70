import type { Edge } from "../graph/edge.ts";
import { deepestNestingTarget, gatherFrom, peerEntries, peersBelow } from "../graph/gather.ts";
import type { Node } from "../graph/node.ts";

export type Verdict = "OK" | "REPLACE" | "KEEP" | "CONFLICT";

/**
 * A set with more checks than this is checked in another way. npm checks a peer again on every way that leads to it: 14 packages
 * that are peers of each other take it 10^10 checks.
 */
const MAX_CHECKS = 1_000;

/** The checks of one set of peers. */
interface PeerChecks {
  /** How many were made. */
  count: number;
  /** True if each check is made without the peers of its package: {@link CanPlace.finish} goes through them. */
  readonly shallow: boolean;
}

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
 * The peers of `dep` fit if each of them may be placed at its deepest target from `target` up, by the same rules. If that takes
 * more than 1,000 checks, the result is open until {@link finish} has run.
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
  /** The check of the package that is placed for its own sake. */
  declare readonly top: CanPlace;
  readonly children: CanPlace[] = [];
  /** The package of that name in `target` now. */
  declare readonly current: Node | null;
  /** The verdict, with the peers of `dep`. */
  declare all: Verdict;
  /** The verdict before the peers were checked. Null if they were not. */
  #withoutPeers: Verdict | null = null;
  readonly #preferDedupe: boolean;
  readonly #explicitRequest: boolean;
  /** The packages whose peers are being checked: `dep` of each check above this one. */
  readonly #path: readonly Node[];
  readonly #checks: PeerChecks;
  #deepest: Node | null = null;
  /** Whether the peers of `dep` fit, once they were checked. */
  #peersFit: boolean | null = null;

  constructor(
    question: PlacementQuestion,
    path: readonly Node[] = [],
    checks: PeerChecks = { count: 0, shallow: false },
  ) {
    this.dep = question.dep;
    this.edge = question.edge;
    this.target = question.target;
    this.parent = question.parent;
    this.top = question.parent?.top ?? this;
    this.#preferDedupe = question.preferDedupe || question.edge.peer;
    this.#explicitRequest = question.explicitRequest;
    this.#path = path;
    this.#checks = checks;
    this.current = question.target.children.get(question.edge.key) ?? null;
    this.all = this.#judge();
  }

  /** The verdict without the peers of `dep`. */
  get self(): Verdict {
    return this.#withoutPeers ?? this.all;
  }

  /** The deepest folder where `dep` may be placed. For a peer it is never deeper than that of the package that has the peer. */
  get #start(): Node {
    if (this.#deepest) return this.#deepest;
    const deepest = deepestNestingTarget(this.parent ? this.parent.#start : this.edge.from, this.edge.key);
    // Placements change the tree between other checks.
    if (this.#checks.shallow) this.#deepest = deepest;
    return deepest;
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
    /** The names in each set that does not accept the new peers, by its first package. */
    const refusing = new Map<Node, ReadonlySet<string> | null>();
    for (const entry of peerEntries(current)) {
      if (entry === edge || entry === this.top.edge) continue;
      const first = entry.to as Node;
      let names = refusing.get(first);
      if (names === undefined) {
        const replacement = siblings.get(first.key);
        const accepts = replacement ? canReplace(replacement, first, siblings) : acceptsPeers(first, siblings);
        names = accepts ? null : new Set([...peersBelow(first)].map(({ key }) => key));
        refusing.set(first, names);
      }
      if (names && !nestDeeper(names, entry.from, target)) return false;
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

  /** Returns `withoutPeers`, or CONFLICT if a peer of `dep` does not fit. The peers are checked once. */
  #ifPeersFit(withoutPeers: Verdict): Verdict {
    this.#withoutPeers = withoutPeers;
    this.#peersFit ??= this.#checks.shallow || this.#checkPeers();
    return this.#peersFit ? withoutPeers : "CONFLICT";
  }

  #checkPeers(): boolean {
    const checks = this.#checks;
    const path = [...this.#path, this.dep];
    let fit = true;
    for (const edge of peerEdges(this.dep)) {
      const peer = edge.to;
      if (!peer || path.includes(peer)) continue;
      if (++checks.count > MAX_CHECKS) break;
      this.dep.specTable.budget.step();
      const child = new CanPlace(this.#questionFor(edge, peer), path, checks);
      this.children.push(child);
      if (child.all === "CONFLICT") fit = false;
    }
    return fit;
  }

  #questionFor(edge: Edge, dep: Node): PlacementQuestion {
    const target = deepestNestingTarget(this.target, dep.key);
    return { dep, edge, target, parent: this, preferDedupe: true, explicitRequest: false };
  }

  /** True if the set of peers is too large for npm's way of checking it. Then the verdict is not known before {@link finish}. */
  get unfinished(): boolean {
    return this.#checks.count > MAX_CHECKS;
  }

  /**
   * Checks a large set of peers, each package once for each folder. A peer on which it does not depend whether the others fit ends
   * a way; a CONFLICT ends the search. npm finds the same, unless the only way to a conflict passes a package twice.
   */
  *finish(): Generator<undefined, void> {
    const { budget } = this.dep.specTable;
    this.#checks.count = 0;
    this.#peersFit = true;
    this.children.length = 0;
    const checks: PeerChecks = { count: 0, shallow: true };
    const reached = new Map<Node, CanPlace[]>();
    const open: CanPlace[] = [this];
    search: for (const check of open) {
      for (const edge of peerEdges(check.dep)) {
        const peer = edge.to;
        if (!peer || peer === this.dep) continue;
        budget.step();
        // A check takes as long as twenty visits.
        budget.visit(20);
        if (budget.takePause()) yield;
        const child = new CanPlace(check.#questionFor(edge, peer), [], checks);
        if (child.all === "CONFLICT") {
          this.#peersFit = false;
          this.children.push(child);
          break search;
        }
        if (!child.#dependsOnPeers) continue;
        const others = reached.get(peer) ?? [];
        if (others.some((other) => other.target === child.target && other.#start === child.#start)) continue;
        reached.set(peer, [...others, child]);
        open.push(child);
      }
    }
    this.all = this.#judge();
  }

  /** Whether the verdict is CONFLICT if a peer does not fit. Without the peers, step 4c may keep the package that is there. */
  get #dependsOnPeers(): boolean {
    return this.#withoutPeers !== null && !this.current?.satisfies(this.edge);
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

/** Checks whether packages with these folded names can all be placed below `target` for a dependent: step 4h. */
function nestDeeper(names: ReadonlySet<string>, from: Node, target: Node): boolean {
  const specs = from.specs();
  // Names that are no peers of the dependent all have the same deepest target.
  const asked = specs.size < names.size ? [...specs.keys()].filter((key) => names.has(key)) : names;
  let others = names.size;
  for (const key of asked) {
    if (!specs.get(key)?.peer) continue;
    others--;
    if (isAtOrAbove(deepestNestingTarget(from, key), target)) return false;
  }
  return others === 0 || !isAtOrAbove(from, target);
}

function isAtOrAbove(deepest: Node, target: Node): boolean {
  return deepest === target || target.isDescendantOf(deepest);
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
  if (!old.isLink && old.specsSize() > 0 && node.overrides !== old.overrides) return false;
  let own: Set<Node> | null = null;
  const { budget } = old.specTable;
  for (const edge of old.edgesIn) {
    budget.visits++;
    if (ignorePeers && !old.isTop && edge.from.parent === old.parent && edge.peer && isIgnored(edge.from, ignorePeers))
      continue;
    if (edge.satisfiedBy(node)) continue;
    own ??= gatherFrom(old, ({ valid }) => valid);
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
