import type { Manifest } from "../api/manifest.ts";
import { optionalSet } from "../graph/gather.ts";
import type { Node } from "../graph/node.ts";
import { isOmitted } from "../lockfile/lock-flags.ts";
import { type Machine, platformFits } from "../registry/platform.ts";
import { engineFits } from "../registry/select-version.ts";
import type { Context } from "./context.ts";
import { type DescribeFailure, PendingFailure } from "./pending-failure.ts";

/**
 * Marks optional packages that could not be loaded as inert, with all that required them (npm-tree §16).
 * @throws PendingFailure with the load failure of a required package
 */
export function* pruneFailedOptional({ loadFailures, specTable }: Context): Generator<undefined, void> {
  for (const node of loadFailures) {
    if (specTable.budget.takePause()) yield;
    if (!node.optional) throw new PendingFailure((wording) => wording.loadFailure(node));
    for (const one of optionalSet(node)) one.inert = true;
  }
}

/**
 * Checks engines and platforms (npm-tree §16), in the order of the tree.
 *
 * 1. A required package that `omit` does not leave out: a wrong engine is a warning, or a failure with `engineStrict`. A wrong
 *    platform is a failure, unless `force` is set.
 * 2. An optional package with a wrong engine or platform becomes inert, with all that required it. Its platform is the one that
 *    the options os, cpu and libc ask for.
 *
 * @throws PendingFailure EBADENGINE, EBADPLATFORM
 */
export function* checkEnginesAndPlatforms(context: Context): Generator<undefined, void> {
  const { tree, options, specTable } = context;
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
    specTable.budget.visit(10);
    if (specTable.budget.takePause()) yield;
    if (!node.optional && !omits(node, options.omit)) {
      if (manifest.engines && !(node.isProjectRoot && manifest["devEngines"]) && !engineFits(manifest, engines)) {
        const problem: DescribeFailure = (wording) => wording.badEngine(node, options);
        if (options.engineStrict) throw new PendingFailure(problem);
        context.pendingWarnings.push(problem);
      }
      if (!options.force && !platformFits(manifest, running)) {
        throw new PendingFailure((wording) => wording.wrongPlatform(node, running));
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

/** Adds one warning for each deprecated package in the tree. */
export function* warnDeprecated({ tree, pendingWarnings, specTable }: Context): Generator<undefined, void> {
  const seen = new Set<Manifest>();
  for (const node of tree.inventory.values()) {
    specTable.budget.visit(1);
    if (specTable.budget.takePause()) yield;
    if (!node.manifest.deprecated || node.isLink || seen.has(node.manifest)) continue;
    seen.add(node.manifest);
    pendingWarnings.push((wording) => wording.deprecated(node));
  }
}
