import type { PatchMark } from "../api/lock-marks.ts";
import type { Manifest } from "../api/manifest.ts";
import type { DependencyType, TreeEdge } from "../api/resolve.ts";
import { enOrder } from "../base/collate.ts";
import type { Node } from "../graph/node.ts";

/** A dependency of a node. `to` is the location of its target. */
export type EdgeRow = readonly [
  to: string | null | undefined,
  name: string,
  spec: string,
  rawSpec: string,
  type: DependencyType,
  error: TreeEdge["error"],
];

/** A node. `parent`, `target` and the edges refer to other nodes by location. */
export type NodeRow = readonly [
  location: string,
  parent: string | null | undefined,
  target: string | null | undefined,
  edges: readonly EdgeRow[],
  /** A text if it came from another thread. It is parsed when it is first read. */
  manifest: Manifest | string,
  inBundle: boolean,
  name: string,
  packageName: string,
  version: string,
  isLink: boolean,
  resolved: string | null,
  integrity: string | null,
  dev: boolean,
  optional: boolean,
  devOptional: boolean,
  peer: boolean,
  extraneous: boolean,
  inert: boolean,
  /** Left out for nearly all nodes. */
  patched?: PatchMark,
];

/** A tree as plain data: the project, then the other nodes sorted by location. */
export type TreeData = readonly NodeRow[];

function patchOf({ marks }: Node): [PatchMark?] {
  return marks?.patched ? [marks.patched] : [];
}

/**
 * Returns the engine's nodes as data. They refer to each other by location, not by index, because a link can lead to a folder
 * that now has another node.
 */
export function treeData(inventory: ReadonlyMap<string, Node>): TreeData {
  const nodes = [...inventory.values()].sort((a, b) => enOrder(a.location, b.location));
  return nodes.map((node) => [
    node.location,
    node.parent?.location,
    node.isLink ? node.target.location : null,
    [...node.edges().values()].map((edge) => [
      edge.to?.location,
      edge.name,
      edge.effective,
      edge.rawSpec,
      edge.spec.type,
      edge.error,
    ]),
    node.manifest,
    node.bundler() !== null,
    node.name,
    node.packageName ?? node.name,
    node.version,
    node.isLink,
    node.resolved,
    node.integrity,
    node.dev,
    node.optional,
    node.devOptional,
    node.peer,
    node.extraneous,
    node.inert,
    ...patchOf(node),
  ]);
}
