import { onAbort } from "../../src/base/on-abort.ts";
import { LocalScheduler } from "../../src/base/spawn-local.ts";
import { type Asked, driveLocally } from "../../src/engine/driver.ts";
import type { Answer, OpenedTarball } from "../../src/engine/need.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import { FIRST_RANK, PackumentSource } from "../../src/registry/packument-source.ts";
import { localClock, nextTurn } from "../host/yield.ts";
import type { Net } from "../net/net.ts";
import type { RunCache } from "../storage/run-cache.ts";
import type { ThreadMetadataCache } from "../storage/thread-metadata-cache.ts";
import { LatePreload } from "./late-preload.ts";
import { directNames, type Plan, planOf, startPreload } from "./preload-plan.ts";
import { RankedWork } from "./ranked-work.ts";
import type { Supply, SupplyRequest } from "./supply.ts";

/** Everything on this thread but perhaps the fetching: the preload beside the engine, one way to the registry for both. */
export function localSupply(
  supplyRequest: SupplyRequest,
  net: Net,
  threadCache: ThreadMetadataCache | undefined,
): Supply {
  const { project, config, metadata, signal } = supplyRequest;
  const runCache = threadCache?.runCache({ ...supplyRequest, namespace: net.namespace });
  const scheduler = new LocalScheduler(localClock);
  const rankedWork = new RankedWork(scheduler, (name) => source.rankOf(name) - FIRST_RANK);
  const work = <T>(name: string, job: () => T): Promise<T> => rankedWork.run(name, job);
  const promoted = (name: string): void => rankedWork.hurry(name);
  const plan = planOf(project);
  const guess = (): void => preload.start();
  const preload = new LatePreload(async () => startPreload(plan, source, project.context.options.policyFor));
  const source = new PackumentSource({
    transport: net,
    config,
    metadata,
    signal,
    runCache,
    work,
    promoted,
    fetching: guess,
  });
  if (!plan.late) bringStored(source, runCache, plan).then((some) => some || guess(), guess);
  return {
    metadata,
    drive: (steps, tick) => {
      signal.throwIfAborted();
      const peek = (need: Asked): Answer | undefined => {
        tick();
        return need.kind === "packument" ? source.peek(need.key) : undefined;
      };
      const task = driveLocally(steps, { peek, answer: (need) => answer(need, source, supplyRequest) });
      const forget = onAbort(signal, () => scheduler.stop(signal.reason));
      return scheduler.spawn(task).finally(forget);
    },
    manifest: (name, version) => source.manifest(name, version),
    missing: async () => {
      await preload.quiet();
      return [...(runCache?.missing ?? [])].sort();
    },
    counts: () => ({ ...source.counts, manifestsParsed: source.manifestsParsed, messages: net.messages ?? 0 }),
    settle: () => preload.stop(),
    dispose: () => {
      preload.stop();
      rankedWork.stop();
      net.dispose();
      runCache?.close();
    },
  };
}

/** Packuments that are asked of the store in a turn: two or three milliseconds. */
const SOME = 256;

/** Whether there is any: of a project that was seen before all of it is brought, in the order it is stored in. */
async function bringStored(source: PackumentSource, runCache: RunCache | undefined, plan: Plan): Promise<boolean> {
  const mates = (await runCache?.relatedNames(directNames(plan))) ?? [];
  for (let from = 0; from < mates.length; from += SOME) {
    for (const name of mates.slice(from, from + SOME)) void source.packument(name);
    await nextTurn();
  }
  return mates.length > 0;
}

async function answer(need: Asked, source: PackumentSource, supplyRequest: SupplyRequest): Promise<Answer> {
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
  need: Asked & { kind: "tarball" },
  source: PackumentSource,
  { project }: SupplyRequest,
): Promise<Outcome<OpenedTarball>> {
  const { name, key, integrity } = need;
  const bytes = key.startsWith("file:") ? project.tarball(key.slice(5), name) : await source.tarball(name, key);
  if (!bytes.ok) return bytes;
  const { openPackage } = await import("./open-tarball.ts");
  return await openPackage(bytes.value, { name, url: key, integrity });
}
