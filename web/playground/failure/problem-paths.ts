import type { Failure, PathStep } from "../../../src/api/failure.ts";
import type { Explained, ExplainedEdge, ExplainedNode } from "../../../src/explain/eresolve.ts";

/** A chain from the project to a package; every step but the last says what it wants of the next. */
export interface PathGroup {
  title: string;
  paths: PathStep[][];
}

const MOST_STEPS = 30;
const MOST_PATHS = 6;

/** How the project comes to a problem: of a peer conflict each side, else the path of each dependent. */
export function pathGroups(problem: Failure): PathGroup[] {
  const { edge, current, peerConflict } = (problem.details ?? {}) as Explained;
  if (edge) {
    const found = current ?? peerConflict?.current;
    return [
      { title: "What is wanted", paths: [chainOf(edge)] },
      ...(found?.version ? [{ title: "What is there", paths: pathsOf(found, edge) }] : []),
      ...(peerConflict?.peer?.version
        ? [{ title: "What would have to be there", paths: pathsOf(peerConflict.peer) }]
        : []),
    ];
  }
  const paths = (problem.paths ?? []).slice(0, MOST_PATHS).map((path) => withCulprit(path, problem));
  return paths.length === 0 ? [] : [{ title: paths.length === 1 ? "The path to it" : "The paths to it", paths }];
}

/** The path ends at whoever wants the culprit: the culprit itself comes last. */
function withCulprit(path: readonly PathStep[], { package: name, spec, paths }: Failure): PathStep[] {
  const last = path.at(-1);
  if (name === undefined || !last || last.name === name) return [...path];
  // With more than one dependent the spec is one's own: do not put it into another's mouth.
  const wants = paths?.length === 1 && spec !== undefined ? { ...last, spec } : last;
  return [...path.slice(0, -1), wants, { location: "", name }];
}

/** Two of those that ask for `node`; not `but`, which got it against its will. */
function pathsOf(node: ExplainedNode, but?: ExplainedEdge): PathStep[][] {
  const edges = (node.dependents ?? []).filter(
    ({ spec, from }) => !(but && spec === but.spec && from?.location === but.from?.location),
  );
  return edges.length === 0 ? [[stepOf(node)]] : edges.slice(0, 2).map((edge) => chainOf(edge, node));
}

/** From the project down to `edge`'s own end, which is `to` where there is a package. */
function chainOf(edge: ExplainedEdge, to?: ExplainedNode): PathStep[] {
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
  // The project has no name here: only folders below it do.
  const inside = location.startsWith("node_modules") || name !== undefined;
  return { location: inside ? location : "", name: name ?? "", ...(version === undefined ? {} : { version }) };
}
