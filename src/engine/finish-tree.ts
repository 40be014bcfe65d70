import { checkEnginesAndPlatforms, pruneFailedOptional, warnDeprecated } from "./checks.ts";
import type { Context } from "./context.ts";
import { calculateFlags, clearFlags, resetAllFlags } from "./flags.ts";
import { PAUSE, type Steps, withPauses } from "./need.ts";
import { describeWarnings } from "./pending-failure.ts";

/**
 * Finishes a tree in which every package has its place.
 *
 * 1. Compute the flags, and prune entries of the lock that nothing needs (npm-tree §15).
 * 2. Leave out failed optional dependencies; a failed required one ends the build (npm-tree §16).
 * 3. Check engines and platforms (npm-tree §16).
 * 4. Warn of deprecated packages.
 *
 * @throws PendingFailure for a package that could not be loaded, EBADPLATFORM, and EBADENGINE with `engineStrict`
 */
export function* finishTree(context: Context, fromLock: boolean): Steps<void> {
  yield* finishFlags(context, fromLock);
  yield* withPauses(pruneFailedOptional(context));
  yield* withPauses(checkEnginesAndPlatforms(context));
  yield* withPauses(warnDeprecated(context));
  yield* describeWarnings(context);
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
    if (budget.pauseDue) yield PAUSE;
  }
}
