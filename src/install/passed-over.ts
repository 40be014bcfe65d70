import type { Failure } from "../api/failure.ts";
import type { SkippedPackage } from "../api/install.ts";
import { missingFolder } from "../errors/lockfile.ts";
import type { Dependents, LockDependency } from "./dependents.ts";
import type { PlanNode } from "./lock-nodes.ts";

/** Matches a spec that names a folder. */
const FOLDER_SPEC = /^(?:file:|\.{0,2}\/)/;

interface PassedOver {
  readonly leftOut: Map<PlanNode, SkippedPackage["why"]>;
  readonly warnings: readonly Failure[];
}

/**
 * Selects entries of a lock that npm passes over, because the lock does not say where they come from:
 *
 * 1. An entry that nothing needs is left out in silence, even if the registry may have it.
 * 2. A damaged entry is left out with a warning if only packages need it, each as a folder: the folder is not in their tarballs.
 *
 * @param suspects packages without a usable `resolved`, and the failure of each that is damaged
 */
export function passedOver(suspects: ReadonlyMap<PlanNode, Failure | null>, dependents: Dependents): PassedOver {
  const leftOut: PassedOver["leftOut"] = new Map();
  const warnings: Failure[] = [];
  const needed = dependents.needed();
  for (const [node, damage] of suspects) {
    if (!needed.has(node)) {
      leftOut.set(node, "unneeded");
      continue;
    }
    const into = damage
      ? [node, ...dependents.linksTo(new Set([node]))].flatMap((one) => [...dependents.into(one)])
      : [];
    if (into.length === 0 || !into.every(asksPackageForFolder)) continue;
    leftOut.set(node, "failed");
    warnings.push(lostFolder(node, into));
  }
  for (const link of dependents.linksTo(leftOut)) leftOut.set(link, leftOut.get(link.target as PlanNode) ?? "unneeded");
  return { leftOut, warnings };
}

function asksPackageForFolder({ from, spec }: LockDependency): boolean {
  return from.kind === "package" && typeof spec === "string" && FOLDER_SPEC.test(spec);
}

function lostFolder({ manifest, location }: PlanNode, into: readonly LockDependency[]): Failure {
  const [first] = into as [LockDependency, ...LockDependency[]];
  const { name, version } = first.from.manifest;
  const spec = String(first.spec);
  return missingFolder(location, `${manifest.name}@${spec}`, `${name}@${version}`, {
    package: manifest.name,
    spec,
    requiredBy: into.map(({ from }) => from.location),
    wayOut: [{ kind: "other", text: `Use a version of ${name} that requires ${manifest.name} from a registry.` }],
  });
}
