import type { Manifest } from "../api/manifest.ts";
import { optionalSet } from "../graph/gather.ts";
import type { Node } from "../graph/node.ts";
import { isOmitted } from "../lockfile/lock-flags.ts";
import { type Machine, platformFits } from "../registry/platform.ts";
import { engineFits } from "../registry/select-version.ts";
import { type Context, Unexplained, type Wording } from "./context.ts";

/**
 * A dependency that could not be loaded stops the resolution, unless it is optional: then it is left out with all that
 * needed it (npm-tree §16).
 */
export function pruneFailedOptional({ loadFailures }: Context): void {
  for (const node of loadFailures) {
    if (!node.optional) throw new Unexplained((words) => words.loadFailure(node));
    for (const one of optionalSet(node)) one.inert = true;
  }
}

/** npm's engine and platform checks (npm-tree §16), in the order of the tree. */
export function checkEnginesAndPlatforms(context: Context): void {
  const { tree, options } = context;
  const { platform, policy, forced } = options;
  const running: Machine = { os: platform.os, cpu: platform.cpu, libc: platform.libc };
  const wanted: Machine = {
    os: forced.os || running.os,
    cpu: forced.cpu || running.cpu,
    libc: forced.libc || running.libc,
  };
  const engines = options.force ? { ...policy, nodeVersion: null } : policy;
  for (const node of tree.inventory.values()) {
    const { manifest } = node;
    if (!node.optional && !omits(node, options.omit)) {
      if (manifest.engines && !(node.isProjectRoot && manifest["devEngines"]) && !engineFits(manifest, engines)) {
        const problem: Wording = (words) => words.badEngine(node, options);
        if (options.engineStrict) throw new Unexplained(problem);
        context.unexplained.push(problem);
      }
      if (!options.force && !platformFits(manifest, running)) {
        throw new Unexplained((words) => words.wrongPlatform(node, running));
      }
    }
    if (node.optional && !node.inert && !(engineFits(manifest, policy) && platformFits(manifest, wanted))) {
      for (const one of optionalSet(node)) one.inert = true;
    }
  }
}

/** Checks whether `omit` leaves a node out. npm applies it only below the project and its workspaces. */
function omits(node: Node, omit: ReadonlySet<string>): boolean {
  if (omit.size === 0) return false;
  let top = node;
  while (top.parent) top = top.parent;
  return (top.isProjectRoot || top.isWorkspace) && isOmitted(node, omit);
}

/** One warning for each deprecated package that is placed. */
export function warnDeprecated({ tree, unexplained }: Context): void {
  const seen = new Set<Manifest>();
  for (const node of tree.inventory.values()) {
    if (!node.manifest.deprecated || node.isLink || seen.has(node.manifest)) continue;
    seen.add(node.manifest);
    unexplained.push((words) => words.deprecated(node));
  }
}
