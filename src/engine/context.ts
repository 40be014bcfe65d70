import type { Platform } from "../api/common.ts";
import type { Failure } from "../api/failure.ts";
import type { LockHashes } from "../api/lock-marks.ts";
import type { Manifest } from "../api/manifest.ts";
import type { Edge } from "../graph/edge.ts";
import type { Node } from "../graph/node.ts";
import type { SpecTable } from "../graph/spec-table.ts";
import type { ProjectTree } from "../graph/tree.ts";
import type { LockData } from "../lockfile/read-lock.ts";
import type { PlaceOptions } from "../placement/place.ts";
import type { PackageExtensions } from "../project/package-extensions.ts";
import type { PickPolicy } from "../registry/select-version.ts";
import type { Spec } from "../spec/spec.ts";
import type { DescribeFailure } from "./pending-failure.ts";

/** The package.json files of the project's folders, by absolute path. */
export interface ProjectFolders {
  /** Returns the normalised package.json of a folder, or null if it has none. @throws InstallError EJSONPARSE */
  manifest(folder: string): Manifest | null;
  /** Returns the bytes of a file of the project, by absolute path, or null if there is none. */
  file(path: string): Uint8Array | null;
}

/** The parts of an edge that decide whether its source is allowed. */
export interface SourceEdge {
  readonly name: string;
  readonly from: Pick<Node, "isProjectRoot" | "isWorkspace" | "location">;
}

export interface BuildOptions extends PlaceOptions {
  readonly platform: Platform;
  readonly policy: PickPolicy;
  /** Returns the policy for one name: `policy`, without its date if `minReleaseAgeExclude` matches the name. */
  readonly policyFor: (name: string) => PickPolicy;
  /** False for npm's `--no-save`. */
  readonly save: boolean;
  readonly installLinks: boolean;
  readonly engineStrict: boolean;
  readonly omit: ReadonlySet<string>;
  readonly allowUnusedPatches: boolean;
  /** Names that `rm` removes. */
  readonly removed: readonly string[];
  /** Returns the failure for a source that an option forbids, or null. It is null itself if all sources are allowed. */
  readonly forbidden: ((edge: SourceEdge, spec: Spec) => Failure | null) | null;
  /** npm's --os, --cpu, --libc: the platform that optional packages are tested against. */
  readonly forced: { os?: string | undefined; cpu?: string | undefined; libc?: string | undefined };
}

/** The state of one build. */
export interface Context {
  readonly specTable: SpecTable;
  readonly tree: ProjectTree;
  readonly options: BuildOptions;
  readonly folders: ProjectFolders;
  /** Edges that `add` requested. */
  readonly explicitEdges: Set<Edge>;
  /** Nodes whose manifest could not be loaded, in the order of their failures. */
  readonly loadFailures: Set<Node>;
  readonly warnings: Failure[];
  /** Warnings that are not described yet. */
  readonly pendingWarnings: DescribeFailure[];
  /** Manifests that came from packuments. Abbreviated ones lack fields that a lock has. */
  readonly picked: Set<Manifest>;
  /** Set for a project with a yarn.lock. `pin` replaces a spec by its pinned one, and is null if npm's own lock is used. */
  yarn: {
    pin: ((spec: Spec) => Spec | null) | null;
    write: (root: Node) => Generator<undefined, string | null>;
  } | null;
  /** True for `add`, `rm` and `update`. */
  readonly mutationRequested: boolean;
  /** True once the tree has changed, or if a change was requested. */
  mutated: boolean;
  /** The project's lock. After `update` of everything, only its name and version. */
  lock: LockData | null;
  /** The hashes of the root's entry in the lock to write. */
  hashes: LockHashes;
  /** The rules of `packageExtensions`. Null without them, and before npm 12. */
  extensions: PackageExtensions | null;
  /** Puts locks and workspaces into the tree. Loaded only for a project that has one of them. */
  lockLoader: typeof import("./load-lock.ts") | null;
}
