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
import { parseVersion } from "../spec/version.ts";
import type { InstallableVersions } from "./installable-versions.ts";
import { WITH_PRERELEASES } from "./packument-versions.ts";

/** A version that was decided. */
export interface Copy {
  readonly installable: InstallableVersions;
  readonly index: number;
}

/** Dependencies that what stands in reach does not meet. */
interface Unmet {
  readonly peers: Failure[];
  readonly others: Failure[];
}

/** How often a version may stand below itself: copies that need each other in turns would nest for ever. */
const TURNS = 3;
/** Packages that a tree may have: some thousand times as many copies as there are versions is none that anybody wants. */
const MOST = 50_000;

/**
 * Puts what was decided into `node_modules`: the first copy of each package at the top, the others below those who need them.
 * Answers what does not hold: nothing on the highest rung, on the others peers alone.
 */
export function* buildFlatTree(
  copies: ReadonlyMap<string, readonly Copy[]>,
  context: Context,
  prereleases: PrereleaseMode,
): Steps<Unmet> {
  const { tree } = context;
  for (const [key, [first]] of copies) {
    if (first && !tree.root.children.has(key)) tree.attach(yield* nodeOf(first, context), tree.root);
  }
  const broken: Unmet = { peers: [], others: [] };
  const queue: Node[] = [tree.root, ...tree.root.children.values(), ...tree.tops];
  const seen = new Set<Node>();
  for (const node of queue) {
    if (seen.has(node) || !node.placed) continue;
    seen.add(node);
    yield PAUSE;
    if (hasBundle(node) && node !== tree.root) yield* openBundle(node, context);
    for (const edge of node.edges().values()) {
      if (edge.valid || node.inShrinkwrap) continue;
      const fits = (other: Node): boolean =>
        edge.satisfiedBy(other) || (prereleases !== "as-written" && isPrerelease(edge, other));
      const near = edge.to && fits(edge.to);
      const copy = edge.peer || near ? null : yield* copyFor(copies.get(edge.key), fits, context);
      if (copy) {
        if (seen.size > MOST || turns(copy, node) >= TURNS) raise(endless(copy, node));
        tree.attach(copy, node);
        queue.push(copy);
        if (!edge.satisfiedBy(copy)) context.warnings.push(early(edge));
      } else if (edge.spec.type === "optional" && !edge.to) continue;
      else if (near && !edge.satisfiedBy(edge.to as Node)) context.warnings.push(early(edge));
      else broken[edge.peer ? "peers" : "others"].push(unmet(edge));
    }
  }
  return broken;
}

function* nodeOf({ installable, index }: Copy, context: Context): Steps<Node> {
  const { specTable } = context;
  const single = installable.single(index);
  const { name } = installable;
  if (single?.folder != null)
    return (yield* needCode(() => import("../engine/local-packages.ts"))).linkTo(name, single.folder, context);
  const manifest = installable.manifest(index);
  if (single) return new Node({ specTable, name, manifest, resolved: single.resolved, integrity: single.integrity });
  context.picked.add(manifest);
  return new Node({
    specTable,
    name,
    manifest,
    resolved: manifest.dist?.tarball ?? null,
    integrity: integrityOf(manifest.dist),
  });
}

/** The copy that a dependency was decided to have, where the one in reach is another. */
function* copyFor(copies: readonly Copy[] = [], fits: (node: Node) => boolean, context: Context): Steps<Node | null> {
  if (copies.length < 2) return null;
  for (const copy of copies) {
    const node = yield* nodeOf(copy, context);
    if (fits(node)) return node;
  }
  return null;
}

/** Whether a version is out only by npm's rule for prereleases, where the solver was told of another. */
function isPrerelease(edge: Edge, node: Node): boolean {
  const { spec } = edge.parsed();
  const plain = spec?.type === "alias" ? spec.subSpec : spec;
  const version = parseVersion(node.version);
  const range = version?.pre && plain?.type === "range" ? parseRange(plain.fetchSpec, WITH_PRERELEASES) : null;
  return version !== null && range !== null && testRange(range, version, WITH_PRERELEASES);
}

function early(edge: Edge): Failure {
  const text = "npm ci does not take a lock with it: install from the lock with webhoist.";
  return { ...unmet(edge), wayOut: [{ kind: "other", text }] };
}

/** How many folders around are of the same version. */
function turns({ key, version }: Node, below: Node): number {
  let count = 0;
  for (let at: Node | null = below; at; at = at.parent) if (at.key === key && at.version === version) count++;
  return count;
}

function endless({ name, version }: Node, below: Node): Failure {
  return endlessCopies(`${name}@${version}`, {
    package: name,
    requiredBy: [below.location],
    wayOut: [{ kind: "option", option: "singletons", text: `Allow one ${name} only, with singletons: ["${name}"].` }],
  });
}

function unmet(edge: Edge): Failure {
  const { from, to, name, effective, spec } = edge;
  const who = from.location === "" ? "the project" : `${from.name}@${from.version}`;
  const peer = spec.peer ? "the peer " : "";
  const has = to ? `${name}@${to.version}` : "none";
  return unresolved(`${who} wants ${peer}${name}@${effective || "*"}; the flat answer has ${has}`, {
    package: name,
    spec: effective,
    requiredBy: [from.location],
    ...(to && { found: to.version }),
    wayOut: spec.peer ? [{ kind: "other", text: "npm ci takes the lock with --legacy-peer-deps." }] : [],
  });
}

/** An answer in which everything must hold does not: only a rule that reaches further than one dependent can do that. */
export function outOfReach(failures: readonly Failure[]): InstallError {
  const [first] = failures as readonly [Failure];
  return new InstallError(
    overrideRefused(`${first.message}, because an override counts below one package only`, {
      ...(first.package !== undefined && { package: first.package }),
      requiredBy: first.requiredBy,
      wayOut: [{ kind: "other", text: `Override ${first.package} for the whole project.` }],
    }),
  );
}
