import type { Failure } from "../api/failure.ts";
import { checkEnginesAndPlatforms, pruneFailedOptional, warnDeprecated } from "../engine/checks.ts";
import { type Context, raise, Unexplained } from "../engine/context.ts";
import { calculateFlags, clearFlags, resetAllFlags } from "../engine/flags.ts";
import { needCode, PAUSE, type Steps } from "../engine/need.ts";
import { updatesAll } from "../engine/options.ts";
import type { Project } from "../engine/read-project.ts";
import type { Node } from "../graph/node.ts";
import { writeLock } from "../lockfile/write-lock.ts";
import { Builder, explainWarnings } from "./build-ideal-tree.ts";

export interface Written {
  /** By path in the file set: the lock, and each package.json that changed. */
  files: Record<string, string>;
  /** Which of `files` is the lock. */
  lockfile: string;
}

/**
 * From a project that was read to the tree that npm would build (npm-tree §7). Answers the warnings.
 * @throws InstallError what npm itself fails with, and ENONTERMINATING or ENPMCRASH where it does not end or crashes
 */
export function resolveTree(project: Project): Steps<{ warnings: readonly Failure[] }> {
  return explained(buildTree(project));
}

/** Work whose failures are put into words while the tree stands as it did. */
export function* explained<T>(work: Steps<T>): Steps<T> {
  try {
    return yield* work;
  } catch (error) {
    if (!(error instanceof Unexplained)) throw error;
    const words = yield* needCode(() => import("../engine/failure-wording.ts"));
    return raise(error.wording(words));
  }
}

function* buildTree(project: Project): Steps<{ warnings: readonly Failure[] }> {
  const { context } = project;
  const { lock } = context;
  const builder = new Builder(context);
  if (lock?.loaded) context.old?.loadLock(lock, context);
  else if (!updatesAll(project.options)) context.old?.loadWorkspaces(context);
  scan(context, builder);
  if (lock && context.old) yield* context.old.inflate(lock, context);
  const { edits } = project;
  const requested = edits && (yield* edits.applyRequests(project.options, context, builder.queue));
  context.specTable.overrides?.assertDirect(context.tree.root.edges().values());
  builder.queue.push(context.tree.root);
  yield* builder.run();
  yield* finishTree(context, lock?.loaded ?? false);
  project.requested = requested;
  return { warnings: context.warnings };
}

/** What is said of a tree once all of it stands: flags, what does not fit this machine, what is deprecated. */
export function* finishTree(context: Context, fromLock: boolean): Steps<void> {
  finishFlags(context, fromLock);
  pruneFailedOptional(context);
  checkEnginesAndPlatforms(context);
  warnDeprecated(context);
  yield* explainWarnings(context);
}

/** The files that npm would write for a tree that was built. */
export function* writeProject(project: Project): Steps<Written> {
  const { context, packageJson, files, path, lockfileVersion, legacy, edits, requested } = project;
  const changed = edits && requested ? edits.saveManifests(project, requested) : {};
  const { tree, lock } = context;
  const lockfile = files.key(`${path}/${lock?.filename ?? "package-lock.json"}`);
  if (project.options.packageLock !== false) {
    changed[lockfile] = yield* paused(
      writeLock({
        root: tree.root,
        nodes: tree.inventory.values(),
        lockfileVersion,
        extra: lock?.extra,
        indent: packageJson?.indent,
        newline: packageJson?.newline,
        legacy,
      }),
    );
  }
  const yarn = context.yarn?.write(tree.root);
  if (yarn) changed[files.key(`${path}/yarn.lock`)] = yarn;
  return { files: changed, lockfile };
}

/** What stops only to give way to others. */
function* paused<T>(work: Generator<undefined, T>): Steps<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    yield PAUSE;
  }
}

/** Queues every node that can be reached from the project, but not through links, and has something missing or wrong (npm-tree §7.4). */
function scan({ tree, options, mutationRequested }: Context, { queue }: Builder): void {
  const trusting = !options.save && !mutationRequested;
  const reached = new Set<Node>([tree.root]);
  for (const node of reached) {
    let queued = false;
    for (const edge of node.edges().values()) {
      if (edge.to) reached.add(edge.to);
      if (queued || (trusting && edge.spec.type === "peerOptional") || (edge.to && edge.valid)) continue;
      queue.push(node);
      queued = true;
    }
  }
}

/** npm-tree §15 */
function finishFlags({ tree, mutated }: Context, fromLock: boolean): void {
  if (fromLock && mutated) resetAllFlags(tree);
  if (!fromLock || mutated) calculateFlags(tree.root);
  else clearFlags(tree.root);
  // What a lock has and nothing asks for goes; a fresh build keeps what it left over.
  if (!fromLock) return;
  for (const node of [...tree.inventory.values()]) if (node.extraneous && node.parent) tree.detach(node);
}
