import { repeatsNames } from "../graph/edge-spec.ts";
import type { Node } from "../graph/node.ts";
import type { ProjectTree } from "../graph/tree.ts";
import { checkEnginesAndPlatforms, pruneFailedOptional, warnDeprecated } from "./checks.ts";
import type { Context } from "./context.ts";
import { calculateFlags, clearFlags, resetAllFlags } from "./flags.ts";
import { needCode, PAUSE, type Steps, withPauses } from "./need.ts";
import { describeWarnings } from "./pending-failure.ts";

/**
 * Finishes a tree in which every package has its place.
 *
 * 1. Compute the flags, and prune entries of the lock that nothing needs (npm-tree §15).
 * 2. Leave out failed optional dependencies; a failed required one ends the build (npm-tree §16).
 * 3. Check engines and platforms (npm-tree §16).
 * 4. Mark the packages to which the project applies a patch (npm-tree §28).
 * 5. Warn of deprecated packages, and of losses about which npm is silent.
 *
 * @throws PendingFailure for a package that could not be loaded, EBADPLATFORM, and EBADENGINE with `engineStrict`
 */
export function* finishTree(context: Context, fromLock: boolean): Steps<void> {
  yield* finishFlags(context, fromLock);
  yield* withPauses(pruneFailedOptional(context));
  yield* withPauses(checkEnginesAndPlatforms(context));
  if (hasExtensions(context)) {
    const { warnOfWorkspaces } = yield* needCode(() => import("./extension-changes.ts"));
    warnOfWorkspaces(workspacesOf(context.tree), context);
  }
  if (hasPatches(context)) {
    const { markPatches } = yield* needCode(() => import("./patched-dependencies.ts"));
    yield* markPatches(context);
  }
  yield* withPauses(warnDeprecated(context));
  if (mayLose(context, fromLock)) {
    const { warnOfLosses } = yield* needCode(() => import("./quiet-losses.ts"));
    yield* warnOfLosses(context, fromLock);
  }
  yield* describeWarnings(context);
}

/** Checks whether the tree may lack something that the project asks for. Few projects give a reason to look. */
function mayLose({ tree, specTable, options }: Context, fromLock: boolean): boolean {
  if (tree.hasBundles || tree.hasWorkspaces || tree.lostTarget || options.policy.before != null) return true;
  if (specTable.overrides && (fromLock || tree.hasLinks)) return true;
  for (const { manifest } of tree.inventory.values()) if (repeatsNames(manifest)) return true;
  return false;
}

/** Checks whether the project, a workspace or the lock has patches. */
function hasPatches({ tree, lock, specTable }: Context): boolean {
  if (!specTable.rules.knowsLock4) return false;
  if (tree.root.manifest["patchedDependencies"]) return true;
  for (const { marks } of lock?.packages.values() ?? []) if (marks?.patched) return true;
  return workspacesOf(tree).some(({ manifest }) => manifest["patchedDependencies"]);
}

/** Checks whether the project or a workspace has `packageExtensions`. */
function hasExtensions({ tree, extensions, specTable }: Context): boolean {
  if (!specTable.rules.knowsLock4 || !tree.hasWorkspaces) return false;
  return extensions !== null || workspacesOf(tree).some(({ manifest }) => manifest["packageExtensions"] !== undefined);
}

function workspacesOf(tree: ProjectTree): Node[] {
  const found = [...tree.workspaceSpecs.values()].map(({ raw }) => tree.at(raw.slice("file:".length)));
  return found.filter((node) => node !== undefined);
}

function* finishFlags({ tree, mutated, specTable }: Context, fromLock: boolean): Steps<void> {
  const { budget } = specTable;
  if (fromLock && mutated) resetAllFlags(tree);
  if (!fromLock || mutated) yield* withPauses(calculateFlags(tree.root));
  else clearFlags(tree.root);
  // A tree from a lock loses its extraneous packages. A tree built from nothing keeps them, as npm's does.
  if (!fromLock) return;
  for (const node of [...tree.inventory.values()]) {
    if (node.extraneous && node.parent) tree.detach(node);
    budget.visit(10);
    if (budget.takePause()) yield PAUSE;
  }
}
