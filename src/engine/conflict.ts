import type { Failure, PathStep } from "../api/failure.ts";
import { unresolved } from "../errors/tree.ts";
import { bundledNames } from "../graph/bundled-names.ts";
import type { Edge } from "../graph/edge.ts";
import type { Node } from "../graph/node.ts";
import { VirtualTree } from "../graph/virtual-tree.ts";
import type { Placement } from "../placement/place.ts";
import type { Context } from "./context.ts";

type ConflictDetails = Record<string, unknown>;

/** How many dependents deep an explanation goes; npm prints four. */
const DEPTH = 6;

/** What npm says of a node in a conflict (npm-tree §17): itself, and who wants it, as plain data. */
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
  if (seen.includes(node) || seen.length >= DEPTH) return why;
  why.location = node.location;
  why.isWorkspace = node.isWorkspace;
  const deeper = [...seen, node];
  const edges = edge ? [edge] : [...node.edgesIn].filter((into) => into.valid || into.from.isProjectRoot);
  why.dependents = edges.map((into) => describeEdge(into, deeper));
  if (node.linksIn.size) why.linksIn = [...node.linksIn].map((link) => describeNode(link, edge, deeper));
  return why;
}

export function describeEdge(edge: Edge, seen: readonly Node[] = []): ConflictDetails {
  const { name, rawSpec, effective: spec, error } = edge;
  const why: ConflictDetails = { type: edge.spec.type, name, spec };
  if (spec !== rawSpec) Object.assign(why, { rawSpec, overridden: true });
  if (bundledNames(edge.from.manifest).includes(name)) why.bundled = true;
  if (error) why.error = error;
  why.from = describeNode(edge.from, null, seen);
  return why;
}

/** A peer set that contradicts itself (form 1 of npm's report). */
export function peerSetConflict(edge: Edge, asked: Edge | null, context: Context): Failure {
  const { force, strictPeerDeps } = context.options;
  const current = edge.from.resolve(edge.key);
  return eresolve(edge, current, {
    npmMessage: "unable to resolve dependency tree",
    current: current ? describeNode(current) : null,
    currentEdge: asked ? describeEdge(asked) : null,
    edge: describeEdge(edge),
    strictPeerDeps,
    force,
  });
}

/** A package whose peers cannot be placed (form 2). */
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
  return eresolve(edge, current, details);
}

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
  const who = from.isProjectRoot ? "The project" : `${from.name}@${from.version}`;
  const found = current ? `${current.name}@${current.version}` : undefined;
  const kind = edge.peer ? "as a peer" : "";
  const message = `${who} wants ${name}@${spec || "*"} ${kind}${found ? `, but found ${found}` : ", which cannot be placed"}`;
  const real = from.tree instanceof VirtualTree ? from.tree.source : from;
  return unresolved(message.replace(" ,", ","), {
    package: name,
    spec,
    requiredBy: [real.location],
    ...(found ? { found } : {}),
    paths: [pathTo(real)],
    details,
  });
}

/** The shortest way from the project to a node, the project first. */
export function pathTo(node: Node): PathStep[] {
  const via = new Map<Node, Edge | null>([[node, null]]);
  let at: Node | null = null;
  for (const one of via.keys()) {
    if (one.isProjectRoot) {
      at = one;
      break;
    }
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
      // A workspace's spec has its folder's virtual path, which nobody knows outside.
      Object.assign(step, { spec: type === "workspace" ? `file:${next.location}` : edge.effective, type });
    }
    steps.push(step);
    one = next;
  }
  return steps;
}
