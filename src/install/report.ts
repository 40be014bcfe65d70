import type { Failure } from "../api/failure.ts";
import type { InstallReport } from "../api/install.ts";
import type { CollectedPacks } from "./collect-packs.ts";
import type { IndexedTree } from "./indexed-tree.ts";
import type { InstallPlan, PlannedPackage } from "./plan.ts";

/** An install that has ended well, as `reportOf` reads it. */
export interface Installed extends CollectedPacks {
  plan: InstallPlan;
  tree: IndexedTree;
  /** What the sink held before the install: location to sha512 SRI. */
  before: ReadonlyMap<string, string>;
  /** What it holds now. */
  after: ReadonlyMap<string, string>;
  fetched: number;
  transferred: number;
  substitutes: Readonly<Record<string, string>>;
  scriptsAllowed: boolean | null;
  /** Warnings about the pack cache. The list may grow after the report was made. */
  warnings: Failure[];
}

export function reportOf(installed: Installed): InstallReport {
  const { plan, tree, packs, failed, before, after, fetched, transferred, substitutes, warnings } = installed;
  const computed = computedOf(plan, packs);
  warnings.unshift(...plan.warnings, ...[...failed].map(skippedWarning), ...packWarnings(plan, packs));
  const sum = (list: Uint32Array): number => list.reduce((total, each) => total + each, 0);
  return {
    packages: plan.packages.length + plan.bundled.length,
    files: tree.packs.reduce((total, { index }) => total + index.sizes.length, 0),
    bytes: tree.packs.reduce((total, { index }) => total + sum(index.sizes), 0),
    fetched,
    stored: new Set([...packs.values()].flatMap(({ cached, index }) => (cached ? [index.integrity] : []))).size,
    transferred,
    added: [...after.keys()].filter((location) => !before.has(location)),
    removed: [...before.keys()].filter((location) => !after.has(location)),
    changed: [...after].filter(([at, sri]) => before.has(at) && before.get(at) !== sri).map(([at]) => at),
    skipped: [...plan.skipped],
    scripts: scriptsOf(plan, packs, installed.scriptsAllowed),
    warnings,
    substitutes,
    computed: Object.fromEntries(computed),
  };
}

/** Returns the sha512 SRI of every pack for which the lock has no integrity, by location. */
export function computedOf(plan: InstallPlan, packs: Installed["packs"]): Map<string, string> {
  const computed = new Map<string, string>();
  for (const { location, integrity } of plan.packages) {
    const pack = packs.get(location);
    if (integrity === null && pack) computed.set(location, pack.index.integrity);
  }
  return computed;
}

function scriptsOf(
  { packages }: InstallPlan,
  packs: Installed["packs"],
  usual: boolean | null,
): InstallReport["scripts"] {
  return packages.flatMap(({ location, name, version, scriptsAllowed }: PlannedPackage) => {
    const scripts = packs.get(location)?.index.scripts ?? {};
    return Object.keys(scripts).length > 0
      ? [{ location, name, version, scripts, allowed: scriptsAllowed ?? usual }]
      : [];
  });
}

/** Returns each pack's warnings once, for the first location that it fills. */
function packWarnings({ packages }: InstallPlan, packs: Installed["packs"]): Failure[] {
  const seen = new Set<readonly Failure[]>();
  return packages.flatMap(({ location }) => {
    const warnings = packs.get(location)?.warnings ?? [];
    if (seen.has(warnings)) return [];
    seen.add(warnings);
    return warnings.map((warning) => ({ ...warning, requiredBy: [location] }));
  });
}

function skippedWarning([location, why]: [string, Failure]): Failure {
  const message = `The optional package at ${location} was left out: ${why.message}`;
  return { ...why, message, requiredBy: [location] };
}
