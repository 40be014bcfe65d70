import type { SkippedPackage } from "../api/install.ts";
import { InstallError } from "../errors/failure.ts";
import { isOmitted } from "../lockfile/lock-flags.ts";
import { badPlatform, type Machine, platformFits } from "../registry/platform.ts";
import { engineFits } from "../registry/select-version.ts";
import { RangeTable } from "../spec/version-range.ts";
import { Dependents, folderAbove } from "./dependents.ts";
import { type PlanNode, type PlanNodes, SOME } from "./lock-nodes.ts";
import type { PlanOptions } from "./plan.ts";

export interface LeftOut {
  /** With what is below them. What came in another one's tarball can be here and be installed nevertheless. */
  readonly why: ReadonlyMap<PlanNode, SkippedPackage["why"]>;
  /** What is or will be there: the project, its folders, packages and links. */
  readonly here: ReadonlySet<PlanNode>;
}

/**
 * What `npm ci` leaves out: optional packages that do not fit the machine or could not be had, each with whatever only it
 * needs; what `omit` names; all that is below them.
 * @throws InstallError EBADPLATFORM
 */
export function* leaveOut(
  nodes: PlanNodes,
  options: PlanOptions,
  failed: Iterable<PlanNode>,
): Generator<undefined, LeftOut> {
  const dependents = new Dependents(nodes);
  const why = new Map<PlanNode, SkippedPackage["why"]>();
  const omit: ReadonlySet<string> = new Set(options.omit ?? []);
  const omitted = (node: PlanNode): boolean => omit.size > 0 && omits(node, omit, dependents);
  const drop = (node: PlanNode, reason: SkippedPackage["why"]): void => {
    for (const one of dependents.optionalSet(node, why)) if (!why.has(one)) why.set(one, reason);
  };
  const { platform, running = platform } = options;
  const policy = { ranges: new RangeTable(), nodeVersion: platform.node ?? null, npmVersion: platform.npm ?? null };
  for (const [i, node] of inOrder(nodes).entries()) {
    if (i % SOME === 0) yield;
    const { manifest } = node;
    if (node.optional) {
      if (!why.has(node) && !(platformFits(manifest, platform) && engineFits(manifest, policy))) drop(node, "platform");
    } else if (!platformFits(manifest, running) && !omitted(node)) throw refusePlatform(node, running);
  }
  for (const node of failed) if (!why.has(node)) drop(node, "failed");
  return { why, here: goDown(nodes, why, omitted) };
}

/** Links last, as npm reads a lock. */
function inOrder(nodes: PlanNodes): PlanNode[] {
  const all = [...nodes.values()];
  return [...all.filter(({ target }) => !target), ...all.filter(({ target }) => target)];
}

/**
 * From the project down to what is installed. npm looks into the folders of the project, and into those of a package, but
 * into none inside another folder; and what a folder bundles it takes to be there.
 */
function goDown(
  nodes: PlanNodes,
  why: Map<PlanNode, SkippedPackage["why"]>,
  omitted: (node: PlanNode) => boolean,
): Set<PlanNode> {
  const here = new Set<PlanNode>();
  for (const node of nodes.values()) {
    const above = node.parent ?? folderAbove(node, nodes);
    if (node.kind === "project") here.add(node);
    if (!above) continue;
    if (node.kind === "folder") {
      if (above.kind !== "folder" && here.has(above)) here.add(node);
      continue;
    }
    const reason = here.has(above) ? undefined : why.get(above);
    if (reason) why.set(node, reason);
    if (!here.has(above)) continue;
    const bundler = bundlerOf(node);
    if (bundler) {
      // it comes with the tarball, whoever does not want it
      if (omitted(node)) why.set(node, "omit");
      else why.delete(node);
      if (bundler.kind === "package") here.add(node);
    } else if (!node.extraneous) {
      if (!why.has(node) && omitted(node)) why.set(node, "omit");
      if (!why.has(node)) here.add(node);
    }
  }
  return here;
}

/** The package in whose tarball it comes, or the folder that says so; what the project itself bundles is fetched like the rest. */
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
