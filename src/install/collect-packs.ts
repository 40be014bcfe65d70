import type { Failure } from "../api/failure.ts";
import type { UnpackLimits } from "../api/install.ts";
import { InstallError } from "../errors/failure.ts";
import { beyondLimits } from "../errors/tarball.ts";
import type { PackIndex } from "../tarball/pack-index.ts";
import type { PackSource } from "./pack-source.ts";
import type { Pack, Packs } from "./packs.ts";
import type { InstallPlan, PlannedPackage } from "./plan.ts";

export interface CollectedPacks {
  /** By location. */
  readonly packs: ReadonlyMap<string, Pack>;
  /** Optional packages whose pack is missing, and why, by location. */
  readonly failed: ReadonlyMap<string, Failure>;
}

/** These failures end the whole install, also when an optional package has them. */
const FATAL: ReadonlySet<string> = new Set(["EABORTED", "EDISPOSED", "EWORKER"]);

/**
 * Waits for the packs of a plan. An optional package whose pack fails is left out.
 * @param sources by location; a package without a source needs no pack, because the sink has it
 * @throws InstallError the failure of the first required package, TAR_ABORT if a cached pack exceeds the limits of this install
 */
export async function collectPacks(
  plan: InstallPlan,
  sources: ReadonlyMap<string, PackSource>,
  packs: Packs,
  limits: UnpackLimits,
): Promise<CollectedPacks> {
  const collected = new Map<string, Pack>();
  const failed = new Map<string, Failure>();
  const collect = async ({ location, optional, name }: PlannedPackage): Promise<void> => {
    const source = sources.get(location);
    if (!source) return;
    const outcome = await packs.get(source);
    const problem = outcome.ok ? outcome.value.cached && overLimit(name, outcome.value.index, limits) : outcome.failure;
    if (outcome.ok && !problem) collected.set(location, outcome.value);
    else if (problem && optional && !FATAL.has(problem.code)) failed.set(location, problem);
    else if (problem) throw new InstallError({ ...problem, requiredBy: [location] });
  };
  await Promise.all(plan.packages.map(collect));
  return { packs: collected, failed };
}

/** Checks a pack that was cached under wider limits. */
function overLimit(name: string, { unpacked, sizes }: PackIndex, limits: UnpackLimits): Failure | undefined {
  // The sum is an upper bound for each file.
  const hasLargeFile = unpacked > limits.file && sizes.some((size) => size > limits.file);
  if (!hasLargeFile && unpacked <= limits.package && sizes.length <= limits.files) return undefined;
  const wayOut = [{ kind: "option", text: "Raise options.limits for this install.", option: "limits" } as const];
  return { ...beyondLimits(`The cached tarball of ${name} exceeds the limits of this install.`), wayOut };
}
