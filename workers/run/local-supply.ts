import { onAbort } from "../../src/base/on-abort.ts";
import { type SharedRun, SharedWork } from "../../src/base/shared-work.ts";
import { LocalScheduler } from "../../src/base/spawn-local.ts";
import { driveLocally, type ExternalNeed } from "../../src/engine/driver.ts";
import type { Answer, OpenedTarball } from "../../src/engine/need.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import { FIRST_RANK, PackumentSource } from "../../src/registry/packument-source.ts";
import type { RegistryResponse } from "../../src/registry/transport.ts";
import { localClock, nextTurn } from "../host/yield.ts";
import type { Net } from "../net/net.ts";
import type { RunCache } from "../storage/run-cache.ts";
import type { ThreadMetadataCache } from "../storage/thread-metadata-cache.ts";
import { LatePreload } from "./late-preload.ts";
import { directNames, type PreloadPlan, preloadPlanOf, startPreload } from "./preload-plan.ts";
import { RankedWork } from "./ranked-work.ts";
import type { Supply, SupplyRequest } from "./supply.ts";

/** The access of one run to {@link sharedRecords}. */
export type RunRecords = SharedRun<Outcome<RegistryResponse>>;

/** Shares the records that runs of this thread have made of packuments. @see SharedWork */
export function sharedRecords(): SharedWork<Outcome<RegistryResponse>> {
  return new SharedWork({
    share: (outcome) => (outcome.ok || outcome.failure.code !== "EABORTED" ? outcome : null),
    keep: { kind: "timely", bytes: KEPT_RECORDS, bytesOf: (outcome) => (outcome.ok ? outcome.value.bytes.length : 0) },
  });
}

/**
 * Opens a supply on this thread. The engine and the preload share one packument source; only `net` may be on another thread.
 * Without `threadCache` nothing is stored. `shared`: this run's access to {@link sharedRecords}.
 */
export function localSupply(
  supplyRequest: SupplyRequest,
  net: Net,
  threadCache: ThreadMetadataCache | undefined,
  shared?: RunRecords,
): Supply {
  const { project, config, metadata, signal } = supplyRequest;
  const runCache = threadCache?.runCache({ ...supplyRequest, namespace: net.namespace });
  const scheduler = new LocalScheduler(localClock);
  const rankedWork: RankedWork = new RankedWork(scheduler, (name): number => source.rankOf(name) - FIRST_RANK);
  const plan = preloadPlanOf(project);
  const preload = new LatePreload(async () => startPreload(plan, source, project.context.options.policyFor));
  const start = (): void => preload.start();
  const source: PackumentSource = new PackumentSource({
    transport: net,
    config,
    metadata,
    signal,
    runCache,
    work: (name, work) => rankedWork.run(name, work),
    promoted: (name) => rankedWork.hurry(name),
    fetching: start,
    shared,
  });
  /** The packuments that the engine needed and did not get. */
  const refused = new Set<string>();
  const noted = <T extends Answer | undefined>(need: ExternalNeed, outcome: T): T => {
    if (need.kind === "packument" && outcome && !outcome.ok) refused.add(need.key);
    return outcome;
  };
  if (!plan.late) readStored(source, runCache, plan).then((found) => found || start(), start);
  return {
    metadata,
    drive: (steps, tick) => {
      signal.throwIfAborted();
      const peek = (need: ExternalNeed): Answer | undefined => {
        tick();
        return need.kind === "packument" ? noted(need, source.peek(need.key)) : undefined;
      };
      const task = driveLocally(steps, {
        peek,
        answer: async (need) => noted(need, await answer(need, source, supplyRequest)),
      });
      const forget = onAbort(signal, () => scheduler.stop(signal.reason));
      return scheduler.spawn(task).finally(forget);
    },
    manifest: (name, version) => source.manifest(name, version),
    missing: async (needed) => {
      await preload.quiet();
      return [...(runCache?.missing ?? [])].filter((name) => !needed || refused.has(name)).sort();
    },
    counts: () => ({ ...source.counts, manifestsParsed: source.manifestsParsed, messages: net.messages ?? 0 }),
    stopPreload: () => preload.stop(),
    dispose: () => {
      preload.stop();
      rankedWork.stop();
      net.dispose();
      runCache?.close();
    },
  };
}

/** Bytes of records that are kept for other runs at most. */
const KEPT_RECORDS = 32 << 20;

/** The number of packuments that are read from the store in one turn: two to three milliseconds of work. */
const READ_AT_ONCE = 256;

/**
 * Reads everything that was stored with the project's direct dependencies, in the order in which it is stored. Returns whether
 * there was anything.
 */
async function readStored(
  source: PackumentSource,
  runCache: RunCache | undefined,
  plan: PreloadPlan,
): Promise<boolean> {
  const names = (await runCache?.relatedNames(directNames(plan))) ?? [];
  for (let from = 0; from < names.length; from += READ_AT_ONCE) {
    for (const name of names.slice(from, from + READ_AT_ONCE)) void source.packument(name);
    await nextTurn();
  }
  return names.length > 0;
}

async function answer(need: ExternalNeed, source: PackumentSource, supplyRequest: SupplyRequest): Promise<Answer> {
  switch (need.kind) {
    case "packument":
      return await source.hurry(need.key);
    case "tarball":
      return await openTarball(need, source, supplyRequest);
    default:
      return need satisfies never;
  }
}

async function openTarball(
  need: ExternalNeed & { kind: "tarball" },
  source: PackumentSource,
  { project }: SupplyRequest,
): Promise<Outcome<OpenedTarball>> {
  const { name, key, integrity } = need;
  const bytes = key.startsWith("file:") ? project.tarball(key.slice(5), name) : await source.tarball(name, key);
  if (!bytes.ok) return bytes;
  const { openForEngine } = await import("./open-tarball.ts");
  return await openForEngine(bytes.value, { name, url: key, integrity });
}
