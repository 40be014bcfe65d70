import type { Platform } from "../../src/api/common.ts";
import type { Manifest } from "../../src/api/manifest.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { buildOptions } from "../../src/engine/options.ts";
import type { Project } from "../../src/engine/read-project.ts";
import { SpecTable } from "../../src/graph/spec-table.ts";
import { Preload, type PreloadSource } from "../../src/registry/preload.ts";
import type { PickPolicy } from "../../src/registry/select-version.ts";

/** What a preload goes by: plain data, so that it can run on another thread than the engine. */
export interface Plan {
  manifest: Manifest;
  overrides: ReadonlyMap<string, string>;
  known: ReadonlySet<string>;
  peers: boolean;
  /** Nothing is to be asked for before the engine asks: a lock may be all that it takes. */
  late: boolean;
}

export function planOf({ context, options }: Project): Plan {
  const { specTable, lock, tree } = context;
  // A flat resolution takes a whole lock or goes by what the registry says of each package.
  const flat = options.strategy === "flat";
  const known = new Set([...tree.workspaceSpecs.values()].map(({ name }) => name));
  // Entries of older locks are fetched once more, whatever they are.
  if (!flat && (lock?.originalLockfileVersion ?? 0) >= 2) {
    for (const { manifest } of lock?.packages.values() ?? []) known.add(manifest.name ?? "");
  }
  const overrides = new Map<string, string>();
  for (const rule of specTable.overrides?.children.values() ?? []) {
    const plain = rule.keySpec === "*" && rule.value !== "*" && !rule.value.startsWith("$");
    if (plain) overrides.set(rule.name, rule.value);
  }
  return {
    manifest: followed(tree.root.manifest),
    overrides,
    known,
    peers: !specTable.legacyPeerDeps,
    late: flat && Boolean(lock?.loaded),
  };
}

/** Only what a preload reads: a project's manifest may hold what cannot be sent to another thread. */
function followed(manifest: Manifest): Manifest {
  return Object.fromEntries(Object.entries(manifest).filter(([key]) => /[dD]ependencies/.test(key)));
}

/** What the project itself asks for. */
export function directNames({ manifest }: Plan): string[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies });
}

/** Sets out at once. */
export function startPreload(plan: Plan, source: PreloadSource, policy: (name: string) => PickPolicy): Preload {
  const preload = new Preload(source, { ...plan, policy });
  preload.start(plan.manifest);
  return preload;
}

/** The engine's own policy of picks, made again from the same data on another thread. */
export async function policyOf(options: ResolveOptions, platform: Platform): Promise<(name: string) => PickPolicy> {
  const specTable = new SpecTable({ legacyPeerDeps: false, installLinks: false });
  return (await buildOptions(options, platform, specTable)).policyFor;
}
