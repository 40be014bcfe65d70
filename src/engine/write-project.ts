import type { Failure } from "../api/failure.ts";
import { writeLock } from "../lockfile/write-lock.ts";
import { needCode, type Steps, withPauses } from "./need.ts";
import type { Project } from "./read-project.ts";

export interface WrittenProject {
  /** Texts by path in the file set: the lock, and each package.json that changed. */
  files: Record<string, string>;
  /** The path of the lock among `files`. */
  lockfile: string;
  warnings: readonly Failure[];
}

/**
 * Returns the files that npm would write for a finished tree.
 *
 * 1. Every package.json that `add`, `rm` or `update` changes (npm-tree §19). The lock repeats them, so they come first.
 * 2. The lock, unless `packageLock` is false (npm-tree §22).
 * 3. The yarn.lock, if the project has one (npm-tree §18.1).
 */
export function* writeProject(project: Project): Steps<WrittenProject> {
  const { context, packageJson, files, path, legacy, edits, requested } = project;
  const changed = edits && requested ? yield* edits.saveManifests(project, requested) : {};
  const { tree, lock } = context;
  const warnings: Failure[] = [];
  const lockfile = files.key(`${path}/${lock?.filename ?? "package-lock.json"}`);
  if (project.options.packageLock !== false) {
    const lockfileVersion = versionToWrite(project);
    if (lockfileVersion > project.lockfileVersion) {
      const { raisedLock } = yield* needCode(() => import("../errors/raised-lock.ts"));
      const hasPatches = [...tree.inventory.values()].some(({ marks }) => marks?.patched);
      warnings.push(raisedLock(project.lockfileVersion, hasPatches));
    }
    changed[lockfile] = yield* withPauses(
      writeLock({
        root: tree.root,
        nodes: tree.inventory.values(),
        lockfileVersion,
        extra: lock?.extra,
        hashes: context.hashes,
        indent: packageJson?.indent,
        newline: packageJson?.newline,
        format: project.options.formatPackageLock,
        omitsRegistryUrls: project.options.omitLockfileRegistryResolved,
        legacy,
      }),
    );
  }
  const yarn = context.yarn && (yield* withPauses(context.yarn.write(tree.root)));
  if (yarn) changed[files.key(`${path}/yarn.lock`)] = yarn;
  return { files: changed, lockfile, warnings };
}

/** Returns the version of the lock: 4 if it has what older versions of npm do not know, so that they refuse it. */
function versionToWrite({ lockfileVersion, context: { tree, hashes, specTable } }: Project): number {
  if (!specTable.rules.knowsLock4 || lockfileVersion >= 4) return lockfileVersion;
  for (const node of tree.inventory.values()) if (node.marks) return 4;
  return Object.keys(hashes).length > 0 ? 4 : lockfileVersion;
}
