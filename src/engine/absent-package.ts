import type { Failure, WayOut } from "../api/failure.ts";
import { areAlike } from "../base/alike.ts";
import type { Edge } from "../graph/edge.ts";
import type { Node } from "../graph/node.ts";
import { ProjectTree } from "../graph/tree.ts";

/** The names that a message suggests, and the characters of a name that can be a typing error of another one. */
const MAX_SUGGESTED = 3;
const MAX_NAME = 214;

/**
 * Adds to the failure of a package that could not be loaded what the project says about it. No way out changes a file: the
 * registry's package of a name may be a stranger's.
 *
 * 1. A workspace has that name, but not a version that fits.
 * 2. The registry has no such package, but the tree has one of a similar name.
 */
export function aboutAbsent(cause: Failure, node: Node, edges: readonly Edge[]): Failure {
  // npm has not asked the registry for it.
  if (cause.code.startsWith("EALLOW")) return cause;
  const outOfRange = workspaceOutOfRange(cause, edges);
  if (outOfRange) return outOfRange;
  return cause.code === "E404" ? didYouMean(cause, node) : cause;
}

function workspaceOutOfRange(cause: Failure, edges: readonly Edge[]): Failure | null {
  const [edge] = edges;
  const folder = edge && workspaceOf(edge);
  if (!edge || !folder) return null;
  const { name, from } = edge;
  const { details, found, ...rest } = cause;
  const url = details?.["url"] === undefined ? {} : { details: { url: details["url"] } };
  const by = from.isProjectRoot ? "The project" : idOf(from);
  const file = from.location === "" ? "package.json" : `${from.location}/package.json`;
  const fits = folder.version ? `^${folder.version}` : "*";
  const own = /(?:^|\/)node_modules\//.test(from.location)
    ? `Use a version of ${from.name} that accepts ${fits}`
    : `Write ${fits} for ${name} in ${file}`;
  return {
    ...rest,
    ...url,
    message: `${by} requires ${name}@${edge.effective}, and the workspace ${idOf(folder)} in ${folder.location} does not match. So npm asks the registry. ${cause.message}`,
    found: folder.version,
    wayOut: [{ kind: "other", text: `${own}, or change the version in ${folder.location}/package.json.` }],
  };
}

/** Returns the workspace that has the name of an edge, or null. */
export function workspaceOf({ key, from }: Edge): Node | null {
  const root = from.tree?.root;
  return root?.tree.workspaceSpecs.has(key) ? (root.edges().get(key)?.to?.target ?? null) : null;
}

function didYouMean(cause: Failure, { name, tree, specTable }: Node): Failure {
  const wanted = cause.package ?? name;
  if (!(tree instanceof ProjectTree) || wanted.length > MAX_NAME) return cause;
  const alike = new Set<string>();
  for (const other of tree.inventory.values()) {
    if (alike.size === MAX_SUGGESTED || !specTable.budget.describes(1)) break;
    const id = other.packageName ?? other.name;
    if (other.errors.length === 0 && other !== tree.root && areAlike(id, wanted)) alike.add(id);
  }
  if (alike.size === 0) return cause;
  const names = [...alike].join(" or ");
  const way: WayOut = { kind: "other", text: `If you mean ${names}, correct the name.` };
  return { ...cause, message: `${cause.message} Did you mean ${names}?`, wayOut: [way, ...cause.wayOut] };
}

function idOf({ packageName, name, version }: Node): string {
  return version ? `${packageName ?? name}@${version}` : (packageName ?? name);
}
