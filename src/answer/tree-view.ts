import type { PatchMark } from "../api/lock-marks.ts";
import type { Manifest } from "../api/manifest.ts";
import type { Tree, TreeEdge, TreeNode } from "../api/resolve.ts";
import { withoutSecrets } from "../errors/without-secrets.ts";
import type { NodeRow, TreeData } from "./tree-data.ts";

/** A node of the public tree. Its own values are properties; other nodes and the manifest are behind getters. */
class NodeView implements TreeNode {
  declare readonly name: string;
  declare readonly packageName: string;
  declare readonly version: string;
  declare readonly location: string;
  declare readonly isLink: boolean;
  declare readonly resolved: string | null;
  declare readonly integrity: string | null;
  declare readonly patched: PatchMark | null;
  declare readonly dev: boolean;
  declare readonly optional: boolean;
  declare readonly devOptional: boolean;
  declare readonly peer: boolean;
  declare readonly extraneous: boolean;
  declare readonly inBundle: boolean;
  declare readonly inert: boolean;
  #manifest: Manifest | string;
  #parent!: NodeView | null;
  #target!: NodeView | null;
  readonly #children: NodeView[] = [];
  readonly #edgesOut: TreeEdge[] = [];
  readonly #edgesIn: TreeEdge[] = [];

  constructor(row: NodeRow) {
    [
      this.location,
      ,
      ,
      ,
      this.#manifest,
      this.inBundle,
      this.name,
      this.packageName,
      this.version,
      this.isLink,
      this.resolved,
      this.integrity,
      this.dev,
      this.optional,
      this.devOptional,
      this.peer,
      this.extraneous,
      this.inert,
      this.patched = null,
    ] = row;
  }

  /** Returns all nodes by location, in the order of the rows, connected with each other. */
  static all(rows: TreeData): Map<string, NodeView> {
    const views = new Map(rows.map((row) => [row[0], new NodeView(row)]));
    const at = (location: string | null | undefined) => views.get(location as string) ?? null;
    for (const [location, parent, target, edges] of rows) {
      const from = at(location) as NodeView;
      from.#parent = at(parent);
      if (from.#parent) from.#parent.#children.push(from);
      from.#target = at(target);
      for (const [place, name, spec, rawSpec, type, error] of edges) {
        const to = at(place);
        const specs = { spec: withoutSecrets(spec), rawSpec: withoutSecrets(rawSpec), overridden: spec !== rawSpec };
        const edge = { from, name, ...specs, type, to, error, valid: !error };
        from.#edgesOut.push(edge);
        if (to) to.#edgesIn.push(edge);
      }
    }
    return views;
  }

  get manifest(): Readonly<Manifest> {
    if (typeof this.#manifest === "string") this.#manifest = JSON.parse(this.#manifest) as Manifest;
    return this.#manifest;
  }
  get parent(): TreeNode | null {
    return this.#parent;
  }
  get target(): TreeNode | null {
    return this.#target;
  }
  get children(): readonly TreeNode[] {
    return this.#children;
  }
  get edgesOut(): readonly TreeEdge[] {
    return this.#edgesOut;
  }
  get edgesIn(): readonly TreeEdge[] {
    return this.#edgesIn;
  }
}

/** Builds the public tree. Every way to a node leads to the same object. */
export function viewTree(rows: TreeData): Tree {
  const views = NodeView.all(rows);
  const [root, ...nodes] = views.values();
  return { root: root as NodeView, nodes, get: (location) => views.get(location) };
}
