import { transfer } from "comlink";
import { fail, type Outcome } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import type { Extracted } from "../../src/install/extractor.ts";
import { localExtractor } from "../host/local-extractor.ts";
import { ThreadMetadataCache } from "../storage/thread-metadata-cache.ts";
import { resolveOrder } from "./engine-worker.ts";
import { startFetchWorker } from "./fetch-worker.ts";
import { serveNet } from "./io-worker.ts";
import type { WorkerService, WorkerSetup } from "./protocol.ts";

/** Answers the calls of the page, for a worker of any role. An engine worker makes one run at a time. */
export function workerService(): WorkerService {
  let setup: WorkerSetup;
  let threadCache: ThreadMetadataCache;
  let current: AbortController | undefined;
  let serve: ((port: MessagePort) => void) | undefined;
  let lastRunClosed: (() => Promise<void>) | undefined;
  const extractor = localExtractor();
  return {
    async setUp(given) {
      setup = given;
      threadCache = new ThreadMetadataCache(given.privateStore);
      if (setup.lifeline) await hold(setup.lifeline);
      if (setup.role === "io") serve = serveNet(setup);
      if (setup.role === "fetch") lastRunClosed = startFetchWorker(setup, threadCache);
    },
    async resolve(order) {
      current = new AbortController();
      return await resolveOrder(order, { setup, threadCache }, current.signal);
    },
    cancel: () => current?.abort(),
    serve: (port) => serve?.(port),
    async flush() {
      await lastRunClosed?.();
      await threadCache.written();
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
