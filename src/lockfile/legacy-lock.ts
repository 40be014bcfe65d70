// Loaded on demand: when a lock of version 1 or 2 is written.

import { enOrder } from "../base/collate.ts";
import { relativePath, resolvePath } from "../base/posix-path.ts";
import type { NpmRules } from "../spec/npm-rules.ts";
import { parseSpec, type Spec } from "../spec/spec.ts";
import { carryResolved, parseResolved } from "./resolved.ts";
import type { LockEdge, LockJson, LockNode } from "./write-lock.ts";

/** Makes the nested `dependencies` of lock versions 1 and 2 (npm-tree §22.6). Returns undefined if there are none. Pauses. */
export function* legacyDependencies(
  root: LockNode,
  rules: NpmRules,
  omitsUrls = false,
): Generator<undefined, LockJson | undefined> {
  return yield* childrenOf(root, { root, rules, omitsUrls, above: [] });
}

interface LegacyContext {
  root: LockNode;
  rules: NpmRules;
  /** Leaves out the URLs of packages from a registry. */
  omitsUrls: boolean;
  /** The real paths of the nodes above. A link back to one of them is not followed. */
  above: readonly string[];
}

function* childrenOf(node: LockNode, context: LegacyContext): Generator<undefined, LockJson | undefined> {
  const { above } = context;
  const dependencies: LockJson = Object.create(null);
  let found = false;
  for (const child of node.target.children.values()) {
    if (above.includes(child.realpath)) continue;
    yield;
    dependencies[child.name] = yield* legacyEntry(child, { ...context, above: [...above, node.realpath] });
    found = true;
  }
  return found ? dependencies : undefined;
}

function* legacyEntry(node: LockNode, context: LegacyContext): Generator<undefined, LockJson> {
  const rootPath = context.root.path;
  const resolved = carryResolved(node.resolved, rootPath, { to: rootPath, rules: context.rules });
  const from = resolved === null ? null : parseResolved(resolved, rootPath);
  const edge = likeliestEdge(node.edgesIn);
  const spec = edge ? parseSpec(node.name, edge.effective, edge.from.realpath) : from;
  const lock: LockJson = versionOf(node, { spec, from, rootPath });
  if (node.inDepBundle) lock["bundled"] = true;
  const located = [from?.type, spec?.type === "git" ? "file" : spec?.type];
  if (node.resolved && !node.isLink && from?.type !== "git" && !located.some(isLocalPath) && spec?.type !== "remote") {
    if (!context.omitsUrls) lock["resolved"] = node.resolved;
  }
  if (node.integrity) lock["integrity"] = node.integrity;
  if (node.extraneous) lock["extraneous"] = true;
  else if (!node.isLink) {
    if (node.peer) lock["peer"] = true;
    if (node.devOptional && !node.dev && !node.optional) lock["devOptional"] = true;
    if (node.dev) lock["dev"] = true;
    if (node.optional) lock["optional"] = true;
  }
  const edges = node.target.edges();
  if (edges.size > 0) lock["requires"] = requiresOf(node, edges.values());
  const children = yield* childrenOf(node, context);
  if (children) lock["dependencies"] = children;
  return lock;
}

function isLocalPath(type: Spec["type"] | undefined): boolean {
  return type === "file" || type === "directory";
}

/** The specs that name the source of an entry's package. */
interface EntrySpecs {
  /** The spec of the edge that {@link likeliestEdge} chose. */
  spec: Spec | null;
  /** The node's `resolved` as a spec. */
  from: Spec | null;
  rootPath: string;
}

/** Returns the `version` of an entry, which in these locks may also be a path, a URL or an alias. */
function versionOf(node: LockNode, { spec, from, rootPath }: EntrySpecs): LockJson {
  const { packageName, name, version } = node;
  if (node.isLink) return { version: `file:${relativePath(rootPath, node.realpath)}` };
  if (spec?.type === "file" || spec?.type === "remote") return { version: spec.saveSpec };
  if (spec?.type === "git" || from?.type === "git") {
    return { version: node.resolved ?? undefined, from: spec?.raw };
  }
  if (packageName && packageName !== name) return { version: `npm:${packageName}@${version}` };
  return version ? { version } : {};
}

/** Returns the edge whose spec an old npm would write: the valid one from the shallowest dependent, then the first by path. */
function likeliestEdge(edges: Iterable<LockEdge>): LockEdge | undefined {
  let best: { edge: LockEdge; parts: string[] } | undefined;
  for (const edge of edges) {
    if (!edge.valid) continue;
    const parts = edge.from.location.split("node_modules");
    const depth = best ? parts.length - best.parts.length : -1;
    if (depth < 0 || (depth === 0 && enOrder(parts.at(-1) ?? "", best?.parts.at(-1) ?? "") < 0)) best = { edge, parts };
  }
  return best?.edge;
}

/** Returns the `requires` of an entry: all its edges except peers, which old clients do not understand. */
function requiresOf(node: LockNode, edges: Iterable<LockEdge>): LockJson {
  const requires: LockJson = Object.create(null);
  for (const { name, effective, peer } of edges) {
    if (peer) continue;
    const folder = effective.startsWith("file:") && resolvePath(node.realpath, effective.slice(5));
    requires[name] = folder ? `file:${relativePath(node.realpath, folder)}` : effective;
  }
  return requires;
}
