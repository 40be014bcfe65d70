import type { Failure } from "../api/failure.ts";
import type { ImportMap, ImportMapOptions, Rung } from "../api/flat.ts";
import type { LockChange, Resolution, ResolutionStats, Tree } from "../api/resolve.ts";
import { diffLocks } from "./diff-locks.ts";
import type { TreeData } from "./tree-data.ts";
import { viewTree } from "./tree-view.ts";
import { why } from "./why.ts";

export interface ResolutionParts {
  /** Called once, when somebody first looks at the tree. */
  tree: () => TreeData;
  files: Record<string, string>;
  lockfile: string;
  warnings: readonly Failure[];
  stats: ResolutionStats;
  rung: Rung | null;
}

/** The answer as the public API gives it. */
export function resolutionOf({ tree, files, lockfile, warnings, stats, rung }: ResolutionParts): Resolution {
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
    rung,
    get versions() {
      return versionsOf(look());
    },
    why: (name) => why(name, look()),
    diff: (lockText: string): LockChange[] => diffLocks(lockText, files[lockfile] ?? ""),
    importMap: async (options: ImportMapOptions = {}): Promise<ImportMap> => {
      const { importMap } = await import("../import-map/import-map.ts");
      return await importMap(look(), options);
    },
  };
}

function versionsOf({ root }: Tree): Record<string, string> {
  const standing = root.children.filter((node) => !node.inert);
  return Object.fromEntries(standing.map((node) => [node.name, (node.target ?? node).version]));
}
