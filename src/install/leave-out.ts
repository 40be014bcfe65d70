import type { SkippedPackage } from "../api/install.ts";
import { InstallError } from "../errors/failure.ts";
import { isOmitted } from "../lockfile/lock-flags.ts";
import { badPlatform } from "../registry/bad-platform.ts";
import { type Machine, platformFits } from "../registry/platform.ts";
import { engineFits } from "../registry/select-version.ts";
import { RangeTable } from "../spec/version-range.ts";
import { type Dependents, folderAbove } from "./dependents.ts";
import { ENTRIES_IN_A_STEP, type PlanNode, type PlanNodes } from "./lock-nodes.ts";
import type { PlanOptions } from "./plan.ts";

export interface Selection {
  /** Nodes that are left out, with the nodes below them. A bundled package can be left out and be installed with its bundler. */
  readonly leftOut: ReadonlyMap<PlanNode, SkippedPackage["why"]>;
  /** Nodes that are installed: the project, its folders, packages and links. */
  readonly installed: ReadonlySet<PlanNode>;
}

/**
 * Selects the nodes that `npm ci` installs (npm-tree §16). Each step may leave nodes out:
 *
 * 1. An optional package that does not fit the platform or the engines, with everything that only it needs. A required package that
 *    does not fit fails the install, unless `omit` leaves it out.
 * 2. An optional package whose tarball failed, with everything that only it needs.
 * 3. From the project down: nodes that `omit` names, extraneous nodes, and nodes below one that is left out.
 *
 * @param leftOut entries that are left out from the start; gets the others too
 * @throws InstallError EBADPLATFORM
 */
export function* selectNodes(
  nodes: PlanNodes,
  options: PlanOptions,
  failed: Iterable<PlanNode>,
  { dependents, leftOut }: { dependents: Dependents; leftOut: Map<PlanNode, SkippedPackage["why"]> },
): Generator<undefined, Selection> {
  const omit: ReadonlySet<string> = new Set(options.omit ?? []);
  const omitted = (node: PlanNode): boolean => omit.size > 0 && omits(node, omit, dependents);
  const drop = (node: PlanNode, reason: SkippedPackage["why"]): void => {
    for (const one of dependents.optionalSet(node, leftOut)) if (!leftOut.has(one)) leftOut.set(one, reason);
  };
  const { platform, running = platform } = options;
  const policy = { ranges: new RangeTable(), nodeVersion: platform.node ?? null, npmVersion: platform.npm ?? null };
  for (const [i, node] of inOrder(nodes).entries()) {
    if (i % ENTRIES_IN_A_STEP === 0) yield;
    const { manifest } = node;
    if (node.optional) {
      if (!leftOut.has(node) && !(platformFits(manifest, platform) && engineFits(manifest, policy)))
        drop(node, "platform");
    } else if (!platformFits(manifest, running) && !leftOut.has(node) && !omitted(node))
      throw refusePlatform(node, running);
  }
  for (const node of failed) if (!leftOut.has(node)) drop(node, "failed");
  return { leftOut, installed: selectFromTop(nodes, leftOut, omitted) };
}

/** Returns the nodes in the order in which npm reads a lock: links last. */
function inOrder(nodes: PlanNodes): PlanNode[] {
  const all = [...nodes.values()];
  return [...all.filter(({ target }) => !target), ...all.filter(({ target }) => target)];
}

/**
 * Selects the installed nodes from the project down, and adds to `leftOut`.
 *
 * - npm enters the folders of the project and of a package, but no folder inside another folder.
 * - npm takes a package that a folder bundles for installed, so it is neither installed nor left out.
 */
function selectFromTop(
  nodes: PlanNodes,
  leftOut: Map<PlanNode, SkippedPackage["why"]>,
  omitted: (node: PlanNode) => boolean,
): Set<PlanNode> {
  const installed = new Set<PlanNode>();
  for (const node of nodes.values()) {
    const above = node.parent ?? folderAbove(node, nodes);
    if (node.kind === "project") installed.add(node);
    if (!above) continue;
    if (node.kind === "folder") {
      if (above.kind !== "folder" && installed.has(above)) installed.add(node);
      continue;
    }
    const reason = installed.has(above) ? undefined : leftOut.get(above);
    if (reason) leftOut.set(node, reason);
    if (!installed.has(above)) continue;
    const bundler = bundlerOf(node);
    if (bundler) {
      // It comes with its bundler's tarball, even if it is omitted.
      if (omitted(node)) leftOut.set(node, "omit");
      else leftOut.delete(node);
      if (bundler.kind === "package") installed.add(node);
    } else if (!node.extraneous) {
      if (!leftOut.has(node) && omitted(node)) leftOut.set(node, "omit");
      if (!leftOut.has(node)) installed.add(node);
    }
  }
  return installed;
}

/** Returns the package whose tarball brings a node, or the folder that bundles it. Packages that the project bundles are fetched. */
export function bundlerOf(node: PlanNode): PlanNode | null {
  let bundler: PlanNode | null = null;
  for (let at = node; at.inBundle && at.parent; at = at.parent) bundler = at.parent;
  return bundler?.kind === "project" ? null : bundler;
}

/** Checks whether `omit` leaves a node out. npm applies it only below the project and its workspaces. */
function omits(node: PlanNode, omit: ReadonlySet<string>, { isWorkspace }: Dependents): boolean {
  let top = node;
  while (top.parent) top = top.parent;
  if (top.kind !== "project" && !isWorkspace(top)) return false;
  return isOmitted(node, omit);
}

function refusePlatform({ location, manifest }: PlanNode, machine: Machine): InstallError {
  const { name, version } = manifest;
  const id = `${name}@${version}`;
  const platform = { kind: "option", option: "platform", text: `Set platform to one that ${id} supports.` } as const;
  return new InstallError(
    badPlatform(id, { needs: manifest, machine }, { package: name, requiredBy: [location] }, platform),
  );
}
