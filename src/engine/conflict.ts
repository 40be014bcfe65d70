import type { Failure, PathStep } from "../api/failure.ts";
import { unresolved } from "../errors/tree.ts";
import type { Edge } from "../graph/edge.ts";
import type { Node } from "../graph/node.ts";
import { VirtualTree } from "../graph/virtual-tree.ts";
import type { Placement } from "../placement/place.ts";
import { bundledNames } from "../spec/bundled-names.ts";
import type { Context } from "./context.ts";
import { hideProjectPath } from "./hide-project-path.ts";

/** A part of npm's report, under npm's own names. */
type ConflictDetails = Record<string, unknown>;

/** The number of levels of dependents in a description. npm prints four. */
const DEPTH = 6;

/** Describes a node as npm does in a conflict (npm-tree §17): the node and its dependents, as plain data. */
export function describeNode(node: Node, edge: Edge | null = null, seen: readonly Node[] = []): ConflictDetails {
  if (node.isProjectRoot && !node.source) return { location: node.path };
  if (node.source) return describeNode(node.source, edge, seen);
  const why: ConflictDetails = {
    name: node.isTop ? node.packageName : node.name,
    version: node.version,
  };
  if (node.errors.length || !node.packageName || !node.version) why.errors = node.errors.map((error) => error.code);
  if (node.tree instanceof VirtualTree) {
    const { manifest, path } = node.tree.source;
    why.whileInstalling = { name: manifest.name, version: manifest.version, path };
  }
  if (seen.includes(node) || seen.length >= DEPTH || !node.specTable.budget.describes(1)) return why;
  why.location = node.location;
  why.isWorkspace = node.isWorkspace;
  const deeper = [...seen, node];
  const edges = edge ? [edge] : [...node.edgesIn].filter((into) => into.valid || into.from.isProjectRoot);
  why.dependents = edges.map((into) => describeEdge(into, deeper));
  if (node.linksIn.size) why.linksIn = [...node.linksIn].map((link) => describeNode(link, edge, deeper));
  return why;
}

/** Describes an edge and its dependent, as npm does in a conflict (npm-tree §17). */
export function describeEdge(edge: Edge, seen: readonly Node[] = []): ConflictDetails {
  const { name, rawSpec, effective: spec, error } = edge;
  const why: ConflictDetails = { type: edge.spec.type, name, spec };
  if (spec !== rawSpec) Object.assign(why, { rawSpec, overridden: true });
  if (bundledNames(edge.from.manifest).includes(name)) why.bundled = true;
  if (error) why.error = error;
  why.from = describeNode(edge.from, null, seen);
  return why;
}

/** ERESOLVE, form 1 (npm-tree §17): the peer set of a candidate contradicts itself. Found by `ideal/candidates.ts`. */
export function peerSetConflict(edge: Edge, asked: Edge | null, context: Context): Failure {
  const { force, strictPeerDeps } = context.options;
  const current = edge.from.resolve(edge.key);
  const details: ConflictDetails = {
    npmMessage: "unable to resolve dependency tree",
    current: current ? describeNode(current) : null,
    currentEdge: asked ? describeEdge(asked) : null,
    edge: describeEdge(edge),
    strictPeerDeps,
    force,
  };
  return hideProjectPath(eresolve(edge, current, details), context.tree.root.path);
}

/** ERESOLVE, form 2 (npm-tree §17): a package cannot be placed with its peers. Found by `placement/place.ts`. */
export function placementConflict(placement: Placement, edge: Edge, at: { dep: Node; context: Context }): Failure {
  const { dep, context } = at;
  const current = edge.from.resolve(edge.key);
  const { force, strictPeerDeps } = context.options;
  const details: ConflictDetails = {
    npmMessage: "could not resolve",
    edge: describeEdge(edge),
    dep: describeNode(dep, edge),
    force,
    isMine: placement.isMine,
    strictPeerDeps,
    current: current && describeNode(current, placement.parent ? edge : null),
    peerConflict: peerConflict(placement),
  };
  return hideProjectPath(eresolve(edge, current, details), context.tree.root.path);
}

/** Returns the peer that conflicts, and the package in its place. */
function peerConflict(placement: Placement): unknown {
  const { current, edge, dep, bestSelf } = placement;
  if (placement.parent) return current && { current: describeNode(current, edge) };
  if (!bestSelf || bestSelf.self === "CONFLICT") {
    return { current: current && describeNode(current), peer: describeNode(dep, edge) };
  }
  const check = bestSelf.descendants().find((child) => child.all === "CONFLICT" && child.current);
  return check?.current
    ? { current: describeNode(check.current), peer: describeNode(check.dep, check.edge) }
    : undefined;
}

function eresolve(edge: Edge, current: Node | null, details: ConflictDetails): Failure {
  const { from, name, effective: spec } = edge;
  const dependent = from.isProjectRoot ? "The project" : `${from.name}@${from.version}`;
  const found = current ? `${current.name}@${current.version}` : undefined;
  const required = `${dependent} requires ${name}@${spec || "*"}${edge.peer ? " as a peer" : ""}`;
  const message = found ? `${required}, but found ${found}.` : `${required}, which cannot be placed.`;
  const real = from.tree instanceof VirtualTree ? from.tree.source : from;
  return unresolved(message, {
    package: name,
    spec,
    requiredBy: [real.location],
    ...(found ? { found } : {}),
    paths: [pathTo(real)],
    details,
  });
}

/** Returns the shortest path from the project to a node, the project first. Returns no path if the search takes too long. */
export function pathTo(node: Node): PathStep[] {
  const via = new Map<Node, Edge | null>([[node, null]]);
  let at: Node | null = null;
  for (const one of via.keys()) {
    if (one.isProjectRoot) {
      at = one;
      break;
    }
    if (!node.specTable.budget.describes(1)) break;
    for (const edge of one.edgesIn) if (!via.has(edge.from)) via.set(edge.from, edge);
    for (const link of one.linksIn) for (const edge of link.edgesIn) if (!via.has(edge.from)) via.set(edge.from, edge);
  }
  const steps: PathStep[] = [];
  for (let one: Node | null = at; one; ) {
    const edge: Edge | null = via.get(one) ?? null;
    const step: PathStep = { location: one.location, name: one.packageName ?? one.name };
    if (one.version) step.version = one.version;
    const next = edge ? (edge.to as Node).target : null;
    if (edge && next) {
      const { type } = edge.spec;
      // The spec of a workspace has a virtual path, which means nothing to the user.
      Object.assign(step, { spec: type === "workspace" ? `file:${next.location}` : edge.effective, type });
    }
    steps.push(step);
    one = next;
  }
  return steps;
}
