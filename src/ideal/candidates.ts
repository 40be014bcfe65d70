import type { Failure } from "../api/failure.ts";
import { enOrder } from "../base/collate.ts";
import { type Context, raise, Unexplained } from "../engine/context.ts";
import type { Picked } from "../engine/local-packages.ts";
import { needCode, needPackument, type Steps } from "../engine/need.ts";
import { fail, failure, type Outcome, ok } from "../errors/failure.ts";
import { notTerminating } from "../errors/tree.ts";
import type { Edge } from "../graph/edge.ts";
import { Node } from "../graph/node.ts";
import type { Want } from "../graph/spec-table.ts";
import { VirtualTree } from "../graph/virtual-tree.ts";
import { canReplace, peerEdges } from "../placement/can-place.ts";
import { ofProject } from "../placement/place.ts";
import { integrityOf } from "../registry/dist.ts";
import { selectVersion } from "../registry/select-version.ts";
import type { RegistrySpec, Spec } from "../spec/spec.ts";

/** Peers of peers deeper than this mean that a set grows for ever. A worker's stack holds twice as many, a page's four times. */
const MAX_DEPTH = 200;
/** More candidates than this in one virtual root means that two peers replace each other for ever (npm-tree §25.1b). */
const MAX_TRIES = 2_000;

/** Folders, tarballs and repositories: loaded for the first that asks for one. */
const loadLocals = () => import("../engine/local-packages.ts");

interface Ask {
  edge: Edge;
  /** Where to try it; a fresh virtual root of the dependent when null. */
  home: VirtualTree | null;
  /** A sibling's edge of the same name, whose choice is taken if it suits both. */
  second?: Edge | null;
  /** Nodes whose conflicts cannot be waved through. Grows. */
  required: Set<Node>;
}

/** Makes the packages that are then placed, each with a consistent set of its peers (npm-tree §9 and §10). */
export class Candidates {
  readonly #context: Context;
  /** By name, then by spec: npm keeps the first answer for the whole run, failures too. */
  readonly #picked = new Map<string, Map<string, Outcome<Picked>>>();
  /** A node's latest virtual root, or the one candidate that would stand alone in it. */
  readonly #roots = new Map<Node, VirtualTree | Node>();
  readonly #sources = new WeakMap<Node, Node>();
  #depth = 0;
  readonly #tries = new WeakMap<VirtualTree, number>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** What the node was loaded for, if it came as a peer of that. */
  sourceOf(node: Node): Node {
    return this.#sources.get(node) ?? node;
  }

  latestRoot(node: Node): VirtualTree {
    const latest = this.#roots.get(node);
    if (latest instanceof VirtualTree) return latest;
    const root = this.#freshRoot(node);
    if (latest) root.attach(latest.placed ? copyNode(latest) : latest);
    return root;
  }

  /** Whether anything of that name stands in the node's latest virtual root. */
  hasTried(node: Node, key: string): boolean {
    const latest = this.#roots.get(node);
    return latest instanceof VirtualTree ? latest.root.children.has(key) : latest?.key === key;
  }

  /** Gives a candidate that was made without a virtual root one, for what is to be said of it. */
  house(dep: Node, from: Node): void {
    if (!dep.tree) new VirtualTree(from).attach(dep);
  }

  #freshRoot(node: Node): VirtualTree {
    const root = new VirtualTree(node);
    if (this.#context.specTable.overrides) root.enrich();
    this.#roots.set(node, root);
    return root;
  }

  *candidate(ask: Ask): Steps<Node> {
    const { edge, second = null } = ask;
    if (!ask.home && !edge.peer && !this.#context.specTable.overrides) {
      const alone = yield* this.#nodeFrom(edge, edge.want(), edge.name);
      if (alone.isLink || !alone.manifest.peerDependencies || alone.specTable.legacyPeerDeps) {
        this.#context.specTable.budget.step();
        this.#roots.set(edge.from, alone);
        return alone;
      }
      const home = this.#freshRoot(edge.from);
      home.attach(alone);
      return yield* this.#settle(alone, { ask, home });
    }
    const home = ask.home ?? this.#freshRoot(edge.from);
    const first = yield* this.#insert(edge, home);
    const other = second && !second.valid ? yield* this.#insert(second, home, edge.name) : null;
    return yield* this.#settle(other && edge.valid ? other : first, { ask, home });
  }

  *#settle(chosen: Node, { ask, home }: { ask: Ask; home: VirtualTree }): Steps<Node> {
    const { edge, second = null, required } = ask;
    this.#count(home);
    home.attach(chosen);
    if (binding(edge, required) || (second && binding(second, required))) required.add(chosen);
    this.#sources.set(chosen, home.source);
    if (peerEdges(chosen).length > 0) {
      if (++this.#depth > MAX_DEPTH) raise(notTerminating(`the peer set of ${home.source.name}`));
      yield* this.#loadPeers(chosen, required);
      this.#depth--;
    }
    return chosen;
  }

  #count(home: VirtualTree): void {
    this.#context.specTable.budget.step();
    const tries = (this.#tries.get(home) ?? 0) + 1;
    this.#tries.set(home, tries);
    if (tries > MAX_TRIES) raise(notTerminating(`the peer set of ${home.source.name}`));
  }

  *#loadPeers(node: Node, required: Set<Node>): Steps<void> {
    (node.tree as VirtualTree).enrich();
    const edges = peerEdges(node).filter((edge) => !(edge.to && edge.valid));
    edges.sort((a, b) => enOrder(a.name, b.name));
    for (const edge of edges) {
      if (!node.parent) return;
      if (edge.to && edge.valid) continue;
      const home = node.tree as VirtualTree;
      const { force, strictPeerDeps } = this.#context.options;
      const tolerant = force || !(strictPeerDeps || ofProject(home.source));
      const stop = yield* this.#loadPeer(edge, { home, required, tolerant });
      if (stop) return;
    }
  }

  /** True when the node was displaced meanwhile and there is nothing more to do for it. */
  *#loadPeer(edge: Edge, at: { home: VirtualTree; required: Set<Node>; tolerant: boolean }): Steps<boolean> {
    const { home, required, tolerant } = at;
    const asked = home.ownEdge(edge.key);
    const current = edge.to;
    if (current) {
      const trial = yield* this.candidate({ edge, home: null, required });
      if (canReplace(trial, current)) yield* this.candidate({ edge, home, required });
      else if (!tolerant && required.has(edge.from)) this.#conflict(edge, asked);
      return false;
    }
    if (!asked) {
      yield* this.candidate({ edge, home, required });
      return false;
    }
    const dep = yield* this.candidate({ edge: asked, home, second: edge, required });
    if (edge.valid) return false;
    if (tolerant || !required.has(dep)) {
      edge.peerConflicted = true;
      return false;
    }
    if (!edge.from.parent) return true;
    return this.#conflict(edge, asked);
  }

  #conflict(edge: Edge, asked: Edge | null): never {
    throw new Unexplained((words) => words.peerSetConflict(edge, asked, this.#context));
  }

  *#insert(edge: Edge, home: VirtualTree, name: string = edge.name): Steps<Node> {
    const node = yield* this.#nodeFrom(edge, edge.want(), name);
    home.attach(node);
    return node;
  }

  *#nodeFrom(edge: Edge, want: Want, name: string): Steps<Node> {
    const { spec } = want;
    // A spec that cannot be read stops the build, even of an optional dependency.
    if (!spec) return raise(blame(want.failure as Failure, edge));
    if (spec.type === "directory" || this.#context.tree.workspaceSpecs.has(edge.key)) {
      const link = (yield* needCode(loadLocals)).linkFor(edge, { spec, name, context: this.#context });
      if (link) return link;
    }
    return yield* this.#fetched(
      this.#context.yarn?.pin?.({ ...spec, name, raw: `${name}@${spec.rawSpec}` }) ?? spec,
      edge,
      name,
    );
  }

  *#fetched(spec: Spec, edge: Edge, name: string): Steps<Node> {
    let known = this.#picked.get(name);
    if (!known) {
      known = new Map();
      this.#picked.set(name, known);
    }
    const key = "saveSpec" in spec ? spec.saveSpec : spec.rawSpec;
    let picked = known.get(key);
    if (!picked) {
      picked = yield* this.#pick("registry" in spec && spec.type !== "alias" ? { ...spec, name } : spec, edge);
      known.set(key, picked);
    }
    const { specTable } = this.#context;
    if (picked.ok) return new Node({ specTable, name, ...picked.value });
    const node = new Node({ specTable, name, manifest: {}, errors: [blame(picked.failure, edge)] });
    this.#context.loadFailures.add(node);
    return node;
  }

  *#pick(spec: Spec, edge: Edge): Steps<Outcome<Picked>> {
    if (spec.type === "alias") return yield* this.#fromRegistry(spec.subSpec);
    if ("registry" in spec) return yield* this.#fromRegistry(spec);
    return yield* (yield* needCode(loadLocals)).pickLocal(spec, edge, this.#context);
  }

  *#fromRegistry(spec: RegistrySpec): Steps<Outcome<Picked>> {
    const packument = yield* needPackument(spec.name);
    if (!packument.ok) return packument;
    const picked = selectVersion(packument.value, spec.fetchSpec, this.#context.options.policyFor(spec.name));
    if (!picked.ok) return picked;
    const manifest = picked.value;
    this.#context.picked.add(manifest);
    if (!manifest.version)
      return fail(failure("EINCOMPLETEMANIFEST", `${spec.name}: no version`, { package: spec.name }));
    return ok({ manifest, resolved: manifest.dist?.tarball ?? null, integrity: integrityOf(manifest.dist) });
  }
}

/** A candidate that was placed as it was serves no more as one: its like does. */
function copyNode({ specTable, name, manifest, resolved, integrity, errors, hasShrinkwrap }: Node): Node {
  return new Node({ specTable, name, manifest, resolved, integrity, errors, hasShrinkwrap });
}

function binding(edge: Edge, required: ReadonlySet<Node>): boolean {
  return edge.spec.type !== "peerOptional" && required.has(edge.from);
}

/** A failure as this edge meets it: npm blames the first dependent that asked. */
function blame(cause: Failure, edge: Edge): Failure {
  const { from } = edge.from.tree instanceof VirtualTree ? { from: edge.from.tree.source } : edge;
  return {
    ...cause,
    package: cause.package ?? edge.name,
    spec: cause.spec ?? edge.effective,
    requiredBy: [from.location],
  };
}
