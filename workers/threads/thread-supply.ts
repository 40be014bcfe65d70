import { orAbort } from "../../src/base/on-abort.ts";
import { drive, type ExternalNeed } from "../../src/engine/driver.ts";
import type { Answer, OpenedTarball, Steps } from "../../src/engine/need.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import { fail, InstallError, ok } from "../../src/errors/failure.ts";
import { memoryDamaged } from "../../src/errors/threads.ts";
import { Packument } from "../../src/registry/packument.ts";
import { PackumentSource } from "../../src/registry/packument-source.ts";
import { PortTransport } from "../net/port-transport.ts";
import { preloadPlanOf } from "../run/preload-plan.ts";
import type { Supply, SupplyCounts, SupplyRequest } from "../run/supply.ts";
import { Counters, WARNED } from "../shared/counters.ts";
import type { SharedMemory } from "../shared/shared-memory.ts";
import { SharedOnceMap } from "../shared/shared-once-map.ts";
import { type EngineMessage, type FetchMessage, packumentKey, tarballKey, type WorkerSetup } from "./protocol.ts";
import { readCounts } from "./shared-counts.ts";

/** Milliseconds after which a sleeping engine asks the fetch worker to check its answers. */
const CHECK_INTERVAL = 500;

/** A packument that fails with one of these ends the run, even if only an optional package needs it. */
const FATAL: ReadonlySet<string> = new Set(["EMEMORY", "EWORKER"]);

let lastRunId = 0;

/** A supply that sleeps in `Atomics.wait` until the fetch worker has published the packument that the engine needs. */
export class ThreadSupply implements Supply {
  readonly metadata: Supply["metadata"];
  readonly #runId = ++lastRunId;
  readonly #counters: Counters;
  readonly #map: SharedOnceMap;
  readonly #workerPort: MessagePort;
  readonly #net: MessagePort;
  readonly #supplyRequest: SupplyRequest;
  readonly #packuments = new Map<string, Outcome<Packument>>();
  /** The packuments that the engine has received, for the counts. */
  readonly #read: Packument[] = [];
  /** Resolved by the next message of the fetch worker. */
  #waiting: (() => void)[] = [];
  #missing: string[] | undefined;
  /** The numbers of the last `check` and of the last `checked`. An engine that slept for long has sent several. */
  #asked = 0;
  #checked = 0;
  /** Warnings received from the fetch worker. */
  #warned = 0;
  #disposed = false;
  /** Requests full manifests, without the fetch worker. Made for the first one. */
  #own: { transport: PortTransport; source: PackumentSource } | undefined;
  #messages = 0;

  /** Starts the run in the fetch worker. */
  constructor(memory: SharedMemory, { workerPort, net }: WorkerSetup, supplyRequest: SupplyRequest) {
    this.metadata = supplyRequest.metadata;
    this.#counters = new Counters(memory);
    this.#map = new SharedOnceMap(memory);
    this.#workerPort = workerPort!;
    this.#net = net[0]!;
    this.#supplyRequest = supplyRequest;
    this.#workerPort.onmessage = ({ data }: MessageEvent<FetchMessage>) => this.#handle(data);
    const { project, config, metadata, cache } = supplyRequest;
    const { signal: _, ...options } = project.options;
    const { platform } = project.context.options;
    this.#send({
      kind: "start",
      run: { runId: this.#runId, memory, config, metadata, cache, plan: preloadPlanOf(project), options, platform },
    });
  }

  drive<T>(steps: Steps<T>, tick: () => void): Promise<T> {
    const breathe = (): undefined => {
      if (this.#map.cancelled) throw new InstallError(this.#map.closing);
      tick();
    };
    // While the engine is awake, the answer it awaits may never come: the signal ends the wait.
    return orAbort(drive(steps, { peek: this.#peek, answer: this.#answer, breathe }), this.#supplyRequest.signal);
  }

  /**
   * Sleeps until the packument is published. Returns undefined only if this thread must first receive a message, which
   * `#answer` waits for.
   */
  #peek = (need: ExternalNeed): Answer | undefined => {
    if (need.kind !== "packument") return undefined;
    const known = this.#packuments.get(need.key);
    if (known) return known;
    const key = packumentKey(need.key);
    let outcome = this.#map.get(key);
    if (!outcome) {
      this.#map.register(key);
      // Sent even if the key was registered already: the message puts the packument before all others.
      this.#send({ kind: "fetchPackument", name: need.key });
      outcome = this.#map.waitBlocking(key, CHECK_INTERVAL);
      while (!outcome && this.#map.missing === undefined) {
        this.#check();
        outcome = this.#map.waitBlocking(key, CHECK_INTERVAL);
      }
    }
    return outcome && this.#remember(need.key, outcome);
  };

  #answer = async (need: ExternalNeed): Promise<Answer> => {
    if (need.kind === "tarball") return await this.#tarball(need);
    const outcome = this.#peek(need);
    if (outcome) return outcome;
    // The chunk was sent before the answer in it was published, so it arrives before the answer to this message.
    const check = this.#check();
    while (this.#checked < check) await this.#nextMessage();
    const received = this.#peek(need);
    if (!received) throw memoryDamaged("a record is in no chunk");
    return received;
  };

  async manifest(name: string, version: string): ReturnType<Supply["manifest"]> {
    if (!this.#own) {
      const { config, metadata, warn } = this.#supplyRequest;
      const transport = new PortTransport(this.#net, config, warn);
      this.#own = { transport, source: new PackumentSource({ transport, config, metadata }) };
    }
    return await this.#own.source.manifest(name, version);
  }

  counts(): SupplyCounts {
    const shared = readCounts(this.#counters);
    const manifestsParsed = this.#read.reduce((sum, packument) => sum + packument.manifestsParsed, 0);
    const { source, transport } = this.#own ?? {};
    return {
      ...shared,
      // The fetch worker counts a packument after it has published it, so its count may be too low.
      packuments: Math.max(shared.packuments, this.#read.length),
      requests: shared.requests + (source?.counts.requests ?? 0),
      bytes: shared.bytes + (source?.counts.bytes ?? 0),
      messages: shared.messages + this.#messages + (transport?.messages ?? 0),
      manifestsParsed,
    };
  }

  async missing(needed: boolean): Promise<readonly string[]> {
    this.#send({ kind: "listMissing" });
    while (!this.#missing) await this.#nextMessage();
    return this.#missing.filter((name) => !needed || this.#packuments.get(name)?.ok === false);
  }

  async warned(): Promise<void> {
    while (this.#warned < this.#counters.get(WARNED)) await this.#nextMessage();
  }

  stopPreload(): void {
    this.#send({ kind: "stopPreload" });
  }

  dispose(): void {
    this.#own?.transport.dispose();
    this.#send({ kind: "close" });
    this.#disposed = true;
    // The listener would keep the run's shared memory alive.
    this.#workerPort.onmessage = null;
  }

  async #tarball(need: ExternalNeed & { kind: "tarball" }): Promise<Outcome<OpenedTarball>> {
    const { key: url, name, integrity } = need;
    const given = url.startsWith("file:") ? this.#supplyRequest.project.tarball(url.slice(5), name) : undefined;
    if (given && !given.ok) return given;
    const key = tarballKey(url, integrity);
    if (this.#map.register(key)) this.#send({ kind: "listTarball", url, name, integrity, bytes: given?.value });
    const timer = setInterval(() => this.#check(), CHECK_INTERVAL);
    const outcome = await this.#map.wait(key).finally(() => clearInterval(timer));
    if (!outcome.ok) return outcome;
    const { decodeListing, fromListing } = await import("../run/open-tarball.ts");
    return await fromListing(decodeListing(outcome.value), name);
  }

  #remember(name: string, outcome: Outcome<Uint8Array>): Outcome<Packument> {
    if (!outcome.ok && FATAL.has(outcome.failure.code)) throw new InstallError(outcome.failure);
    const answer = outcome.ok ? ok(new Packument(name, outcome.value)) : fail(outcome.failure);
    if (answer.ok) this.#read.push(answer.value);
    this.#packuments.set(name, answer);
    return answer;
  }

  /** Sends a `check` and returns its number. */
  #check(): number {
    this.#send({ kind: "check", check: ++this.#asked });
    return this.#asked;
  }

  #send(message: EngineMessage): void {
    // The fetch worker would take it for a message of the next run.
    if (this.#disposed) return;
    this.#messages++;
    this.#workerPort.postMessage(message);
  }

  #nextMessage(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #handle(message: FetchMessage): void {
    // A late message of an earlier run: its chunk is not of this run's memory.
    if (message.runId !== this.#runId) return;
    this.#messages++;
    switch (message.kind) {
      case "addChunk":
        this.#map.addChunk(message.index, message.chunk);
        break;
      case "checked":
        this.#checked = message.check;
        break;
      case "missing":
        this.#missing = message.names;
        break;
      case "warn":
        this.#warned++;
        this.#supplyRequest.warn(message.warning);
        break;
      default:
        message satisfies never;
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
