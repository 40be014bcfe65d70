import type { Failure } from "../api/failure.ts";
import type { Context } from "../engine/context.ts";
import { finishTree } from "../engine/finish-tree.ts";
import { needCode, PAUSE, type Steps, withPauses } from "../engine/need.ts";
import { updatesAll } from "../engine/options.ts";
import { describeFailures } from "../engine/pending-failure.ts";
import type { Project } from "../engine/read-project.ts";
import type { Node } from "../graph/node.ts";
import { IdealTreeBuilder } from "./build-ideal-tree.ts";

/**
 * Builds npm's tree for a project (npm-tree §7), and returns the warnings.
 *
 * 1. Start: put the lock, or the workspaces' folders, into the tree (§7.3, §18, §20.6).
 * 2. Scan: queue every package with a missing or invalid dependency (§7.4).
 *    Take out what `packageExtensions` changed, if they are others now (§27).
 * 3. Fetch the manifests that a lock of version 1 does not have (§18.6).
 * 4. Apply `add`, `rm` and `update` (§19), then check the overrides against the project's own dependencies (§6.6).
 * 5. Run the main loop (§8): `build-ideal-tree.ts`.
 * 6. Finish: flags, pruning, failed optional packages, engines and platforms (§15, §16): `engine/finish-tree.ts`.
 *
 * @throws InstallError with the codes that npm fails with; ENONTERMINATING where npm does not end, ENPMCRASH where it crashes
 */
export function resolveTree(project: Project): Steps<{ warnings: readonly Failure[] }> {
  return describeFailures(buildTree(project), project.context);
}

function* buildTree(project: Project): Steps<{ warnings: readonly Failure[] }> {
  const { context } = project;
  const { lock, lockLoader } = context;
  const builder = new IdealTreeBuilder(context);
  if (lockLoader && lock?.loaded) yield* lockLoader.loadLock(lock, context);
  else if (lockLoader && !updatesAll(project.options)) yield* lockLoader.loadWorkspaces(context);
  yield* queueProblems(context, builder);
  yield* detachExtended(context, builder);
  if (lock && lockLoader) yield* lockLoader.fetchOldLockManifests(lock, context);
  const { edits } = project;
  const requested = edits && (yield* edits.applyRequests(project.options, context, builder.queue));
  context.specTable.overrides?.assertNoDirectConflict(context.tree.root.edges().values());
  builder.queue.push(context.tree.root);
  yield* builder.run();
  yield* finishTree(context, lock?.loaded ?? false);
  project.requested = requested;
  return { warnings: context.warnings };
}

/** Takes out of a locked tree what `packageExtensions` changed or change, if they are not those that the lock was written with. */
function* detachExtended({ tree, lock, extensions }: Context, { queue }: IdealTreeBuilder): Steps<void> {
  if (!lock?.loaded || (lock.hashes.packageExtensionsHash ?? "") === (extensions?.hash ?? "")) return;
  const { detachAffected } = yield* needCode(() => import("../engine/extension-changes.ts"));
  yield* withPauses(detachAffected(tree, extensions, (node) => queue.push(node)));
}

/** Queues every node with a missing or invalid edge that the project reaches, links not followed (npm-tree §7.4). */
function* queueProblems({ tree, options, mutationRequested, specTable }: Context, at: IdealTreeBuilder): Steps<void> {
  const { budget } = specTable;
  const ignoreOptionalPeers = !options.save && !mutationRequested;
  const reached = new Set<Node>([tree.root]);
  for (const node of reached) {
    let queued = false;
    budget.visit(1 + node.edges().size * 2);
    if (budget.takePause()) yield PAUSE;
    for (const edge of node.edges().values()) {
      if (edge.to) reached.add(edge.to);
      if (queued || (ignoreOptionalPeers && edge.spec.type === "peerOptional") || (edge.to && edge.valid)) continue;
      at.queue.push(node);
      queued = true;
    }
  }
}
