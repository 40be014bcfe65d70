import type { Failure, PathStep } from "../../../src/api/failure.ts";
import type { EresolveReport, ExplainedEdge, ExplainedNode } from "../../../src/explain/eresolve.ts";

/** Paths from the project to a package, under one title. Each step but the last has the spec of the step after it. */
export interface PathGroup {
  title: string;
  paths: PathStep[][];
}

const MOST_STEPS = 30;
const MOST_PATHS = 6;

/** Returns the paths from the project to a problem: one group for each side of a peer conflict, otherwise one path per dependent. */
export function pathGroups(problem: Failure): PathGroup[] {
  const { edge, current, peerConflict } = (problem.details ?? {}) as EresolveReport;
  if (edge) {
    const found = current ?? peerConflict?.current;
    return [
      { title: "Required", paths: [pathOf(edge)] },
      ...(found?.version ? [{ title: "Found", paths: dependentPaths(found, edge) }] : []),
      ...(peerConflict?.peer?.version
        ? [{ title: "Would be needed instead", paths: dependentPaths(peerConflict.peer) }]
        : []),
    ];
  }
  const paths = (problem.paths ?? []).slice(0, MOST_PATHS).map((path) => withPackage(path, problem));
  return paths.length === 0
    ? []
    : [{ title: paths.length === 1 ? "Path from the project" : "Paths from the project", paths }];
}

/** Adds the missing package itself as the last step of a path that ends at its dependent. */
function withPackage(path: readonly PathStep[], { package: name, spec, paths }: Failure): PathStep[] {
  const last = path.at(-1);
  if (name === undefined || !last || last.name === name) return [...path];
  // With several dependents the failure's spec belongs to only one of them, so it is left out.
  const dependent = paths?.length === 1 && spec !== undefined ? { ...last, spec } : last;
  return [...path.slice(0, -1), dependent, { location: "", name }];
}

/** Returns the paths of up to two dependents of `node`. Leaves out `except`, the edge that conflicts with it. */
function dependentPaths(node: ExplainedNode, except?: ExplainedEdge): PathStep[][] {
  const edges = (node.dependents ?? []).filter(
    ({ spec, from }) => !(except && spec === except.spec && from?.location === except.from?.location),
  );
  return edges.length === 0 ? [[stepOf(node)]] : edges.slice(0, 2).map((edge) => pathOf(edge, node));
}

/** Returns the path from the project to the end of `edge`: to the package `to` if there is one. */
function pathOf(edge: ExplainedEdge, to?: ExplainedNode): PathStep[] {
  const steps: PathStep[] = [to ? stepOf(to) : { location: "", name: edge.name ?? "" }];
  let at: ExplainedEdge | undefined = edge;
  while (at?.from && steps.length < MOST_STEPS) {
    const { type, spec, from }: ExplainedEdge = at;
    steps.unshift({ ...stepOf(from), spec: spec ?? "*", ...(type === undefined ? {} : { type }) });
    at = from.dependents?.[0];
  }
  return steps;
}

function stepOf({ name, version, location = "" }: ExplainedNode): PathStep {
  // The project itself has neither a name nor a folder.
  const inside = location.startsWith("node_modules") || name !== undefined;
  return { location: inside ? location : "", name: name ?? "", ...(version === undefined ? {} : { version }) };
}
