import type { Failure } from "../../src/api/failure.ts";
import { LocalScheduler } from "../../src/base/spawn-local.ts";
import { fail, InstallError, type Outcome, ok } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import { cancelled } from "../../src/errors/work.ts";
import { FIRST_RANK, PackumentSource } from "../../src/registry/packument-source.ts";
import { localClock } from "../host/yield.ts";
import { PortTransport } from "../net/port-transport.ts";
import { LatePreload } from "../run/late-preload.ts";
import { directNames, policyOf, startPreload } from "../run/preload-plan.ts";
import { RankedWork } from "../run/ranked-work.ts";
import { Counters, WARNED } from "../shared/counters.ts";
import { growMemory, releaseMemory, type SharedMemory } from "../shared/shared-memory.ts";
import { SharedOnceMap } from "../shared/shared-once-map.ts";
import type { RunCache } from "../storage/run-cache.ts";
import type { ThreadMetadataCache } from "../storage/thread-metadata-cache.ts";
import {
  type EngineMessage,
  type FetchMessage,
  type FetchReport,
  type FetchRunStart,
  packumentKey,
  tarballKey,
  type WorkerSetup,
} from "./protocol.ts";
import { writeCounts } from "./shared-counts.ts";

/** Milliseconds of work before the next message is read. The engine may be asleep until this worker reads it. */
const SLICE = 4;

/**
 * Serves the engine worker: one run after the other, as its messages say. Returns a function whose promise resolves when the last
 * run has closed.
 */
export function startFetchWorker(
  { workerPort, net }: WorkerSetup,
  threadCache: ThreadMetadataCache,
): () => Promise<void> {
  let run: FetchRun | undefined;
  let closed = (): void => {};
  let closing = Promise.resolve();
  workerPort!.onmessage = ({ data: message }: MessageEvent<EngineMessage>) => {
    if (message.kind === "start") {
      run = new FetchRun(message.run, { workerPort: workerPort!, net: net[0]!, threadCache });
      closing = new Promise((resolve) => {
        closed = resolve;
      });
    } else run?.handle(message);
    if (message.kind !== "close") return;
    const memory = run?.memory;
    run = undefined;
    closed();
    if (memory) releaseMemory(memory);
  };
  return () => closing;
}

/** The fetching, reading, preloading and storing of one run. Publishes its results in shared memory. */
class FetchRun {
  readonly #map: SharedOnceMap;
  readonly #workerPort: MessagePort;
  readonly #start: FetchRunStart;
  readonly #transport: PortTransport;
  readonly #runCache: RunCache | undefined;
  readonly #source: PackumentSource;
  readonly #preload = new LatePreload(async () => {
    const { plan, options, platform } = this.#start;
    const source = { packument: (name: string, rank: number) => this.#fetch(name, rank) };
    return startPreload(plan, source, await policyOf(options, platform));
  });
  readonly #rankedWork = new RankedWork(
    new LocalScheduler(localClock, { slice: SLICE }),
    (name) => this.#source.rankOf(name) - FIRST_RANK,
  );
  readonly #requested = new Set<string>();
  readonly #counters: Counters;
  #messages = 0;
  /** Whether the run has ended. From then on nothing of it is written into the memory, which may serve another run. */
  #closed = false;

  constructor(
    start: FetchRunStart,
    { workerPort, net, threadCache }: { workerPort: MessagePort; net: MessagePort; threadCache: ThreadMetadataCache },
  ) {
    const { memory, config, metadata, cache } = start;
    this.#start = start;
    this.#workerPort = workerPort;
    this.#map = new SharedOnceMap(memory);
    this.#counters = new Counters(memory);
    const warn = (warning: Failure): void => {
      if (this.#closed) return;
      // Counted first, so that an engine that reads the count waits for the message.
      this.#counters.add(WARNED);
      this.#send({ kind: "warn", warning });
    };
    const transport = new PortTransport(net, config, warn);
    this.#transport = transport;
    const { namespace } = transport;
    this.#runCache = cache === "none" ? undefined : threadCache.runCache({ config, metadata, cache, warn, namespace });
    this.#source = new PackumentSource({
      transport,
      config,
      metadata,
      runCache: this.#runCache,
      publish: (name, record) => this.#publish(packumentKey(name), record),
      work: (name, work) => this.#rankedWork.run(name, work),
      promoted: (name) => this.#rankedWork.hurry(name),
      fetching: () => this.#preload.start(),
    });
    if (!start.plan.late) this.#readStored().catch(() => this.#preload.start());
  }

  get memory(): SharedMemory {
    return this.#start.memory;
  }

  handle(message: Exclude<EngineMessage, { kind: "start" }>): void {
    this.#messages++;
    switch (message.kind) {
      case "fetchPackument":
        void this.#fetchForEngine(message.name);
        break;
      case "listTarball":
        void this.#listTarball(message);
        break;
      case "stopPreload":
        this.#preload.stop();
        break;
      case "check":
        this.#checkAnswers();
        this.#send({ kind: "checked", check: message.check });
        break;
      case "listMissing":
        void this.#sendMissing();
        break;
      case "close":
        this.#closed = true;
        this.#transport.dispose();
        this.#rankedWork.stop();
        this.#preload.stop();
        this.#runCache?.close();
        break;
      default:
        message satisfies never;
    }
  }

  /** Reads everything that was stored with the project's direct dependencies, in the order in which it is stored. */
  async #readStored(): Promise<void> {
    const names = (await this.#runCache?.relatedNames(directNames(this.#start.plan))) ?? [];
    if (names.length === 0) this.#preload.start();
    await Promise.all(names.map((name) => this.#fetch(name)));
  }

  /** Fetches, condenses and publishes a packument, once for each name. */
  async #fetch(name: string, rank = 0): ReturnType<PackumentSource["packument"]> {
    const key = packumentKey(name);
    if (this.#closed) return fail(cancelled(name));
    try {
      if (!this.#requested.has(name)) {
        this.#requested.add(name);
        // An engine that needs the packument meanwhile finds it registered, and only waits.
        this.#map.register(key);
      }
      return await this.#source.packument(name, rank);
    } catch (error) {
      return this.#fail(key, error);
    }
  }

  /** Publishes an error, such as out of memory or a defect, because the engine may sleep until this key is settled. */
  #fail(key: string, error: unknown): { ok: false; failure: Failure } {
    const failure = failureOf(error);
    if (this.#closed) return fail(failure);
    try {
      if (failure.code === "EWORKER") throw error;
      this.#map.fail(key, failure);
    } catch (damage) {
      this.#crash(damage);
    }
    return fail(failure);
  }

  /** Ends this worker: it cannot tell a sleeping engine through memory that was overwritten. The page then ends the engine. */
  #crash(damage: unknown): void {
    if (this.#closed) return;
    queueMicrotask(() => {
      throw damage;
    });
  }

  /** Checks that the published answers are still there. A sleeping engine would wait for ever for one that is gone. */
  #checkAnswers(keys?: Iterable<string>): void {
    try {
      this.#map.checkSettled(keys);
    } catch (damage) {
      this.#crash(damage);
    }
  }

  /**
   * Fetches a packument for the sleeping engine. If a failure was published just before the engine registered the key, the
   * registration has started a new generation. This publishes the same failure for it.
   */
  async #fetchForEngine(name: string): Promise<void> {
    const key = packumentKey(name);
    void this.#fetch(name);
    const packument = await this.#source.hurry(name).catch((error: unknown) => fail(failureOf(error)));
    if (!packument.ok) this.#fail(key, new InstallError(packument.failure));
    if (!this.#closed) this.#checkAnswers([key]);
  }

  /** Publishes a copy of an outcome for the engine. Returns the outcome itself: the copy may be overwritten. */
  async #publish(key: string, outcome: Outcome<Uint8Array>): Promise<Outcome<Uint8Array>> {
    if (this.#closed) return outcome;
    let published = outcome;
    if (outcome.ok) {
      for (let more = this.#map.done(key, outcome.value); more > 0; more = this.#map.done(key, outcome.value)) {
        try {
          this.#addChunk(more);
        } catch (error) {
          published = this.#fail(key, error);
          break;
        }
      }
    } else this.#map.fail(key, outcome.failure);
    this.#count();
    return published;
  }

  #addChunk(bytes: number): void {
    const { index, chunk } = growMemory(this.#start.memory, bytes);
    this.#map.addChunk(index, chunk);
    this.#send({ kind: "addChunk", index, chunk });
  }

  async #listTarball({ url, name, integrity, bytes }: EngineMessage & { kind: "listTarball" }): Promise<void> {
    const key = tarballKey(url, integrity);
    try {
      const body = bytes ? ok(bytes) : await this.#source.tarball(name, url);
      const { listTarball, encodeListing } = await import("../run/open-tarball.ts");
      const listing = body.ok ? await listTarball(body.value, { name, url, integrity }) : body;
      await this.#publish(key, listing.ok ? ok(encodeListing(listing.value)) : listing);
      this.#checkAnswers([key]);
    } catch (error) {
      this.#fail(key, error);
    }
  }

  async #sendMissing(): Promise<void> {
    await this.#preload.quiet();
    this.#send({ kind: "missing", names: [...(this.#runCache?.missing ?? [])].sort() });
  }

  #count(): void {
    const { counts } = this.#source;
    writeCounts(this.#counters, { ...counts, messages: this.#messages + this.#transport.messages });
  }

  #send(report: FetchReport): void {
    this.#messages++;
    this.#workerPort.postMessage({ ...report, runId: this.#start.runId } satisfies FetchMessage);
  }
}
