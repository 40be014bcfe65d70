import type { SinkSession } from "../api/sink.ts";
import { InstallError, type Outcome } from "../errors/failure.ts";
import type { AfterExtractStep } from "./after-extract.ts";
import type { CollectedPacks } from "./collect-packs.ts";
import { commandsOf } from "./indexed-tree.ts";
import type { Operations } from "./operations.ts";
import { filesOf } from "./pack-files.ts";
import { hashesOf, type PackSource } from "./pack-source.ts";
import type { Packs } from "./packs.ts";
import type { PatchStep } from "./patch-step.ts";
import type { InstallPlan, PlannedPackage } from "./plan.ts";
import { type WritablePackage, writeTree } from "./write-tree.ts";

export interface PackagesToWrite {
  readonly plan: InstallPlan;
  /** By location. */
  readonly sources: ReadonlyMap<string, PackSource>;
  /** The plan without the optional packages that failed: known when all packs are there. */
  readonly final: Promise<{ readonly plan: InstallPlan } & Pick<CollectedPacks, "failed">>;
  /** Locations that the sink keeps as they are. */
  readonly kept: ReadonlySet<string>;
}

export interface WriterContext {
  readonly session: SinkSession;
  readonly packs: Packs;
  readonly afterExtract: AfterExtractStep;
  readonly patches: PatchStep | null;
  readonly operations: Operations;
  /** Packages written at the same time. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * Writes the packages of a plan into a sink, each as soon as its pack is there.
 *
 * 1. A required package is written at once, because it is certainly part of the tree.
 * 2. An optional package waits for all packs: a failed one may take others with it.
 * 3. A package that lost a command's name to another package waits too: it gets the command if that one is left out.
 */
export async function writePackages(
  { plan, sources, final, kept }: PackagesToWrite,
  { session, packs, afterExtract, patches, operations, limit, signal }: WriterContext,
): Promise<void> {
  await session.begin(kept, [...plan.packages.map(({ location }) => location), ...plan.links.map(({ path }) => path)]);
  const commands = commandsOf(plan);
  const outcome = final.then((known) => ({
    installed: new Set(known.plan.packages.map(({ location }) => location)),
    commands: known.failed.size > 0 ? commandsOf(known.plan) : commands,
  }));
  // Prevents an unhandled rejection; the caller sees the error of `final`.
  outcome.catch(() => {});
  const writable = ({ location, name, version, optional, bin }: PlannedPackage): WritablePackage => {
    const pack = packs.get(sources.get(location)!);
    const waits = optional || Object.values(bin).some((path) => !commands.get(location)?.has(path));
    return {
      location,
      label: `${name}@${version}`,
      ready: async () => (await pack).ok && (!waits || (await outcome).installed.has(location)),
      open: async () => {
        const { index } = unwrap(await pack);
        const archive = await packs.reader.archive(index);
        const executables = (waits ? (await outcome).commands : commands).get(location);
        const original = { location, index, archive };
        const opened = patches ? await patches.apply(original) : original;
        await afterExtract.run(opened, signal);
        return { files: filesOf(opened, executables, afterExtract.overlay), bytes: index.unpacked };
      },
    };
  };
  const wanted = plan.packages.filter(({ location }) => !kept.has(location)).map(writable);
  await writeTree(wanted, { session, operations, limit, signal });
}

/**
 * Returns the locations at which a sink already has the planned pack.
 * @param before what the sink holds: location to sha512 SRI, followed by the suffix of a patch
 * @param suffixOf returns the suffix of the patch that the package needs, or an empty text
 */
export function keptLocations(
  plan: InstallPlan,
  before: ReadonlyMap<string, string>,
  packs: Packs,
  suffixOf: (location: string) => string,
): Set<string> {
  const kept = new Set<string>();
  for (const { location, integrity } of plan.packages) {
    const suffix = suffixOf(location);
    const held = before.get(location);
    const cached = packs.cachedIndex({ integrity })?.integrity;
    if (!held?.endsWith(suffix)) continue;
    const present = held.slice(0, held.length - suffix.length);
    if (present && (present === cached || hashesOf(integrity).includes(present))) kept.add(location);
  }
  return kept;
}

function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new InstallError(outcome.failure);
}
