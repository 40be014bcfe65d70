import type { LockChange, Resolution, ResolutionStats, Tree } from "../src/api.ts";
import type { Failure } from "../src/errors.ts";
import type { TreeData } from "../src/ideal/tree-data.ts";
import { viewTree } from "../src/ideal/view.ts";
import { why } from "../src/ideal/why.ts";
import { diffLocks } from "../src/lockfile/diff-locks.ts";

export interface ResolutionParts {
  /** Called once, when somebody first looks at the tree. */
  tree: () => TreeData;
  files: Record<string, string>;
  lockfile: string;
  warnings: readonly Failure[];
  stats: ResolutionStats;
}

/** The answer as the public API gives it. */
export function resolutionOf({ tree, files, lockfile, warnings, stats }: ResolutionParts): Resolution {
  // What the tree is made of is let go once it is made.
  let read: ResolutionParts["tree"] | null = tree;
  let view: Tree | undefined;
  const look = () => {
    if (read) view = viewTree(read());
    read = null;
    return view as Tree;
  };
  return {
    files,
    get tree() {
      return look();
    },
    warnings,
    stats,
    why: (name) => why(name, look()),
    diff: (lockText: string): LockChange[] => diffLocks(lockText, files[lockfile] ?? ""),
  };
}
