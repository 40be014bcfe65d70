import type { Failure } from "../api/failure.ts";
import type { ImportMap, ImportMapOptions, Rung } from "../api/flat.ts";
import type { LockChange, Resolution, ResolutionStats, Tree } from "../api/resolve.ts";
import { InstallError } from "../errors/failure.ts";
import { asText } from "../errors/invalid-option.ts";
import { withoutSecrets } from "../errors/without-secrets.ts";
import { diffLocks } from "./diff-locks.ts";
import type { TreeData } from "./tree-data.ts";
import { viewTree } from "./tree-view.ts";
import { why } from "./why.ts";

export interface ResolutionParts {
  /** Returns the tree as data. Called at most once, when the tree is first read. */
  tree: () => TreeData;
  files: Record<string, string>;
  lockfile: string;
  warnings: readonly Failure[];
  stats: ResolutionStats;
  rung: Rung | null;
}

/**
 * Returns the public resolution. The tree is built when it is first read.
 * @param nextTurn resolves in a later turn of the event loop
 */
export function resolutionOf(parts: ResolutionParts, nextTurn: () => Promise<void>): Resolution {
  const { tree, files, lockfile, warnings, stats, rung } = parts;
  // The data is released once the tree is built.
  let read: ResolutionParts["tree"] | null = tree;
  let view: Tree | undefined;
  const readTree = () => {
    if (read) view = viewTree(read());
    read = null;
    return view as Tree;
  };
  return {
    files,
    get tree() {
      return readTree();
    },
    warnings,
    stats,
    rung,
    get versions() {
      return versionsOf(readTree());
    },
    why: (name) => why(asText(name, "name"), readTree()),
    diff: (lockText: string): LockChange[] => {
      try {
        return diffLocks(asText(lockText, "lockText"), files[lockfile] ?? "");
      } catch (error) {
        throw error instanceof InstallError ? new InstallError(withoutSecrets(error.failure)) : error;
      }
    },
    importMap: async (options: ImportMapOptions = {}): Promise<ImportMap> => {
      const { importMap } = await import("../import-map/import-map.ts");
      return await importMap(readTree(), options, nextTurn);
    },
  };
}

/** Returns the versions of the packages at the top level, by name. */
function versionsOf({ root }: Tree): Record<string, string> {
  const installed = root.children.filter((node) => !node.inert);
  return Object.fromEntries(installed.map((node) => [node.name, (node.target ?? node).version]));
}
