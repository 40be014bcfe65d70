import { transfer } from "comlink";
import { encodeTree } from "../../src/answer/tree-bytes.ts";
import type { Progress } from "../../src/api/resolve.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import type { Extracted } from "../../src/install/extractor.ts";
import { localExtractor } from "../host/local-extractor.ts";
import { PortTransport } from "../net/port-transport.ts";
import { localSupply } from "../run/local-supply.ts";
import { Announcer } from "../run/placed-packages.ts";
import { ProgressMeter } from "../run/progress.ts";
import { type Meter, type ProgressCounters, Run } from "../run/resolve-run.ts";
import type { Connect } from "../run/supply.ts";
import { ThreadMetadataCache } from "../storage/thread-metadata-cache.ts";
import { startFetchWorker } from "./fetch-worker.ts";
import { serveNet } from "./io-worker.ts";
import type { Answered, EngineService, Order, Setup } from "./protocol.ts";
import { countersMeter } from "./shared-counts.ts";
import { threadSupply } from "./thread-supply.ts";

/** What a worker can be asked. One run at a time. */
export function engineService(): EngineService {
  let setup: Setup;
  const threadCache = new ThreadMetadataCache();
  let current: AbortController | undefined;
  let serve: ((port: MessagePort) => void) | undefined;
  let rest: (() => Promise<void>) | undefined;
  const extractor = localExtractor();
  return {
    async begin(given) {
      setup = given;
      if (setup.lifeline) await hold(setup.lifeline);
      if (setup.role === "io") serve = serveNet(setup);
      if (setup.role === "fetch") rest = startFetchWorker(setup, threadCache);
    },
    async resolve(order) {
      current = new AbortController();
      const { memory } = order;
      const connect = memory ? threadSupply(memory, setup) : local(setup, order, threadCache);
      return await resolve(order, connect, current.signal);
    },
    cancel: () => current?.abort(),
    serve: (port) => serve?.(port),
    async rest() {
      await rest?.();
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
      // One that fails, for want of memory perhaps, is no other one's failure.
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

async function resolve(order: Order, connect: Connect, signal: AbortSignal): Promise<Outcome<Answered>> {
  const { settings, input, options, progress, announce } = order;
  const placed = announce && new Announcer((news) => announce.postMessage(news));
  try {
    let last: Progress | undefined;
    const meter = meterOf(order, (report) => {
      last = report;
    });
    const parts = await new Run({ settings, input, options, signal, connect, meter, placed }).resolve();
    const tree = encodeTree(parts.tree());
    return transfer(ok({ ...parts, tree, progress: last }), [tree.buffer]);
  } catch (error) {
    return fail(failureOf(error));
  } finally {
    progress?.close();
    announce?.close();
  }
}

function local({ net: [port] }: Setup, { settings }: Order, threadCache: ThreadMetadataCache): Connect {
  return (supplyRequest) => {
    const net = new PortTransport(port!, { registry: supplyRequest.config.registry }, supplyRequest.warn);
    return localSupply(supplyRequest, net, settings.cache === "none" ? undefined : threadCache);
  };
}

function meterOf(
  { progress, memory }: Order,
  last: (report: Progress) => void,
): ((far: ProgressCounters) => Meter) | undefined {
  if (memory) return (far) => countersMeter(memory, far);
  return progress && ((far) => new ProgressMeter((report) => progress.postMessage(report), far, last));
}

/** Never lets go: the lock is free again when this worker is gone. */
function hold(name: string): Promise<void> {
  return new Promise((held) => {
    const holding = navigator.locks.request(name, () => {
      held();
      return new Promise(() => {});
    });
    // Where locks are refused the page gets none either.
    holding.catch(held);
  });
}
