import type { Failure } from "../api/failure.ts";
import type { InstallReport } from "../api/install.ts";
import type { IndexedTree } from "./indexed-tree.ts";
import type { SuppliedPack } from "./packs.ts";
import type { InstallPlan, PlannedPackage } from "./plan.ts";

export interface Installed {
  plan: InstallPlan;
  tree: IndexedTree;
  /** By location. */
  packs: ReadonlyMap<string, SuppliedPack>;
  /** Optional packages that could not be had, by location. */
  left: ReadonlyMap<string, Failure>;
  /** What the sink held before: location to sha512 SRI. */
  held: ReadonlyMap<string, string>;
  /** What it holds now. */
  now: ReadonlyMap<string, string>;
  fetched: number;
  transferred: number;
  substitutes: Readonly<Record<string, string>>;
  /** Of the store. It may grow. */
  warnings: Failure[];
}

export function reportOf(installed: Installed): InstallReport {
  const { plan, tree, packs, left, held, now, fetched, transferred, substitutes, warnings } = installed;
  const computed = computedOf(plan, packs);
  warnings.unshift(...plan.warnings, ...[...left].map(leftOut), ...packWarnings(plan, packs));
  const sum = (list: Uint32Array): number => list.reduce((total, each) => total + each, 0);
  return {
    packages: plan.packages.length + plan.bundled.length,
    files: tree.packs.reduce((total, { index }) => total + index.sizes.length, 0),
    bytes: tree.packs.reduce((total, { index }) => total + sum(index.sizes), 0),
    fetched,
    stored: new Set([...packs.values()].flatMap(({ stored, index }) => (stored ? [index.integrity] : []))).size,
    transferred,
    added: [...now.keys()].filter((location) => !held.has(location)),
    removed: [...held.keys()].filter((location) => !now.has(location)),
    changed: [...now].filter(([location, sri]) => held.has(location) && held.get(location) !== sri).map(([at]) => at),
    skipped: [...plan.skipped],
    scripts: scriptsOf(plan, packs),
    warnings,
    substitutes,
    computed: Object.fromEntries(computed),
  };
}

/** By location, sha512 SRI of what the lock has no integrity for. */
export function computedOf(plan: InstallPlan, packs: ReadonlyMap<string, SuppliedPack>): Map<string, string> {
  const computed = new Map<string, string>();
  for (const { location, integrity } of plan.packages) {
    const pack = packs.get(location);
    if (integrity === null && pack) computed.set(location, pack.index.integrity);
  }
  return computed;
}

function scriptsOf({ packages }: InstallPlan, packs: Installed["packs"]): InstallReport["scripts"] {
  return packages.flatMap(({ location, name, version }: PlannedPackage) => {
    const scripts = packs.get(location)?.index.scripts ?? {};
    return Object.keys(scripts).length > 0 ? [{ location, name, version, scripts }] : [];
  });
}

function packWarnings({ packages }: InstallPlan, packs: Installed["packs"]): Failure[] {
  const seen = new Set<readonly Failure[]>();
  return packages.flatMap(({ location }) => {
    const warnings = packs.get(location)?.warnings ?? [];
    if (seen.has(warnings)) return [];
    seen.add(warnings);
    return warnings.map((warning) => ({ ...warning, requiredBy: [location] }));
  });
}

function leftOut([location, why]: [string, Failure]): Failure {
  const message = `The optional package at ${location} was left out: ${why.message}`;
  return { ...why, message, requiredBy: [location] };
}
