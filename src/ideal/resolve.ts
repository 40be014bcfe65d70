import { type Failure, failure } from "../errors.ts";
import type { Node } from "../graph/node.ts";
import { writeLock } from "../lockfile/write-lock.ts";
import { Builder } from "./build.ts";
import { checkEnginesAndPlatforms, pruneFailedOptional, warnDeprecated } from "./checks.ts";
import { type Context, raise } from "./context.ts";
import { calculateFlags, clearFlags, resetAllFlags } from "./flags.ts";
import { inflate, loadLock, loadWorkspaces } from "./load-lock.ts";
import type { Steps } from "./need.ts";
import { updatesAll } from "./options.ts";
import type { Project } from "./project.ts";
import { applyRequests } from "./requests.ts";
import { saveManifests } from "./save.ts";

export interface Resolved {
  /** By path in the file set: the lock, and each package.json that changed. */
  files: Record<string, string>;
  /** Which of `files` is the lock. */
  lockfile: string;
  warnings: readonly Failure[];
}

/** The whole of a resolution, from a project that was read to the files that npm would write (npm-tree §7). */
export function* resolveProject(project: Project): Steps<Resolved> {
  const { context } = project;
  const { lock } = context;
  const builder = new Builder(context);
  if (lock?.loaded) loadLock(lock, context);
  else if (!updatesAll(project.options)) loadWorkspaces(context);
  scan(context, builder);
  if (lock) yield* inflate(lock, context);
  const requested = yield* applyRequests(project.options, context, builder.queue);
  assertRootOverrides(context);
  builder.queue.push(context.tree.root);
  yield* builder.run();
  finishFlags(context, lock?.loaded ?? false);
  pruneFailedOptional(context);
  checkEnginesAndPlatforms(context);
  warnDeprecated(context);
  const manifests = saveManifests(project, requested);
  const { files, lockfile } = written(project);
  return { files: { ...manifests, ...files }, lockfile, warnings: context.warnings };
}

function written(project: Project): Pick<Resolved, "files" | "lockfile"> {
  const { context, packageJson, files, path, lockfileVersion, legacy } = project;
  const { tree, lock } = context;
  const text = writeLock({
    root: tree.root,
    nodes: tree.inventory.values(),
    lockfileVersion,
    extra: lock?.extra,
    indent: packageJson?.indent,
    newline: packageJson?.newline,
    legacy,
  });
  const lockfile = files.key(`${path}/${lock?.filename ?? "package-lock.json"}`);
  return { files: { [lockfile]: text }, lockfile };
}

/** Queues every node that can be reached from the project and has something missing or wrong (npm-tree §7.4). */
function scan({ tree, options, mutationRequested }: Context, { queue }: Builder): void {
  const trusting = !options.save && !mutationRequested;
  const reached = new Set<Node>([tree.root]);
  for (const node of reached) {
    let queued = false;
    for (const edge of node.edges().values()) {
      if (edge.to) reached.add(edge.to.target);
      if (queued || (trusting && edge.spec.type === "peerOptional") || (edge.to && edge.valid)) continue;
      queue.push(node);
      queued = true;
    }
  }
}

/** A project may not override what it itself asks for with something else (npm-tree §6.6). */
function assertRootOverrides({ tree, world }: Context): void {
  if (!world.overrides) return;
  for (const edge of tree.root.edges().values()) {
    const { name, rawSpec, effective } = edge;
    if (effective === rawSpec || effective.startsWith("$")) continue;
    raise(
      failure("EOVERRIDE", `Override for ${name}@${rawSpec} conflicts with direct dependency`, {
        package: name,
        spec: rawSpec,
        requiredBy: [""],
        found: effective,
        wayOut: [
          { kind: "override", text: `Refer to the dependency itself: "$${name}"`, overrides: { [name]: `$${name}` } },
          { kind: "spec", text: `Ask for ${effective} directly`, package: name, spec: effective },
        ],
      }),
    );
  }
}

/** npm-tree §15 */
function finishFlags(context: Context, fromLock: boolean, suspect = true): void {
  const { tree, mutated, options } = context;
  if (fromLock && mutated) resetAllFlags(tree);
  if (!fromLock || mutated) calculateFlags(tree.root);
  else clearFlags(tree.root);
  if (!options.prune || !fromLock || !(mutated || suspect)) return;
  for (const node of [...tree.inventory.values()]) if (node.extraneous && node.parent) tree.detach(node);
}
