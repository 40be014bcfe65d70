import { transfer } from "comlink";
import { encodeTree } from "../../src/answer/tree-bytes.ts";
import type { Progress } from "../../src/api/resolve.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import { PortTransport } from "../net/port-transport.ts";
import { localSupply } from "../run/local-supply.ts";
import { PlacedReporter } from "../run/placed-packages.ts";
import { type PreparedRun, prepareRun } from "../run/prepare-run.ts";
import { type Meter, type ProgressCounters, progressCounters } from "../run/progress-counters.ts";
import { ProgressMeter } from "../run/progress-meter.ts";
import { resolveRun, runError } from "../run/resolve-run.ts";
import type { Supply } from "../run/supply.ts";
import type { ThreadMetadataCache } from "../storage/thread-metadata-cache.ts";
import type { ResolveAnswer, ResolveOrder, WorkerSetup } from "./protocol.ts";
import { countersMeter } from "./shared-counts.ts";
import { ThreadSupply } from "./thread-supply.ts";

/** The parts of an engine worker that outlive a run. */
export interface EngineWorker {
  setup: WorkerSetup;
  threadCache: ThreadMetadataCache;
}

/** Makes one run in an engine worker: prepares it, opens its supply, resolves it, and encodes the tree for the page. */
export async function resolveOrder(
  order: ResolveOrder,
  worker: EngineWorker,
  signal: AbortSignal,
): Promise<Outcome<ResolveAnswer>> {
  const { settings, input, options, memory, progressPort, placedPort } = order;
  try {
    const run = await prepareRun({ settings, input, options, signal });
    const supply = memory ? new ThreadSupply(memory, worker.setup, run) : supplyOfThisThread(run, worker);
    let progress: Progress | undefined;
    const meter = meterOf(order, progressCounters(run, supply), (last) => {
      progress = last;
    });
    const placed = placedPort && new PlacedReporter((changes) => placedPort.postMessage(changes));
    const parts = await resolveRun(run, supply, { meter, placed });
    const tree = encodeTree(parts.tree());
    return transfer(ok({ ...parts, tree, progress }), [tree.buffer]);
  } catch (error) {
    return fail(failureOf(await runError(error, signal)));
  } finally {
    progressPort?.close();
    placedPort?.close();
  }
}

function supplyOfThisThread(run: PreparedRun, { setup, threadCache }: EngineWorker): Supply {
  const net = new PortTransport(setup.net[0]!, run.config, run.warn);
  return localSupply(run, net, run.cache === "none" ? undefined : threadCache);
}

/** Returns the meter that the mode needs, or undefined if the page has no `onProgress`. */
function meterOf(
  { progressPort, memory }: ResolveOrder,
  counters: ProgressCounters,
  reportLast: (progress: Progress) => void,
): Meter | undefined {
  if (memory) return countersMeter(memory, counters);
  return progressPort && new ProgressMeter((progress) => progressPort.postMessage(progress), counters, reportLast);
}
