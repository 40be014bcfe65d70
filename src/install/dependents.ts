import { isObject, type Json } from "../base/json.ts";
import { workspaceTest } from "../project/workspaces.ts";
import { isOutside } from "./location.ts";
import type { PlanNode, PlanNodes } from "./lock-nodes.ts";

interface Edge {
  readonly from: PlanNode;
  readonly to: PlanNode;
  readonly optional: boolean;
}

/** Who needs whom among the places of a lock: made when a package has to be left out, since most installs leave none out. */
export class Dependents {
  readonly isWorkspace: (node: PlanNode) => boolean;
  readonly #nodes: PlanNodes;
  #out: Map<PlanNode, Edge[]> | null = null;
  readonly #in = new Map<PlanNode, Edge[]>();
  readonly #children = new Map<PlanNode, Map<string, PlanNode>>();

  constructor(nodes: PlanNodes) {
    this.#nodes = nodes;
    const { workspaces } = (nodes.get("") as PlanNode).manifest;
    const test = workspaceTest(workspaces);
    this.isWorkspace = (node) => node.kind === "folder" && test(node.location);
  }

  /**
   * The package with all that cannot do without it and all that only they need (npm-tree §16).
   * @param gone what was left out before: it needs nothing any more
   */
  optionalSet(node: PlanNode, gone: { has(node: PlanNode): boolean }): Set<PlanNode> {
    const core = new Set([node]);
    for (const one of core) for (const { from, optional } of this.#edgesIn(one)) if (!optional) core.add(from);
    const counts = ({ from, to }: Edge): boolean => !core.has(to) && !gone.has(from);
    const set = new Set(core);
    for (const one of set) for (const edge of this.#edgesOut(one)) if (counts(edge)) set.add(edge.to);
    const work = [...set];
    for (let one = work.pop(); one; one = work.pop()) {
      if (!set.has(one) || !this.#edgesIn(one).some((edge) => !set.has(edge.from) && counts(edge))) continue;
      set.delete(one);
      for (const edge of this.#edgesOut(one)) if (set.has(edge.to)) work.push(edge.to);
    }
    return set;
  }

  #edgesOut(node: PlanNode): readonly Edge[] {
    return (this.#out ?? this.#makeEdges()).get(node) ?? [];
  }

  #edgesIn(node: PlanNode): readonly Edge[] {
    if (!this.#out) this.#makeEdges();
    return this.#in.get(node) ?? [];
  }

  #makeEdges(): Map<PlanNode, Edge[]> {
    const out = new Map<PlanNode, Edge[]>();
    for (const node of this.#nodes.values()) {
      if (!node.parent) continue;
      const siblings = this.#children.get(node.parent);
      if (siblings) siblings.set(node.folder, node);
      else this.#children.set(node.parent, new Map([[node.folder, node]]));
    }
    for (const from of this.#nodes.values()) {
      const edges: Edge[] = [];
      for (const [name, optional] of this.#wants(from)) {
        const to = this.#resolve(from, name);
        if (!to) continue;
        const edge = { from, to, optional };
        edges.push(edge);
        const others = this.#in.get(to);
        if (others) others.push(edge);
        else this.#in.set(to, [edge]);
      }
      out.set(from, edges);
    }
    this.#out = out;
    return out;
  }

  /** Names, and whether it can do without. A later section counts, but the project's workspaces before all. */
  #wants({ kind, manifest }: PlanNode): Map<string, boolean> {
    const wants = new Map<string, boolean>();
    if (kind === "link") return wants;
    const meta: Json = manifest.peerDependenciesMeta ?? {};
    for (const name in manifest.peerDependencies) {
      const own = Object.hasOwn(meta, name) ? meta[name] : null;
      wants.set(name, isObject(own) && Boolean(own["optional"]));
    }
    for (const name in manifest.dependencies) wants.set(name, false);
    for (const name in manifest.optionalDependencies) wants.set(name, true);
    if (kind !== "package") for (const name in manifest.devDependencies) wants.set(name, false);
    if (kind !== "project") return wants;
    for (const { target, manifest } of this.#nodes.values()) {
      if (target && this.isWorkspace(target) && manifest.name) wants.set(manifest.name, false);
    }
    return wants;
  }

  /** What a package gets for a name: from the nearest `node_modules`, its own first. */
  #resolve(from: PlanNode, name: string): PlanNode | null {
    for (let at: PlanNode | null = from; at; at = at.parent ?? folderAbove(at, this.#nodes)) {
      const found = this.#children.get(at)?.get(name);
      if (found) return found;
    }
    return null;
  }
}

/** The place that a folder is in: the project's, a package's, another folder's. Null beside the project, and for it. */
export function folderAbove({ location }: PlanNode, nodes: PlanNodes): PlanNode | null {
  if (location === "" || isOutside(location)) return null;
  let at = location;
  for (;;) {
    at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
    const node = nodes.get(at);
    if (node) return node;
  }
}
