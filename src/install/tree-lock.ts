import type { LockMarks } from "../api/lock-marks.ts";
import type { Manifest } from "../api/manifest.ts";
import type { Tree, TreeNode } from "../api/resolve.ts";
import { resolvePath } from "../base/posix-path.ts";
import { runToEnd } from "../base/run-to-end.ts";
import { type LockEdge, type LockNode, writeLock } from "../lockfile/write-lock.ts";
import { PROJECT_MOUNT } from "../project/files.ts";

const NO_EDGES: ReadonlyMap<string, LockEdge> = new Map();

/** Writes a version 3 lock of a resolved tree, for a resolution whose own lock has version 1 or was not asked for. */
export function lockOfTree(tree: Tree): string {
  return runToEnd(writeLock({ root: new TreeLockNode(tree.root), nodes: wrapped(tree.nodes), lockfileVersion: 3 }));
}

function wrapped(nodes: Iterable<TreeNode>): LockNode[] {
  return [...nodes].map((node) => new TreeLockNode(node));
}

/** Adapts a node of the public tree to the writer of locks. */
class TreeLockNode implements LockNode {
  readonly #node: TreeNode;
  readonly fsChildren: readonly LockNode[] = [];
  readonly edgesIn: readonly LockEdge[] = [];
  readonly fsParent = null;
  readonly children: ReadonlyMap<string, LockNode> = new Map();

  constructor(node: TreeNode) {
    this.#node = node;
  }
  get name(): string {
    return this.#node.name;
  }
  get packageName(): string {
    return this.#node.packageName;
  }
  get version(): string {
    return this.#node.version;
  }
  get manifest(): Manifest {
    return this.#node.manifest;
  }
  get location(): string {
    return this.#node.location;
  }
  get path(): string {
    return resolvePath(PROJECT_MOUNT, this.location);
  }
  get realpath(): string {
    return resolvePath(PROJECT_MOUNT, (this.#node.target ?? this.#node).location);
  }
  get target(): LockNode {
    return new TreeLockNode(this.#node.target ?? this.#node);
  }
  get isLink(): boolean {
    return this.#node.isLink;
  }
  get isTop(): boolean {
    return this.#node.parent === null;
  }
  get isProjectRoot(): boolean {
    return this.location === "";
  }
  /** The tree has the engine's own path of a `file:` tarball. The spec of a dependent gives its path in the project. */
  get resolved(): string | null {
    const { resolved, edgesIn } = this.#node;
    const dependent = resolved?.startsWith("file:") && edgesIn.find(({ spec }) => spec.startsWith("file:"));
    if (!dependent) return resolved;
    const folder = resolvePath(PROJECT_MOUNT, (dependent.from.target ?? dependent.from).location);
    const path = dependent.spec.slice("file:".length);
    return path[0] === "/" ? resolved : `file:${resolvePath(folder, path)}`;
  }
  get integrity(): string | null {
    return this.#node.integrity;
  }
  get statesShrinkwrap(): boolean {
    return false;
  }
  get marks(): LockMarks | null {
    const { patched } = this.#node;
    return patched && { patched };
  }
  get inDepBundle(): boolean {
    return this.#node.inBundle;
  }
  get dev(): boolean {
    return this.#node.dev;
  }
  get optional(): boolean {
    return this.#node.optional;
  }
  get devOptional(): boolean {
    return this.#node.devOptional;
  }
  get peer(): boolean {
    return this.#node.peer;
  }
  get extraneous(): boolean {
    return this.#node.extraneous;
  }
  get inert(): boolean {
    return this.#node.inert;
  }
  edges(): ReadonlyMap<string, LockEdge> {
    return NO_EDGES;
  }
  bundler(): LockNode | null {
    return this.#node.inBundle ? this : null;
  }
}
