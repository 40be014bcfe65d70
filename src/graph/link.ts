import { Node, type NodeInit } from "./node.ts";

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
  /** Changes the link's target to another node of the same folder. */
  retarget(target: Node): void {
    this.#target.dropLink(this);
    this.#target = target;
    this.manifest = target.manifest;
    this.version = target.version;
    target.addLink(this);
  }
}
