import { transfer } from "comlink";
import { encodeTree } from "../../src/answer/tree-bytes.ts";
import type { Progress } from "../../src/api/resolve.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import type { Extracted } from "../../src/install/extractor.ts";
import { localExtractor } from "../host/local-extractor.ts";
import { PortTransport } from "../net/port-transport.ts";
import { localSupply } from "../run/local-supply.ts";
import { PlacedReporter } from "../run/placed-packages.ts";
import { type PreparedRun, prepareRun } from "../run/prepare-run.ts";
import { type Meter, type ProgressCounters, progressCounters } from "../run/progress-counters.ts";
import { ProgressMeter } from "../run/progress-meter.ts";
import { resolveRun, runError } from "../run/resolve-run.ts";
import type { Supply } from "../run/supply.ts";
import { ThreadMetadataCache } from "../storage/thread-metadata-cache.ts";
import { startFetchWorker } from "./fetch-worker.ts";
import { serveNet } from "./io-worker.ts";
import type { ResolveAnswer, ResolveOrder, WorkerService, WorkerSetup } from "./protocol.ts";
import { countersMeter } from "./shared-counts.ts";
import { ThreadSupply } from "./thread-supply.ts";

/** Answers the calls of the page, for a worker of any role. An engine worker makes one run at a time. */
export function workerService(): WorkerService {
  let setup: WorkerSetup;
  const threadCache = new ThreadMetadataCache();
  let current: AbortController | undefined;
  let serve: ((port: MessagePort) => void) | undefined;
  let lastRunClosed: (() => Promise<void>) | undefined;
  const extractor = localExtractor();
  return {
    async setUp(given) {
      setup = given;
      if (setup.lifeline) await hold(setup.lifeline);
      if (setup.role === "io") serve = serveNet(setup);
      if (setup.role === "fetch") lastRunClosed = startFetchWorker(setup, threadCache);
    },
    async resolve(order) {
      current = new AbortController();
      return await resolve(order, { setup, threadCache }, current.signal);
    },
    cancel: () => current?.abort(),
    serve: (port) => serve?.(port),
    async flush() {
      await lastRunClosed?.();
      await threadCache.rest();
    },
    usage: () => threadCache.usage(),
    clear: () => threadCache.clear(),
    async extract(orders) {
      const outcomes: Outcome<Extracted>[] = [];
      for (const { tarball, wanted } of orders) outcomes.push(await extractor.extract(tarball, wanted));
      const parts = outcomes.flatMap((outcome) => {
        if (!outcome.ok) return [];
        const { tarball, index, archive } = outcome.value;
        return [tarball, index, archive];
      });
      return transfer(outcomes, buffersOf(parts));
    },
    async read(orders) {
      const outcomes: Outcome<Uint8Array[]>[] = [];
      // Each order fails alone, for example for lack of memory.
      for (const order of orders) {
        outcomes.push(await extractor.read(order).catch((error: unknown) => fail(failureOf(error))));
      }
      return transfer(outcomes, buffersOf(outcomes.flatMap((outcome) => (outcome.ok ? outcome.value : []))));
    },
    async seekPoints(tarball, unpacked) {
      const outcome = await extractor.seekPoints(tarball, unpacked);
      return outcome.ok && outcome.value ? transfer(outcome, buffersOf([outcome.value])) : outcome;
    },
  };
}

function buffersOf(parts: readonly (Uint8Array | undefined)[]): ArrayBuffer[] {
  return [...new Set(parts.flatMap((part) => (part ? [part.buffer as ArrayBuffer] : [])))];
}

interface EngineWorker {
  setup: WorkerSetup;
  threadCache: ThreadMetadataCache;
}

/** Makes one run: prepares it, opens its supply, resolves it, and encodes the tree for the page. */
async function resolve(
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
  const net = new PortTransport(setup.net[0]!, { registry: run.config.registry }, run.warn);
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

/** Holds a lock until this worker ends, so that the page notices its end. Resolves once the lock is held. */
function hold(name: string): Promise<void> {
  return new Promise((held) => {
    const holding = navigator.locks.request(name, () => {
      held();
      return new Promise(() => {});
    });
    // If the browser refuses locks, it refuses them to the page as well, which then does not wait for one.
    holding.catch(held);
  });
}
