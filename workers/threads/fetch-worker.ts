import type { Failure } from "../../src/api/failure.ts";
import { LocalScheduler } from "../../src/base/spawn-local.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import { FIRST_RANK, PackumentSource } from "../../src/registry/packument-source.ts";
import { localClock } from "../host/yield.ts";
import { PortTransport } from "../net/port-transport.ts";
import { LatePreload } from "../run/late-preload.ts";
import { directNames, policyOf, startPreload } from "../run/preload-plan.ts";
import { RankedWork } from "../run/ranked-work.ts";
import { Counters } from "../shared/counters.ts";
import { growMemory } from "../shared/shared-memory.ts";
import { SharedOnceMap } from "../shared/shared-once-map.ts";
import type { RunCache } from "../storage/run-cache.ts";
import type { ThreadMetadataCache } from "../storage/thread-metadata-cache.ts";
import type { Setup } from "./protocol.ts";
import { type EngineMessage, type FetchMessage, type FetchRunStart, packumentKey, tarballKey } from "./run-protocol.ts";
import { writeCounts } from "./shared-counts.ts";

/** Milliseconds of work at a time. An engine may be asleep until the next message is heard. */
const SLICE = 4;

/** Serves the engine that sleeps: one run after the other, as its bell says. What is returned resolves when the last has closed. */
export function startFetchWorker({ enginePort, net }: Setup, threadCache: ThreadMetadataCache): () => Promise<void> {
  let fetchRun: FetchRun | undefined;
  let closed = (): void => {};
  let closing = Promise.resolve();
  enginePort!.onmessage = ({ data: ring }: MessageEvent<EngineMessage>) => {
    if (ring.to === "start") {
      fetchRun = new FetchRun(ring.fetchRunStart, { enginePort: enginePort!, net: net[0]!, threadCache });
      closing = new Promise((resolve) => {
        closed = resolve;
      });
    } else fetchRun?.hear(ring);
    if (ring.to !== "close") return;
    // Its memory goes with it.
    fetchRun = undefined;
    closed();
  };
  return () => closing;
}

/** One run's fetching, reading, guessing and storing. Everything it learns goes into shared memory. */
class FetchRun {
  readonly #map: SharedOnceMap;
  readonly #enginePort: MessagePort;
  readonly #fetchRunStart: FetchRunStart;
  readonly #transport: PortTransport;
  readonly #runCache: RunCache | undefined;
  readonly #source: PackumentSource;
  readonly #preload = new LatePreload(async () => {
    const { plan, options, platform } = this.#fetchRunStart;
    const source = { packument: (name: string, rank: number) => this.#bring(name, rank) };
    return startPreload(plan, source, await policyOf(options, platform));
  });
  readonly #rankedWork = new RankedWork(
    new LocalScheduler(localClock, { slice: SLICE }),
    (name) => this.#source.rankOf(name) - FIRST_RANK,
  );
  readonly #asked = new Set<string>();
  readonly #counters: Counters;
  #messages = 0;

  constructor(
    fetchRunStart: FetchRunStart,
    { enginePort, net, threadCache }: { enginePort: MessagePort; net: MessagePort; threadCache: ThreadMetadataCache },
  ) {
    const { memory, config, metadata, cache } = fetchRunStart;
    this.#fetchRunStart = fetchRunStart;
    this.#enginePort = enginePort;
    this.#map = new SharedOnceMap(memory);
    this.#counters = new Counters(memory);
    const warn = (warning: Failure): void => this.#say({ of: "warning", warning });
    const transport = new PortTransport(net, { registry: config.registry }, warn);
    this.#transport = transport;
    const { namespace } = transport;
    this.#runCache = cache === "none" ? undefined : threadCache.runCache({ config, metadata, cache, warn, namespace });
    const publish = (name: string, record: Outcome<Uint8Array>): Promise<Outcome<Uint8Array>> =>
      this.#publish(packumentKey(name), record);
    const fetching = (): void => this.#preload.start();
    const promoted = (name: string): void => this.#rankedWork.hurry(name);
    const work = <T>(name: string, job: () => T): Promise<T> => this.#rankedWork.run(name, job);
    this.#source = new PackumentSource({
      transport,
      config,
      metadata,
      runCache: this.#runCache,
      publish,
      work,
      promoted,
      fetching,
    });
    if (!fetchRunStart.plan.late) this.#setOut().catch(() => this.#preload.start());
  }

  hear(ring: Exclude<EngineMessage, { to: "start" }>): void {
    this.#messages++;
    switch (ring.to) {
      case "bring":
        void this.#bringAgain(ring.name);
        break;
      case "tarball":
        void this.#open(ring);
        break;
      case "halt":
        this.#halt();
        break;
      case "missing":
        void this.#tellMissing();
        break;
      case "close":
        this.#transport.dispose();
        this.#rankedWork.stop();
        this.#halt();
        this.#runCache?.close();
        break;
      default:
        ring satisfies never;
    }
  }

  /** Of a project that was seen before all of it is brought, in the order it is stored in. */
  async #setOut(): Promise<void> {
    const mates = (await this.#runCache?.relatedNames(directNames(this.#fetchRunStart.plan))) ?? [];
    if (mates.length === 0) this.#preload.start();
    await Promise.all(mates.map((name) => this.#bring(name)));
  }

  /** Fetches, condenses and publishes a packument: once, whoever wants it. */
  async #bring(name: string, rank = 0): ReturnType<PackumentSource["packument"]> {
    const key = packumentKey(name);
    try {
      if (!this.#asked.has(name)) {
        this.#asked.add(name);
        // So that an engine that comes to need it only waits.
        this.#map.register(key);
      }
      return await this.#source.packument(name, rank);
    } catch (error) {
      // No memory, or a fault: an engine that sleeps must hear of it.
      const told = failureOf(error);
      this.#map.fail(key, told);
      return fail(told);
    }
  }

  /**
   * For the engine. A failure that was published just before it asked counts as over, and its question as a new one: the
   * answer is the same.
   */
  async #bringAgain(name: string): Promise<void> {
    void this.#bring(name);
    const packument = await this.#source.hurry(name);
    if (!packument.ok) this.#map.fail(packumentKey(name), packument.failure);
  }

  /** Puts an outcome where the engine finds it. What is kept of a record is that place. */
  async #publish(key: string, outcome: Outcome<Uint8Array>): Promise<Outcome<Uint8Array>> {
    if (outcome.ok) {
      for (let more = this.#map.done(key, outcome.value); more > 0; more = this.#map.done(key, outcome.value)) {
        try {
          this.#addChunk(more);
        } catch (error) {
          this.#map.fail(key, failureOf(error));
          break;
        }
      }
    } else this.#map.fail(key, outcome.failure);
    this.#count();
    return this.#map.get(key) ?? outcome;
  }

  #addChunk(bytes: number): void {
    const { index, chunk } = growMemory(this.#fetchRunStart.memory, bytes);
    this.#map.addChunk(index, chunk);
    this.#say({ of: "chunk", index, chunk });
  }

  async #open({ key: url, name, integrity, bytes }: EngineMessage & { to: "tarball" }): Promise<void> {
    const key = tarballKey(url, integrity);
    try {
      const body = bytes ? ok(bytes) : await this.#source.tarball(name, url);
      const { listTarball, encodeListing } = await import("../run/open-tarball.ts");
      const listing = body.ok ? await listTarball(body.value, { name, url, integrity }) : body;
      await this.#publish(key, listing.ok ? ok(encodeListing(listing.value)) : listing);
    } catch (error) {
      await this.#publish(key, fail(failureOf(error)));
    }
  }

  async #tellMissing(): Promise<void> {
    await this.#preload.quiet();
    this.#say({ of: "missing", names: [...(this.#runCache?.missing ?? [])].sort() });
  }

  #halt(): void {
    this.#preload.stop();
  }

  #count(): void {
    const { counts } = this.#source;
    writeCounts(this.#counters, { ...counts, messages: this.#messages + this.#transport.messages });
  }

  #say(word: FetchMessage): void {
    this.#messages++;
    this.#enginePort.postMessage(word);
  }
}
