import type { Platform } from "../api/common.ts";
import type { Failure } from "../api/failure.ts";
import type { Manifest } from "../api/manifest.ts";
import { InstallError } from "../errors/failure.ts";
import type { Edge } from "../graph/edge.ts";
import type { Node } from "../graph/node.ts";
import type { SpecTable } from "../graph/spec-table.ts";
import type { Tree } from "../graph/tree.ts";
import type { LockData } from "../lockfile/read-lock.ts";
import type { PlaceOptions } from "../placement/place.ts";
import type { PickPolicy } from "../registry/select-version.ts";
import type { Spec } from "../spec/spec.ts";

/** What the engine may read of the project's files, by absolute path. */
export interface ProjectFolders {
  /** A folder's package.json after intake, or null. @throws InstallError EJSONPARSE */
  manifest(folder: string): Manifest | null;
}

export interface BuildOptions extends PlaceOptions {
  readonly platform: Platform;
  readonly policy: PickPolicy;
  /** `before` less the names it is lifted for. */
  readonly policyFor: (name: string) => PickPolicy;
  /** False for npm's `--no-save`. */
  readonly save: boolean;
  readonly installLinks: boolean;
  readonly engineStrict: boolean;
  readonly omit: ReadonlySet<string>;
  /** npm's --os, --cpu, --libc: what optional packages are tested against. */
  readonly forced: { os?: string | undefined; cpu?: string | undefined; libc?: string | undefined };
}

/** The state of one build. */
export interface Context {
  readonly specTable: SpecTable;
  readonly tree: Tree;
  readonly options: BuildOptions;
  readonly folders: ProjectFolders;
  /** Edges that `add` asked for. */
  readonly explicit: Set<Edge>;
  /** Nodes whose manifest could not be had, in the order they came up. */
  readonly loadFailures: Set<Node>;
  readonly warnings: Failure[];
  /** Warnings that are not yet in words. */
  readonly unexplained: Wording[];
  /** Manifests that came from packuments: where those are abbreviated, they lack what a lock has. */
  readonly picked: Set<Manifest>;
  /** For a project with a yarn.lock: what that pins a spec to where there is no lock of npm's, and what rewrites it. */
  yarn: { pin: ((spec: Spec) => Spec | null) | null; write: (root: Node) => string | null } | null;
  /** Something was asked for that changes the tree (add, rm, update). */
  readonly mutationRequested: boolean;
  /** The tree was changed, or is about to be. */
  mutated: boolean;
  /** The lock that was there, or at least its place and form. */
  lock: LockData | null;
  /** What puts locks and workspaces into the tree: loaded only where there are any. */
  old: typeof import("./load-lock.ts") | null;
}

/** Puts a failure into words: with `words.ts`, which is loaded only when something fails or is warned about. */
export type Wording = (words: typeof import("./failure-wording.ts")) => Failure;

/** A failure that is not yet in words. Ends a build; the tree stands still, so that it can be described afterwards. */
export class Unexplained extends Error {
  declare readonly wording: Wording;
  constructor(wording: Wording) {
    super();
    this.wording = wording;
  }
}

export function raise(failure: Failure): never {
  throw new InstallError(failure);
}
