import type { Failure } from "../api/failure.ts";
import type { SkippedPackage } from "../api/install.ts";
import { runToEnd } from "../base/run-to-end.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { binLinks, binsOf } from "./bin-links.ts";
import { bundlerOf, type LeftOut, leaveOut } from "./leave-out.ts";
import { isOutside } from "./location.ts";
import { type PlanNode, type PlanNodes, readLockNodes, SOME } from "./lock-nodes.ts";
import type { BundledPackage, InstallPlan, PlannedLink, PlannedPackage, PlanOptions } from "./plan.ts";
import { registryFor, sourceOf } from "./tarball-address.ts";

/**
 * What `npm ci` makes of a package-lock.json of version 2 or 3: each package with its place and its source, every link.
 * Whatever the lock claims was checked: no path leads out of where it belongs.
 * @throws InstallError EJSONPARSE, EOLDLOCK (version 1), EINVALIDLOCK, EMISSINGTARGET, EWORKSPACESCONFIG; EBADPLATFORM for a
 * package that is needed and is for another machine, EUNSUPPORTED for one from git or from a folder that is to be packed
 */
export function planFromLock(text: string, options: PlanOptions): InstallPlan {
  return runToEnd(planInSteps(text, options));
}

/** The same, for a thread that has other things to do: it stops every millisecond or so. */
export function* planInSteps(text: string, options: PlanOptions): Generator<undefined, InstallPlan> {
  const nodes = yield* readLockNodes(text);
  const registry = registryFor(options.registry);
  const sources = new Map<PlanNode, string | Failure>();
  const failed = [...(options.failed ?? [])]
    .map((location) => nodes.get(location))
    .filter((node) => node !== undefined);
  let count = 0;
  for (const node of nodes.values()) {
    if (count++ % SOME === 0) yield;
    if (node.kind !== "package" || node.extraneous || bundlerOf(node)) continue;
    const source = sourceOf(node, registry);
    sources.set(node, source);
    if (typeof source !== "string" && node.optional) failed.push(node);
  }
  const left = yield* leaveOut(nodes, options, failed);
  yield;
  const installed = [...nodes.values()].filter((node) => left.here.has(node) && node.parent !== null);
  const folders = installed
    .filter(({ target }) => target)
    .map(({ location, target }) => ({ path: location, to: target?.location ?? "" }));
  const packages: PlannedPackage[] = [];
  for (const node of installed) {
    if (count++ % SOME === 0) yield;
    if (node.kind === "package") packages.push(...planned(node, sources));
  }
  return {
    packages,
    bundled: installed.flatMap(bundled),
    links: [...folders, ...binLinks(installed).sort(byPath)],
    skipped: skippedOf(left),
    warnings: [...warningsOf(sources, left), ...notReached(nodes, left)],
  };
}

function byPath(a: PlannedLink, b: PlannedLink): number {
  return a.path < b.path ? -1 : 1;
}

function aboutPackage({ location, manifest, optional }: PlanNode): Omit<PlannedPackage, "resolved" | "integrity"> {
  const { name, version } = manifest;
  return {
    location,
    name,
    version,
    optional,
    bin: binsOf(manifest),
    hasInstallScript: manifest.hasInstallScript,
  };
}

function planned(node: PlanNode, sources: ReadonlyMap<PlanNode, string | Failure>): PlannedPackage[] {
  const resolved = sources.get(node);
  if (resolved === undefined) return [];
  if (typeof resolved !== "string") throw new InstallError(resolved);
  return [{ ...aboutPackage(node), resolved, integrity: node.integrity }];
}

function bundled(node: PlanNode): BundledPackage[] {
  const within = node.kind === "package" && bundlerOf(node);
  return within ? [{ ...aboutPackage(node), within: within.location }] : [];
}

function skippedOf({ why }: LeftOut): SkippedPackage[] {
  const skipped: SkippedPackage[] = [];
  for (const [{ location, manifest, parent }, reason] of why) {
    const { name, version } = manifest;
    if (parent) skipped.push({ location, name, version, why: reason });
  }
  return skipped.sort((a, b) => (a.location < b.location ? -1 : 1));
}

function warningsOf(sources: ReadonlyMap<PlanNode, string | Failure>, { why }: LeftOut): Failure[] {
  const warnings: Failure[] = [];
  for (const [node, source] of sources) {
    if (typeof source !== "string" && why.get(node) === "failed") warnings.push(source);
  }
  return warnings;
}

/** npm's own hidden lock says that these are there. */
function notReached(nodes: PlanNodes, { why, here }: LeftOut): Failure[] {
  const missed = [...nodes.values()].filter(
    (node) => node.parent && !here.has(node) && !why.has(node) && !node.extraneous && !isOutside(node.location),
  );
  return missed.map(({ location, manifest }) =>
    failure(
      "ENOTREACHED",
      `${location} is left out, as npm does: it is in a folder inside a folder, or bundled by one`,
      {
        package: manifest.name,
        requiredBy: [location],
      },
    ),
  );
}
