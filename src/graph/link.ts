import { dirname, relativePath } from "../base/posix-path.ts";
import { Node, type NodeInit } from "./node.ts";
import type { OverrideSet } from "./overrides.ts";

/** A symbolic link under `node_modules` to a folder of the project (npm-tree §20). It has no edges and no children. */
export class Link extends Node {
  override readonly isLink: boolean = true;
  #target: Node;

  constructor(init: Omit<NodeInit, "manifest">, target: Node) {
    super({ ...init, manifest: target.manifest });
    this.#target = target;
  }
  override get target(): Node {
    return this.#target;
  }
  override get realpath(): string {
    return this.#target.path;
  }
  retarget(target: Node): void {
    this.#target.dropLink(this);
    this.#target = target;
    this.manifest = target.manifest;
    this.version = target.version;
    target.addLink(this);
  }
  /** `file:` and the way from the link's own folder to its target, as a lock has it. */
  relativeTarget(): string {
    return relativePath(dirname(this.path), this.realpath);
  }
  protected override reruleEdges(): void {
    const { overrides } = this;
    if (overrides && reaches(overrides, this.#target)) this.#target.ruleAdded(overrides);
  }
}

/** Whether some rule names a dependency that can be reached from the target: only then do rules pass a link. */
function reaches(set: OverrideSet, target: Node): boolean {
  const seen = new Set<Node>([target]);
  for (const node of seen) {
    for (const edge of node.edges().values()) {
      if (set.ruleFor(edge, node.world).name === edge.name) return true;
      if (edge.to) seen.add(edge.to.target);
    }
  }
  return false;
}
