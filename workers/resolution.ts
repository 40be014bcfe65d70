import type { LockChange, Resolution, ResolutionStats } from "../src/api.ts";
import type { Failure } from "../src/errors.ts";
import type { Tree } from "../src/graph/tree.ts";
import { viewTree, why } from "../src/ideal/view.ts";
import { diffLocks } from "../src/lockfile/diff-locks.ts";

export interface ResolutionParts {
  tree: Tree;
  files: Record<string, string>;
  lockfile: string;
  warnings: readonly Failure[];
  stats: ResolutionStats;
}

/** The answer as the public API gives it. */
export function resolutionOf({ tree, files, lockfile, warnings, stats }: ResolutionParts): Resolution {
  const view = viewTree(tree.root, tree.inventory);
  return {
    files,
    tree: view,
    warnings,
    stats,
    why: (name) => why(name, view.nodes),
    diff: (lockText: string): LockChange[] => diffLocks(lockText, files[lockfile] ?? ""),
  };
}
