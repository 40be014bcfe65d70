import type { Failure } from "../api/failure.ts";
import type { SkippedPackage } from "../api/install.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { LARGE_JSON } from "../project/json-text.ts";
import { restrictsSources } from "../spec/restricts-sources.ts";
import { binLinks, binsOf } from "./bin-links.ts";
import { Dependents } from "./dependents.ts";
import { bundlerOf, type Selection, selectNodes } from "./leave-out.ts";
import { isOutside } from "./location.ts";
import { ENTRIES_IN_A_STEP, type PlanNode, type PlanNodes, readLockNodes } from "./lock-nodes.ts";
import { passedOver } from "./passed-over.ts";
import type { BundledPackage, InstallPlan, PlanCode, PlannedLink, PlannedPackage, PlanOptions } from "./plan.ts";
import type { ScriptVerdicts } from "./script-policy.ts";
import { tarballAddress, tarballRegistries } from "./tarball-address.ts";

/** Loads the code that an install needs, by the lock's text and the options. */
export async function loadPlanCode(
  text: string,
  { sources, scripts }: Pick<PlanOptions, "sources" | "scripts">,
): Promise<PlanCode> {
  const large = text.length > LARGE_JSON ? await import("../project/large-json.ts") : null;
  // The key may be escaped.
  const workspaces = /workspaces|\\u/.test(text) ? await import("../project/workspaces.ts") : null;
  const forbidden = sources && restrictsSources(sources) ? await import("./forbidden-packages.ts") : null;
  const policy = scripts?.size ? await import("./script-policy.ts") : null;
  return {
    ScriptVerdicts: policy?.ScriptVerdicts,
    parseLargeJson: large?.parseLargeJson,
    workspaceTest: workspaces?.workspaceTest,
    ForbiddenPackages: forbidden?.ForbiddenPackages,
  };
}

/**
 * Plans an install from a package-lock.json of version 2 or 3, as `npm ci` does: every package with its location and its tarball's
 * address, and every link. Every claim of the lock is checked: no path leads out of its folder.
 * Yields about every millisecond, so that other work can run in between.
 * @throws InstallError EJSONPARSE, EOLDLOCK (version 1), EINVALIDLOCK, EMISSINGTARGET, EWORKSPACESCONFIG; EBADPLATFORM for a
 * required package that does not fit the platform, EUNSUPPORTED for a required package from git or from a folder to pack; EALLOWREMOTE
 * and the like for a source that an option forbids
 */
export function* planInSteps(text: string, options: PlanOptions, code: PlanCode): Generator<undefined, InstallPlan> {
  const nodes = yield* readLockNodes(text, code.parseLargeJson);
  const registries = tarballRegistries(options.registry);
  const dependents = new Dependents(nodes, code.workspaceTest);
  const forbidden = code.ForbiddenPackages && new code.ForbiddenPackages(options, dependents);
  const verdicts = code.ScriptVerdicts && new code.ScriptVerdicts(options.scripts ?? new Map(), dependents);
  const addresses = new Map<PlanNode, string | Failure>();
  const suspects = new Map<PlanNode, Failure | null>();
  const failed = [...(options.failed ?? [])]
    .map((location) => nodes.get(location))
    .filter((node) => node !== undefined);
  let count = 0;
  for (const node of nodes.values()) {
    if (count++ % ENTRIES_IN_A_STEP === 0) yield;
    if (node.kind !== "package" || node.extraneous || bundlerOf(node)) continue;
    const found = tarballAddress(node, registries);
    const address = forbidden?.failureOf(node, found) ?? found;
    addresses.set(node, address);
    const isDamaged = typeof address !== "string" && address.code === "EINVALIDLOCK";
    if (isDamaged || node.resolved === null) suspects.set(node, isDamaged ? address : null);
    else if (typeof address !== "string" && node.optional) failed.push(node);
  }
  const passed = suspects.size > 0 ? passedOver(suspects, dependents) : null;
  const leftOut = passed?.leftOut ?? new Map();
  const selection = yield* selectNodes(nodes, options, failed, { dependents, leftOut });
  yield;
  const installed = [...nodes.values()].filter((node) => selection.installed.has(node) && node.parent !== null);
  const folders = installed
    .filter(({ target }) => target)
    .map(({ location, target }) => ({ path: location, to: target?.location ?? "" }));
  const packages: PlannedPackage[] = [];
  for (const node of installed) {
    if (count++ % ENTRIES_IN_A_STEP === 0) yield;
    if (node.kind === "package") packages.push(...planned(node, addresses, verdicts));
  }
  return {
    packages,
    bundled: installed.flatMap(bundled),
    links: [...folders, ...binLinks(installed).sort(byPath)],
    skipped: skippedOf(selection),
    warnings: [...(passed?.warnings ?? []), ...warningsOf(addresses, selection), ...notReached(nodes, selection)],
  };
}

function byPath(a: PlannedLink, b: PlannedLink): number {
  return a.path < b.path ? -1 : 1;
}

function aboutPackage({ location, manifest, optional, patched }: PlanNode): Omit<BundledPackage, "within"> {
  const { name, version } = manifest;
  return {
    location,
    name,
    version,
    optional,
    bin: binsOf(manifest),
    hasInstallScript: manifest.hasInstallScript,
    ...(patched && { patched }),
  };
}

function planned(
  node: PlanNode,
  addresses: ReadonlyMap<PlanNode, string | Failure>,
  verdicts: ScriptVerdicts | undefined,
): PlannedPackage[] {
  const resolved = addresses.get(node);
  if (resolved === undefined) return [];
  if (typeof resolved !== "string") throw new InstallError(resolved);
  const unresolved = node.resolved === null && { unresolved: true };
  const scripts = verdicts && { scriptsAllowed: verdicts.of(node) };
  return [{ ...aboutPackage(node), resolved, ...unresolved, integrity: node.integrity, ...scripts }];
}

function bundled(node: PlanNode): BundledPackage[] {
  const within = node.kind === "package" && bundlerOf(node);
  return within ? [{ ...aboutPackage(node), within: within.location }] : [];
}

function skippedOf({ leftOut }: Selection): SkippedPackage[] {
  const skipped: SkippedPackage[] = [];
  for (const [{ location, manifest, parent }, reason] of leftOut) {
    const { name, version } = manifest;
    if (parent) skipped.push({ location, name, version, why: reason });
  }
  return skipped.sort((a, b) => (a.location < b.location ? -1 : 1));
}

function warningsOf(addresses: ReadonlyMap<PlanNode, string | Failure>, { leftOut }: Selection): Failure[] {
  const warnings: Failure[] = [];
  for (const [node, address] of addresses) {
    if (typeof address === "string" || address.code === "EINVALIDLOCK") continue;
    if (leftOut.get(node) === "failed") warnings.push(address);
  }
  return warnings;
}

/** Warns of nodes that npm lists in its hidden lock as installed, although it never installs them. */
function notReached(nodes: PlanNodes, { leftOut, installed }: Selection): Failure[] {
  const missed = [...nodes.values()].filter(
    (node) =>
      node.parent && !installed.has(node) && !leftOut.has(node) && !node.extraneous && !isOutside(node.location),
  );
  return missed.map(({ location, manifest }) =>
    failure(
      "ENOTREACHED",
      `${location} is not installed: it is in a folder inside another folder, or a folder bundles it. npm does the same.`,
      {
        package: manifest.name,
        requiredBy: [location],
      },
    ),
  );
}
