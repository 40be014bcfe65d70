import { type Dependency, type DependencyReader, optionalSetOver } from "../base/gather.ts";
import { declaredDependencies } from "../spec/declared-dependencies.ts";
import { isOutside } from "./location.ts";
import type { PlanNode, PlanNodes } from "./lock-nodes.ts";
import type { PlanCode } from "./plan.ts";

/** A dependency of a package of a lock on another one. */
export interface LockDependency extends Dependency<PlanNode> {
  readonly name: string;
  /** As the dependent's manifest has it, before overrides. */
  readonly spec: unknown;
}

/**
 * The dependencies between the packages of a lock. They are made when the first package has to be left out, because most
 * installs leave none out.
 *
 * This is not `src/graph`: an install does not load the engine, and a lock needs no specs, overrides or moves. Both share the
 * order of the sections ({@link declaredDependencies}) and the optional sets ({@link optionalSetOver}).
 */
export class Dependents {
  readonly isWorkspace: (node: PlanNode) => boolean;
  readonly #nodes: PlanNodes;
  #out: Map<PlanNode, LockDependency[]> | null = null;
  readonly #in = new Map<PlanNode, LockDependency[]>();
  readonly #children = new Map<PlanNode, Map<string, PlanNode>>();
  readonly #reader: DependencyReader<PlanNode, LockDependency> = {
    out: (node) => (this.#out ?? this.#makeEdges()).get(node) ?? [],
    into: (node) => {
      if (!this.#out) this.#makeEdges();
      return this.#in.get(node) ?? [];
    },
  };

  constructor(nodes: PlanNodes, workspaceTest: PlanCode["workspaceTest"]) {
    this.#nodes = nodes;
    const { workspaces } = (nodes.get("") as PlanNode).manifest;
    const test = workspaceTest?.(workspaces);
    this.isWorkspace = (node) => node.kind === "folder" && test?.(node.location) === true;
  }

  /** Returns the dependencies of others on a package. */
  into(node: PlanNode): Iterable<LockDependency> {
    return this.#reader.into(node);
  }

  /**
   * Returns a package with every package that requires it, and what only these need (npm-tree §16).
   * @param gone packages left out before: they need nothing any more
   */
  optionalSet(node: PlanNode, gone: { has(node: PlanNode): boolean }): Set<PlanNode> {
    return optionalSetOver(node, (from) => gone.has(from), this.#reader);
  }

  /** Returns the project with everything that it needs, directly or not. */
  needed(): Set<PlanNode> {
    const needed = new Set<PlanNode>([this.#nodes.get("") as PlanNode]);
    for (const node of needed) {
      if (node.target) needed.add(node.target);
      for (const { to } of this.#reader.out(node)) if (to) needed.add(to);
    }
    return needed;
  }

  /** Returns the links that lead to one of the given entries. */
  linksTo(targets: { has(node: PlanNode): boolean }): PlanNode[] {
    return [...this.#nodes.values()].filter(({ target }) => target && targets.has(target));
  }

  #makeEdges(): Map<PlanNode, LockDependency[]> {
    const out = new Map<PlanNode, LockDependency[]>();
    for (const node of this.#nodes.values()) {
      if (!node.parent) continue;
      const siblings = this.#children.get(node.parent);
      if (siblings) siblings.set(node.folder, node);
      else this.#children.set(node.parent, new Map([[node.folder, node]]));
    }
    for (const from of this.#nodes.values()) {
      const edges: LockDependency[] = [];
      for (const [name, { spec, optional }] of this.#wants(from)) {
        const to = this.#resolve(from, name);
        if (!to) continue;
        const edge = { from, to, optional, name, spec };
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

  /** Returns the names that a package asks for, and whether each is optional. A workspace of the project is always required. */
  #wants({ kind, manifest }: PlanNode): Map<string, Pick<LockDependency, "spec" | "optional">> {
    const wants = new Map<string, Pick<LockDependency, "spec" | "optional">>();
    if (kind === "link") return wants;
    for (const { name, spec, type } of declaredDependencies(manifest, { dev: kind !== "package", peers: true })) {
      wants.set(name, { spec, optional: type === "optional" || type === "peerOptional" });
    }
    if (kind !== "project") return wants;
    for (const { target, manifest } of this.#nodes.values()) {
      if (target && this.isWorkspace(target) && manifest.name)
        wants.set(manifest.name, { spec: "file:", optional: false });
    }
    return wants;
  }

  /** Returns the package that `from` gets for a name: from its own `node_modules`, else from the nearest one above. */
  #resolve(from: PlanNode, name: string): PlanNode | null {
    for (let at: PlanNode | null = from; at; at = at.parent ?? folderAbove(at, this.#nodes)) {
      const found = this.#children.get(at)?.get(name);
      if (found) return found;
    }
    return null;
  }
}

/** Returns the nearest package or folder above a folder, or the project. Null for the project and for folders outside it. */
export function folderAbove({ location }: PlanNode, nodes: PlanNodes): PlanNode | null {
  if (location === "" || isOutside(location)) return null;
  let at = location;
  for (;;) {
    at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
    const node = nodes.get(at);
    if (node) return node;
  }
}
