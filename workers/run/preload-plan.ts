import type { Platform } from "../../src/api/common.ts";
import type { Manifest } from "../../src/api/manifest.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { buildOptions } from "../../src/engine/options.ts";
import type { Project } from "../../src/engine/read-project.ts";
import { SpecTable } from "../../src/graph/spec-table.ts";
import { Preload, type PreloadSource } from "../../src/registry/preload.ts";
import type { PickPolicy } from "../../src/registry/select-version.ts";
import { npmRules } from "../../src/spec/npm-rules.ts";
import { nextTurn } from "../host/yield.ts";

/** The input of a preload: plain data, so that the preload can run on another thread than the engine. */
export interface PreloadPlan {
  /** The project's own dependencies. */
  manifest: Manifest;
  overrides: ReadonlyMap<string, string>;
  /** Names that the preload does not request: workspaces and locked packages. */
  known: ReadonlySet<string>;
  /** Whether peer dependencies are followed, and the optional ones too. */
  peers: boolean;
  optionalPeers: boolean;
  /** Whether the preload starts only when the engine needs something, because the lock may be enough. */
  late: boolean;
}

/** Returns the plan of a project's preload. */
export function preloadPlanOf({ context, options }: Project): PreloadPlan {
  const { specTable, lock, tree } = context;
  // A flat resolution either uses the whole lock or asks the registry for every package.
  const flat = options.strategy === "flat";
  const known = new Set([...tree.workspaceSpecs.values()].map(({ name }) => name));
  // The packages of a version 1 lock are all fetched again.
  if (!flat && (lock?.originalLockfileVersion ?? 0) >= 2) {
    for (const { manifest } of lock?.packages.values() ?? []) known.add(manifest.name ?? "");
  }
  const overrides = new Map<string, string>();
  for (const rule of specTable.overrides?.children.values() ?? []) {
    const plain = rule.keySpec === "*" && rule.value !== "*" && !rule.value.startsWith("$");
    if (plain) overrides.set(rule.name, rule.value);
  }
  return {
    manifest: dependenciesOf(tree.root.manifest),
    overrides,
    known,
    peers: !specTable.legacyPeerDeps,
    optionalPeers: !specTable.rules.skipsAbsentOptionalPeers,
    late: flat && Boolean(lock?.loaded),
  };
}

/** Returns the members that a preload reads. Others may hold values that cannot be sent to another thread. */
function dependenciesOf(manifest: Manifest): Manifest {
  return Object.fromEntries(Object.entries(manifest).filter(([key]) => /[dD]ependencies/.test(key)));
}

/** Returns the names of the project's direct dependencies. */
export function directNames({ manifest }: PreloadPlan): string[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies });
}

/** Creates and starts a preload. */
export function startPreload(plan: PreloadPlan, source: PreloadSource, policy: (name: string) => PickPolicy): Preload {
  const preload = new Preload(source, { ...plan, policy, pause: nextTurn });
  preload.start(plan.manifest);
  return preload;
}

/** Builds the engine's pick policy again, from the same data on another thread. */
export async function policyOf(options: ResolveOptions, platform: Platform): Promise<(name: string) => PickPolicy> {
  const rules = npmRules(platform.npm);
  const specTable = new SpecTable({ legacyPeerDeps: false, installLinks: false, rules });
  return (await buildOptions(options, platform, specTable)).policyFor;
}
