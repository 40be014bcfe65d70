import type { Failure } from "../api/failure.ts";
import { enOrder } from "../base/collate.ts";
import type { Context } from "../engine/context.ts";
import type { LoadedManifest } from "../engine/local-packages.ts";
import { needCode, needPackument, type Steps, withPauses } from "../engine/need.ts";
import { PendingFailure } from "../engine/pending-failure.ts";
import { fail, failure, type Outcome, ok, raise } from "../errors/failure.ts";
import { notTerminating } from "../errors/not-terminating.ts";
import { copyNode } from "../graph/copy-node.ts";
import type { Edge } from "../graph/edge.ts";
import { Node, type NodeInit } from "../graph/node.ts";
import type { ParsedSpec } from "../graph/spec-table.ts";
import { VirtualTree } from "../graph/virtual-tree.ts";
import { canReplace, peerEdges } from "../placement/can-place.ts";
import { ofProject } from "../placement/place.ts";
import { integrityOf } from "../registry/dist.ts";
import { pickVersion } from "../registry/select-version.ts";
import type { RegistrySpec, Spec } from "../spec/spec.ts";

/**
 * Peers of peers deeper than this mean a set that grows without end. The stack of a worker is full at twice this depth, that of a
 * page at four times.
 */
const MAX_DEPTH = 200;
/** More candidates than this in one virtual root mean that two peers replace each other without end (npm-tree §25.1b). */
const MAX_TRIES = 2_000;

/** Folders, tarballs and repositories: loaded for the first such spec. */
const loadLocalPackages = () => import("../engine/local-packages.ts");

interface CandidateRequest {
  edge: Edge;
  /** The virtual root to try it in. Null for a new one of the dependent. */
  virtualTree: VirtualTree | null;
  /** Another edge of the same name. Its package is taken if it satisfies both edges. */
  second?: Edge | null;
  /** Nodes whose peer conflicts must not be ignored. Candidates are added to it. */
  required: Set<Node>;
}

/**
 * Makes candidates: packages to be placed, each with a consistent set of its peers (npm-tree §9, §10).
 *
 * A candidate is tried in a virtual root: a copy of its dependent, in which the candidate and its peers are side by side.
 * Peer conflicts inside the set are found here; conflicts with the tree are found by `placement/`.
 *
 * To make the candidate for an edge (§9):
 *
 * 1. Take the given virtual root, or a new one of the edge's dependent.
 * 2. Load the package that the edge asks for: a link, a version from the registry, or a node with the load failure.
 * 3. If a second edge of that name is not satisfied, load its package too. Take it if it satisfies the first edge as well.
 * 4. Put the chosen package into the virtual root. It evicts a package of the same name.
 * 5. Load its peers: for each peer edge that is not satisfied, by name (§10):
 *    a. Another version of that name is in the virtual root: replace it if all its dependents accept the peer's version.
 *       Else: CONFLICT.
 *    b. Nothing has that name, and the dependent does not ask for it: make a candidate for the peer edge. From npm 11.20 and 12.1
 *       on, an optional peer is left out unless the dependent has another version of it in reach.
 *    c. Nothing has that name, but the dependent asks for it: make a candidate for the dependent's edge, with the peer edge as
 *       the second edge of step 3. If the chosen package does not satisfy the peer edge: CONFLICT.
 * 6. CONFLICT: the peer stays unmet, or the build fails with ERESOLVE. From npm 11.21.1 and 12.2.1 on, a package that could not be
 *    loaded is no conflict: its own failure counts. It fails if the package is required, `force` is off, and
 *    either the dependent is the project or a workspace, or `strictPeerDeps` is on.
 *
 * ```
 * root -> react@18, ui@1;  ui -> peer react@^18
 *   5c: the virtual root of root holds ui@1 and react@18; the project's own edge decides the version
 *
 * root -> react@17, ui@1;  ui -> peer react@^18
 *   5c: react@17 satisfies root only, and the dependent is the project: ERESOLVE
 *
 * root -> x@1;  x -> peer a@*, peer b@*;  a -> peer b@1;  the newest b is 2
 *   5b: a is loaded with its peer b@1. That satisfies x's edge to b too, so b@2 is not loaded
 * ```
 */
export class Candidates {
  readonly #context: Context;
  /** Loaded manifests by name, then by spec. As in npm, the first answer holds for the whole run, also if it is a failure. */
  readonly #loaded = new Map<string, Map<string, Outcome<LoadedManifest>>>();
  /** The latest virtual root of a node, or the candidate that would be alone in it. */
  readonly #roots = new Map<Node, VirtualTree | Node>();
  readonly #loadedFor = new WeakMap<Node, Node>();
  /** How many sets of peers are being loaded within each other. */
  #depth = 0;
  readonly #tries = new WeakMap<VirtualTree, number>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Returns the dependent in whose virtual root a node was loaded, or the node itself. */
  loadedFor(node: Node): Node {
    return this.#loadedFor.get(node) ?? node;
  }

  /** Returns the latest virtual root of a node, or a new one. */
  latestRoot(node: Node): VirtualTree {
    const latest = this.#roots.get(node);
    if (latest instanceof VirtualTree) return latest;
    const root = this.#newRoot(node);
    if (latest) root.attach(latest.placed ? copyNode(latest) : latest);
    return root;
  }

  /** Checks whether the latest virtual root of a node has a package of that name. */
  hasTried(node: Node, key: string): boolean {
    const latest = this.#roots.get(node);
    return latest instanceof VirtualTree ? latest.root.children.has(key) : latest?.key === key;
  }

  /** Puts a candidate that was made without a virtual root into one, so that a report can describe it. */
  giveVirtualRoot(dep: Node, from: Node): void {
    if (!dep.tree) new VirtualTree(from).attach(dep);
  }

  #newRoot(node: Node): VirtualTree {
    const root = new VirtualTree(node);
    if (this.#context.specTable.overrides) root.addEdges();
    this.#roots.set(node, root);
    return root;
  }

  /** Makes a candidate: steps 1 to 6. A candidate without peers needs no virtual root, and gets none. */
  *candidate(request: CandidateRequest): Steps<Node> {
    const { edge, second = null } = request;
    if (!request.virtualTree && !edge.peer && !this.#context.specTable.overrides) {
      const alone = yield* this.#nodeFor(edge, edge.parsed(), edge.name);
      const hasPeers = !alone.isLink && alone.manifest.peerDependencies && !alone.specTable.legacyPeerDeps;
      // The link of a workspace leaves the tree for a virtual root.
      if (!hasPeers && !alone.placed) {
        this.#context.specTable.budget.step();
        this.#roots.set(edge.from, alone);
        return alone;
      }
      const virtualTree = this.#newRoot(edge.from);
      virtualTree.attach(alone);
      return yield* this.#choose(alone, { request, virtualTree });
    }
    const virtualTree = request.virtualTree ?? this.#newRoot(edge.from);
    const first = yield* this.#insert(edge, virtualTree);
    const other = second && !second.valid ? yield* this.#insert(second, virtualTree, edge.name) : null;
    return yield* this.#choose(other && edge.valid ? other : first, { request, virtualTree });
  }

  /** Steps 4 to 6. */
  *#choose(
    chosen: Node,
    { request, virtualTree }: { request: CandidateRequest; virtualTree: VirtualTree },
  ): Steps<Node> {
    const { edge, second = null, required } = request;
    this.#countTry(virtualTree);
    virtualTree.attach(chosen);
    if (isRequired(edge, required) || (second && isRequired(second, required))) required.add(chosen);
    this.#loadedFor.set(chosen, virtualTree.source);
    if (peerEdges(chosen).length > 0) {
      if (++this.#depth > MAX_DEPTH) raise(notTerminating(`the peer set of ${virtualTree.source.name}`));
      yield* this.#loadPeers(chosen, required);
      this.#depth--;
    }
    return chosen;
  }

  /** @throws InstallError ENONTERMINATING */
  #countTry(virtualTree: VirtualTree): void {
    this.#context.specTable.budget.step();
    const tries = (this.#tries.get(virtualTree) ?? 0) + 1;
    this.#tries.set(virtualTree, tries);
    if (tries > MAX_TRIES) raise(notTerminating(`the peer set of ${virtualTree.source.name}`));
  }

  /** Step 5. */
  *#loadPeers(node: Node, required: Set<Node>): Steps<void> {
    (node.tree as VirtualTree).addEdges();
    const edges = peerEdges(node).filter((edge) => !(edge.to && edge.valid));
    edges.sort((a, b) => enOrder(a.name, b.name));
    for (const edge of edges) {
      if (!node.parent) return;
      if (edge.to && edge.valid) continue;
      const virtualTree = node.tree as VirtualTree;
      const { force, strictPeerDeps } = this.#context.options;
      const tolerant = force || !(strictPeerDeps || ofProject(virtualTree.source));
      const stop = yield* this.#loadPeer(edge, { virtualTree, required, tolerant });
      if (stop) return;
    }
  }

  /** Loads one peer: steps 5 and 6. Returns true if the dependent was evicted meanwhile, so that its peers do not matter. */
  *#loadPeer(edge: Edge, at: { virtualTree: VirtualTree; required: Set<Node>; tolerant: boolean }): Steps<boolean> {
    const { virtualTree, required, tolerant } = at;
    const asked = virtualTree.ownEdge(edge.key);
    const current = edge.to;
    // step 5a
    if (current) {
      const trial = yield* this.candidate({ edge, virtualTree: null, required });
      if (canReplace(trial, current)) yield* this.candidate({ edge, virtualTree, required });
      else if (!tolerant && required.has(edge.from) && !this.#isExcused(current)) this.#conflict(edge, asked);
      return false;
    }
    // step 5b
    if (!asked) {
      if (this.#isAbsent(edge, virtualTree)) return false;
      yield* this.candidate({ edge, virtualTree, required });
      return false;
    }
    // step 5c
    const dep = yield* this.candidate({ edge: asked, virtualTree, second: edge, required });
    if (edge.valid) return false;
    if (tolerant || !required.has(dep) || this.#isExcused(dep)) {
      edge.peerConflicted = true;
      return false;
    }
    if (!edge.from.parent) return true;
    return this.#conflict(edge, asked);
  }

  /** Checks whether a conflict with a node does not count, because the node's package could not be loaded. */
  #isExcused(node: Node): boolean {
    return this.#context.specTable.rules.excusesFailedPeers && this.#context.loadFailures.has(node);
  }

  /** Checks for an optional peer that newer versions of npm do not load: the dependent has no package of that name, or one that suits. */
  #isAbsent(edge: Edge, { source }: VirtualTree): boolean {
    if (edge.spec.type !== "peerOptional" || !this.#context.specTable.rules.skipsAbsentOptionalPeers) return false;
    const there = source.resolve(edge.key);
    return there === null || edge.satisfiedBy(there);
  }

  #conflict(edge: Edge, asked: Edge | null): never {
    throw new PendingFailure((wording) => wording.peerSetConflict(edge, asked, this.#context));
  }

  *#insert(edge: Edge, virtualTree: VirtualTree, name: string = edge.name): Steps<Node> {
    const node = yield* this.#nodeFor(edge, edge.parsed(), name);
    // The link of a workspace leaves the tree only if it is chosen.
    if (!node.placed) virtualTree.attach(node);
    return node;
  }

  /** Step 2. A spec that cannot be parsed ends the build, even that of an optional dependency. */
  *#nodeFor(edge: Edge, { spec, failure: unparsed }: ParsedSpec, name: string): Steps<Node> {
    if (!spec) return raise(blame(unparsed as Failure, edge));
    const { forbidden } = this.#context.options;
    const refused = forbidden?.(edge, spec);
    if (refused) return this.#failed(name, refused, edge);
    if (spec.type === "directory" || this.#context.tree.workspaceSpecs.has(edge.key)) {
      const link = (yield* needCode(loadLocalPackages)).linkFor(edge, { spec, name, context: this.#context });
      if (link) return link;
    }
    const pinned = this.#context.yarn?.pin?.({ ...spec, name, raw: `${name}@${spec.rawSpec}` });
    const refusedPin = pinned && forbidden?.(edge, pinned);
    return refusedPin ? this.#failed(name, refusedPin, edge) : yield* this.#load(pinned ?? spec, edge, name);
  }

  *#load(spec: Spec, edge: Edge, name: string): Steps<Node> {
    let known = this.#loaded.get(name);
    if (!known) {
      known = new Map();
      this.#loaded.set(name, known);
    }
    const key = "saveSpec" in spec ? spec.saveSpec : spec.rawSpec;
    let loaded = known.get(key);
    if (!loaded) {
      loaded = yield* this.#manifestFor("registry" in spec && spec.type !== "alias" ? { ...spec, name } : spec, edge);
      known.set(key, loaded);
    }
    const { specTable } = this.#context;
    if (loaded.ok) return new Node({ specTable, name, ...this.#extended(loaded.value) });
    return this.#failed(name, loaded.failure, edge);
  }

  /** Returns the node of a package that could not be loaded. */
  #failed(name: string, cause: Failure, edge: Edge): Node {
    const { specTable, loadFailures } = this.#context;
    const node = new Node({ specTable, name, manifest: {}, errors: [blame(cause, edge)] });
    loadFailures.add(node);
    return node;
  }

  /** Adds what a rule of `packageExtensions` gives the package, and the mark for the lock. */
  #extended(loaded: LoadedManifest): LoadedManifest & Pick<NodeInit, "marks"> {
    const extended = this.#context.extensions?.extend(loaded.manifest);
    if (!extended) return loaded;
    const { manifest, applied } = extended;
    if (this.#context.picked.has(loaded.manifest)) this.#context.picked.add(manifest);
    return { ...loaded, manifest, marks: { packageExtensionsApplied: applied } };
  }

  *#manifestFor(spec: Spec, edge: Edge): Steps<Outcome<LoadedManifest>> {
    if (spec.type === "alias") return yield* this.#fromRegistry(spec.subSpec);
    if ("registry" in spec) return yield* this.#fromRegistry(spec);
    return yield* (yield* needCode(loadLocalPackages)).loadLocal(spec, edge, this.#context);
  }

  *#fromRegistry(spec: RegistrySpec): Steps<Outcome<LoadedManifest>> {
    const packument = yield* needPackument(spec.name);
    if (!packument.ok) return packument;
    const policy = this.#context.options.policyFor(spec.name);
    const picked = yield* withPauses(pickVersion(packument.value, spec.fetchSpec, policy));
    if (!picked.ok) return picked;
    const manifest = picked.value;
    this.#context.picked.add(manifest);
    if (!manifest.version) {
      const message = `The manifest that the registry has for ${spec.name}@${spec.fetchSpec} has no version.`;
      return fail(failure("EINCOMPLETEMANIFEST", message, { package: spec.name }));
    }
    return ok({ manifest, resolved: manifest.dist?.tarball ?? null, integrity: integrityOf(manifest.dist) });
  }
}

/** Checks whether an edge makes its package required: its dependent is, and the edge is not an optional peer. */
function isRequired(edge: Edge, required: ReadonlySet<Node>): boolean {
  return edge.spec.type !== "peerOptional" && required.has(edge.from);
}

/** Returns a load failure for the edge that met it first. npm blames that dependent. */
function blame(cause: Failure, edge: Edge): Failure {
  const { from } = edge.from.tree instanceof VirtualTree ? { from: edge.from.tree.source } : edge;
  return {
    ...cause,
    package: cause.package ?? edge.name,
    spec: cause.spec ?? edge.effective,
    requiredBy: [from.location],
  };
}
