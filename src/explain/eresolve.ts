/** npm's report of an edge, as plain data (npm-tree §17). */
export interface ExplainedEdge {
  type?: string;
  name?: string;
  spec?: string;
  rawSpec?: string;
  overridden?: boolean;
  bundled?: boolean;
  from?: ExplainedNode;
}

/** npm's report of a node. The project's report has no name and no version. */
export interface ExplainedNode {
  name?: string;
  version?: string;
  location?: string;
  isWorkspace?: boolean;
  whileInstalling?: { name?: string; version?: string };
  dependents?: readonly ExplainedEdge[];
  linksIn?: readonly ExplainedNode[];
}

/** The `details` of an `ERESOLVE`. */
export interface EresolveReport {
  edge?: ExplainedEdge | null;
  dep?: ExplainedNode | null;
  current?: ExplainedNode | null;
  currentEdge?: ExplainedEdge | null;
  peerConflict?: { current?: ExplainedNode | null; peer?: ExplainedNode | null } | null;
  strictPeerDeps?: boolean;
  force?: boolean;
}

/** The depth of npm's own message. At each level, the number of dependents printed is half the number of levels left. */
const DEPTH = 4;
const PROJECT = "the root project";

/** Prints a peer conflict as npm does, without npm's last paragraph. */
export function explainEresolve({ edge, dep, current, currentEdge, peerConflict }: EresolveReport): string {
  const lines: string[] = [];
  const during = dep?.whileInstalling ?? current?.whileInstalling ?? edge?.from?.whileInstalling;
  if (during) lines.push(`While resolving: ${idOf(during)}`);
  const found = current ?? peerConflict?.current;
  const shown = found ? explainNode(found, DEPTH) : (currentEdge ?? edge) && explainEdge((currentEdge ?? edge)!, DEPTH);
  if (shown) lines.push(`Found: ${shown}`);
  if (edge) lines.push(`\nCould not resolve dependency:\n${explainEdge(edge, DEPTH)}`);
  if (peerConflict?.peer) lines.push(`\nConflicting peer dependency: ${explainNode(peerConflict.peer, DEPTH)}`);
  return lines.join("\n");
}

type Seen = ReadonlySet<ExplainedNode | string>;

/** Prints a node, its location and, indented, its dependents. A dependent that was printed before is only named. */
export function explainNode(node: ExplainedNode, depth: number, seen: Seen = new Set()): string {
  return printNode(node) + printDependents(node, depth, seen);
}

function printNode(node: ExplainedNode): string {
  return idOf(node) + (node.location ? `\n${node.location}` : "");
}

function idOf({ name, version }: { name?: string; version?: string }): string {
  return name || version ? `${name ?? ""}${version ? `@${version}` : ""}` : PROJECT;
}

function printDependents(node: ExplainedNode, depth: number, seen: Seen): string {
  if (depth <= 0) return "";
  const dependents = node.dependents ?? [];
  const most = Math.ceil(depth / 2);
  const lines = dependents.slice(0, most).map((edge) => explainEdge(edge, depth, seen));
  const rest = dependents.slice(most).map(({ from }) => from?.name ?? PROJECT);
  if (rest.length > 0) lines.push(`${rest.length} more (${shortList(rest)})`);
  for (const link of node.linksIn ?? []) lines.push(explainNode(link, depth - 1, seen));
  return lines.map((line) => `\n${line}`.replaceAll("\n", "\n  ")).join("");
}

/** Lists names up to a length of 50 characters, then `...`. The last name is never replaced by `...`. */
function shortList(names: readonly string[]): string {
  const shown: string[] = [];
  let length = 0;
  for (const [index, name] of names.entries()) {
    length += name.length;
    if (length >= 50 && index < names.length - 1) return [...shown, "..."].join(", ");
    shown.push(name);
  }
  return shown.join(", ");
}

function explainEdge(edge: ExplainedEdge, depth: number, seen: Seen = new Set()): string {
  const { type = "prod", name, spec = "", rawSpec, overridden, bundled, from = {} } = edge;
  let dep = type === "workspace" ? relative(from.location ?? "", spec.replace(/^file:/, "")) : `${name}@"${spec}"`;
  if (overridden) dep = `overridden ${dep} (was "${rawSpec}")`;
  const kind = (type === "prod" ? "" : `${type} `) + (bundled ? "bundled " : "");
  return `${kind}${dep} from ${explainFrom(from, depth - 1, seen)}`;
}

function explainFrom(from: ExplainedNode, depth: number, seen: Seen): string {
  if (!from.name && !from.version) return PROJECT;
  const id = `${from.name}@${from.version}:${from.location}`;
  return seen.has(id) ? printNode(from) : explainNode(from, depth, new Set([...seen, id]));
}

/** Returns a workspace's folder relative to the project's. */
function relative(from: string, path: string): string {
  return from && path.startsWith(`${from}/`) ? path.slice(from.length + 1) : path;
}
