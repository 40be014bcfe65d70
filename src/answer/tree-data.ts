import type { Manifest } from "../api/manifest.ts";
import type { DependencyType, TreeEdge } from "../api/resolve.ts";
import { enOrder } from "../base/collate.ts";
import type { Node } from "../graph/node.ts";

/** A dependency of a node; `to` is a location. */
export type EdgeRow = readonly [
  to: string | null | undefined,
  name: string,
  spec: string,
  rawSpec: string,
  type: DependencyType,
  error: TreeEdge["error"],
];

/** A node; what it leads to is told by location. */
export type NodeRow = readonly [
  location: string,
  parent: string | null | undefined,
  target: string | null | undefined,
  edges: readonly EdgeRow[],
  /** JSON when it came from another thread: parsed when somebody looks at it. */
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
];

/** A tree without the engine: plain values. The project first, then in npm's order of locations. */
export type TreeData = readonly NodeRow[];

/**
 * The engine's nodes as they stand now. By location, not by place in the list: it is what the public tree finds nodes by, and a
 * link can lead to a folder where another node has come to stand.
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
  ]);
}
