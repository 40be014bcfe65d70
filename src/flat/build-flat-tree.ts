import type { Failure } from "../api/failure.ts";
import type { PrereleaseMode } from "../api/flat.ts";
import { hasBundle, openBundle } from "../engine/bundled-dependencies.ts";
import type { Context } from "../engine/context.ts";
import { needCode, PAUSE, type Steps } from "../engine/need.ts";
import { InstallError, raise } from "../errors/failure.ts";
import { endlessCopies, overrideRefused, unresolved } from "../errors/tree.ts";
import type { Edge } from "../graph/edge.ts";
import { Node } from "../graph/node.ts";
import { integrityOf } from "../registry/dist.ts";
import { parseRange, testRange } from "../spec/range.ts";
import { compareVersions, parseVersion, type Version } from "../spec/version.ts";
import type { InstallableVersions } from "./installable-versions.ts";
import { intervalOf, WITH_PRERELEASES } from "./packument-versions.ts";

/** A version that the solver decided. */
export interface DecidedVersion {
  readonly installable: InstallableVersions;
  readonly index: number;
}

/** The dependencies that the tree does not satisfy. */
interface UnmetDependencies {
  readonly peers: Failure[];
  readonly others: Failure[];
}

/** The number of copies of one version that may nest in each other. Copies that require each other would nest without end. */
const MAX_SELF_NESTING = 3;
/** The number of packages that a tree may have. */
const MAX_PACKAGES = 50_000;

/**
 * Places the decided versions in `node_modules` (solver.md, "The tree").
 *
 * 1. The first version of each name goes to the top.
 * 2. For each edge of each node, starting at the project:
 *    a. The edge is valid, or belongs to a shrinkwrap: do nothing.
 *    b. The node that the edge resolves to fits the range, except for npm's prerelease rule: keep the node, and warn.
 *    c. Another decided version fits, and the edge is not a peer: place a copy in the dependent's own `node_modules`.
 *    d. An optional dependency has no target: leave it out.
 *    e. Otherwise the edge is unmet.
 *
 *     // decided: b 2 and b 1;  project -> a, b@2;  a -> b@1
 *     //   node_modules: a, a/node_modules/b (1), b (2)
 *
 * Returns the unmet dependencies: none without relaxations, otherwise peers only.
 */
export function* buildFlatTree(
  decided: ReadonlyMap<string, readonly DecidedVersion[]>,
  context: Context,
  prereleases: PrereleaseMode,
): Steps<UnmetDependencies> {
  const { tree } = context;
  const candidates: Candidates = new Map();
  for (const [key, [first]] of decided) {
    yield PAUSE;
    if (first && !tree.root.children.has(key)) tree.attach(yield* createNode(first, context), tree.root);
  }
  const unmet: UnmetDependencies = { peers: [], others: [] };
  const queue: Node[] = [tree.root, ...tree.root.children.values(), ...tree.tops];
  const seen = new Set<Node>();
  for (const node of queue) {
    if (seen.has(node) || !node.placed) continue;
    seen.add(node);
    if (hasBundle(node) && node !== tree.root) yield* openBundle(node, context);
    for (const edge of node.edges().values()) {
      yield PAUSE;
      if (edge.valid || node.inShrinkwrap) continue;
      const fits = (other: Node): boolean =>
        edge.satisfiedBy(other) || (prereleases !== "as-written" && fitsAsPrerelease(edge, other));
      const reachable = edge.to && fits(edge.to);
      const copy =
        edge.peer || reachable
          ? null
          : yield* fittingCopy(edge, fits, { decided: decided.get(edge.key) ?? [], context, candidates });
      if (copy) {
        if (seen.size > MAX_PACKAGES || selfNesting(copy, node) >= MAX_SELF_NESTING) raise(endlessNesting(copy, node));
        tree.attach(copy, node);
        queue.push(copy);
        if (!edge.satisfiedBy(copy)) context.warnings.push(prereleaseWarning(edge));
      } else if (edge.spec.type === "optional" && !edge.to) continue;
      else if (reachable && !edge.satisfiedBy(edge.to as Node)) context.warnings.push(prereleaseWarning(edge));
      else unmet[edge.peer ? "peers" : "others"].push(unmetDependency(edge));
    }
  }
  return unmet;
}

function* createNode({ installable, index }: DecidedVersion, context: Context): Steps<Node> {
  const { specTable } = context;
  const single = installable.single(index);
  const { name } = installable;
  if (single?.folder != null)
    return (yield* needCode(() => import("../engine/local-packages.ts"))).linkTo(name, single.folder, context);
  const extended = context.extensions?.extend(installable.manifest(index));
  const manifest = extended?.manifest ?? installable.manifest(index);
  const marks = extended ? { packageExtensionsApplied: extended.applied } : null;
  const made = { specTable, name, manifest, marks };
  if (single) return new Node({ ...made, resolved: single.resolved, integrity: single.integrity });
  context.picked.add(manifest);
  return new Node({
    ...made,
    resolved: manifest.dist?.tarball ?? null,
    integrity: integrityOf(manifest.dist),
  });
}

/** Nodes that were made to see whether they fit, and are not in the tree yet. */
type Candidates = Map<DecidedVersion, Node>;

interface Copies {
  readonly decided: readonly DecidedVersion[];
  readonly candidates: Candidates;
  readonly context: Context;
}

/** Returns a node for the first decided version that fits, if there are several to choose from. */
function* fittingCopy(edge: Edge, fits: (node: Node) => boolean, copies: Copies): Steps<Node | null> {
  const { decided, candidates, context } = copies;
  if (decided.length < 2) return null;
  for (const version of decided.length < FEW ? decided : likelyToFit(edge, decided)) {
    const node = candidates.get(version) ?? (yield* createNode(version, context));
    if (fits(node)) {
      candidates.delete(version);
      return node;
    }
    candidates.set(version, node);
    yield PAUSE;
  }
  return null;
}

/** The number of versions of a name from which they are looked up instead of tried in turn. */
const FEW = 16;

/** Decided versions in ascending order, with their places in the list. */
const sortedVersions = new WeakMap<readonly DecidedVersion[], readonly (readonly [Version, number])[]>();

/** Returns the decided versions between the ends of an edge's range, in the order of the list. All of them if it has no range. */
function likelyToFit(edge: Edge, decided: readonly DecidedVersion[]): readonly DecidedVersion[] {
  const { spec } = edge.parsed();
  const isPlain = edge.rule === null && edge.spec.accept === undefined && spec?.type === "range";
  const range = isPlain ? parseRange(spec.fetchSpec, WITH_PRERELEASES) : null;
  if (!range) return decided;
  let sorted = sortedVersions.get(decided);
  if (!sorted) {
    const read = decided.map(({ installable, index }, place) => [installable.parsed(index), place] as const);
    const known = read.filter((one): one is [Version, number] => one[0] !== null);
    sorted = known.sort(([a], [b]) => compareVersions(a, b));
    sortedVersions.set(decided, sorted);
  }
  const all = sorted;
  const intervals = range.flatMap((set) => intervalOf(set, [0, all.length], (at) => (all[at] as [Version, number])[0]));
  const places = new Set(intervals.flatMap(([low, high]) => all.slice(low, high).map(([, place]) => place)));
  return [...places].sort((a, b) => a - b).map((place) => decided[place] as DecidedVersion);
}

/** Checks whether a prerelease lies between the ends of a range, although npm's rule for prereleases rejects it. */
function fitsAsPrerelease(edge: Edge, node: Node): boolean {
  const { spec } = edge.parsed();
  const plain = spec?.type === "alias" ? spec.subSpec : spec;
  const version = parseVersion(node.version);
  const range = version?.pre && plain?.type === "range" ? parseRange(plain.fetchSpec, WITH_PRERELEASES) : null;
  return version !== null && range !== null && testRange(range, version, WITH_PRERELEASES);
}

function prereleaseWarning(edge: Edge): Failure {
  const text = "npm ci rejects a lock with this prerelease. Install from the lock with webhoist.";
  return { ...unmetDependency(edge), wayOut: [{ kind: "other", text }] };
}

/** Returns the number of ancestors of a node that are the same version as a copy, including the node. */
function selfNesting({ key, version }: Node, below: Node): number {
  let count = 0;
  for (let at: Node | null = below; at; at = at.parent) if (at.key === key && at.version === version) count++;
  return count;
}

function endlessNesting({ name, version }: Node, below: Node): Failure {
  return endlessCopies(`${name}@${version}`, {
    package: name,
    requiredBy: [below.location],
    wayOut: [{ kind: "option", option: "singletons", text: `Allow one ${name} only, with singletons: ["${name}"].` }],
  });
}

function unmetDependency(edge: Edge): Failure {
  const { from, to, name, effective, spec } = edge;
  const dependent = from.location === "" ? "The project" : `${from.name}@${from.version}`;
  const asPeer = spec.peer ? " as a peer" : "";
  const found = to ? `has ${name}@${to.version}` : `has no ${name}`;
  return unresolved(`${dependent} requires ${name}@${effective || "*"}${asPeer}, but the flat tree ${found}.`, {
    package: name,
    spec: effective,
    requiredBy: [from.location],
    ...(to && { found: to.version }),
    wayOut: spec.peer ? [{ kind: "other", text: "Run npm ci with --legacy-peer-deps to use this lock." }] : [],
  });
}

/**
 * Returns the error for a solution that the tree does not satisfy. Only an override that applies below more than one dependent
 * can cause this.
 */
export function overrideOutOfReach(unmet: readonly Failure[]): InstallError {
  const [first] = unmet as readonly [Failure];
  const message = `${first.message} In a flat tree, an override applies below one package only.`;
  return new InstallError(
    overrideRefused(message, {
      ...(first.package !== undefined && { package: first.package }),
      requiredBy: first.requiredBy,
      wayOut: [{ kind: "other", text: `Override ${first.package} for the whole project.` }],
    }),
  );
}
