import { orAbort } from "../../src/base/on-abort.ts";
import { type Asked, drive } from "../../src/engine/driver.ts";
import type { Answer, OpenedTarball, Steps } from "../../src/engine/need.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import { fail, InstallError, ok } from "../../src/errors/failure.ts";
import { cancelled } from "../../src/errors/work.ts";
import { Packument } from "../../src/registry/packument.ts";
import { PackumentSource } from "../../src/registry/packument-source.ts";
import { PortTransport } from "../net/port-transport.ts";
import { planOf } from "../run/preload-plan.ts";
import type { Connect, Supply, SupplyCounts, SupplyRequest } from "../run/supply.ts";
import { Counters } from "../shared/counters.ts";
import type { SharedMemory } from "../shared/shared-memory.ts";
import { SharedOnceMap } from "../shared/shared-once-map.ts";
import type { Setup } from "./protocol.ts";
import { type EngineMessage, type FetchMessage, packumentKey, tarballKey } from "./run-protocol.ts";
import { readCounts } from "./shared-counts.ts";

/** A supply that sleeps in `Atomics.wait` until the scout's thread has brought what is needed. */
export function threadSupply(memory: SharedMemory, setup: Setup): Connect {
  return (supplyRequest) => new ThreadSupply(memory, setup, supplyRequest);
}

class ThreadSupply implements Supply {
  readonly metadata: Supply["metadata"];
  readonly #counters: Counters;
  readonly #map: SharedOnceMap;
  readonly #enginePort: MessagePort;
  readonly #net: MessagePort;
  readonly #supplyRequest: SupplyRequest;
  readonly #packuments = new Map<string, Outcome<Packument>>();
  readonly #read: Packument[] = [];
  /** Woken by the next word of the scout. */
  #listening: (() => void)[] = [];
  #missing: string[] | undefined;
  #own: { transport: PortTransport; source: PackumentSource } | undefined;
  #messages = 0;

  constructor(memory: SharedMemory, { enginePort, net }: Setup, supplyRequest: SupplyRequest) {
    this.metadata = supplyRequest.metadata;
    this.#counters = new Counters(memory);
    this.#map = new SharedOnceMap(memory);
    this.#enginePort = enginePort!;
    this.#net = net[0]!;
    this.#supplyRequest = supplyRequest;
    this.#enginePort.onmessage = ({ data }: MessageEvent<FetchMessage>) => this.#hear(data);
    const { project, config, metadata, cache } = supplyRequest;
    const { options, context } = project;
    const { signal: _, ...plain } = options;
    this.#ring({
      to: "start",
      fetchRunStart: {
        memory,
        config,
        metadata,
        cache,
        plan: planOf(project),
        options: plain,
        platform: context.options.platform,
      },
    });
  }

  drive<T>(steps: Steps<T>, tick: () => void): Promise<T> {
    const breathe = (): undefined => {
      if (this.#map.cancelled) throw new InstallError(cancelled());
      tick();
    };
    // Where it is awake, what it waits for may never come.
    return orAbort(drive(steps, { peek: this.#peek, answer: this.#answer, breathe }), this.#supplyRequest.signal);
  }

  /** Sleeps. Undefined only where this thread must first hear a message: then `answer` does it. */
  #peek = (need: Asked): Answer | undefined => {
    if (need.kind !== "packument") return undefined;
    const known = this.#packuments.get(need.key);
    if (known) return known;
    const key = packumentKey(need.key);
    let outcome = this.#map.get(key);
    if (!outcome) {
      // Somebody may have asked for it already; then it is in a hurry now.
      this.#map.register(key);
      this.#ring({ to: "bring", name: need.key });
      outcome = this.#map.waitBlocking(key);
    }
    return outcome && this.#remember(need.key, outcome);
  };

  #answer = async (need: Asked): Promise<Answer> => {
    if (need.kind === "tarball") return await this.#tarball(need);
    for (;;) {
      const outcome = this.#peek(need);
      if (outcome) return outcome;
      await this.#word();
    }
  };

  async manifest(name: string, version: string): ReturnType<Supply["manifest"]> {
    if (!this.#own) {
      const { config, metadata, warn } = this.#supplyRequest;
      const transport = new PortTransport(this.#net, { registry: config.registry }, warn);
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
      // The scout's count may be behind what has been read.
      packuments: Math.max(shared.packuments, this.#read.length),
      requests: shared.requests + (source?.counts.requests ?? 0),
      bytes: shared.bytes + (source?.counts.bytes ?? 0),
      messages: shared.messages + this.#messages + (transport?.messages ?? 0),
      manifestsParsed,
    };
  }

  async missing(): Promise<readonly string[]> {
    this.#ring({ to: "missing" });
    while (!this.#missing) await this.#word();
    return this.#missing;
  }

  settle(): void {
    this.#ring({ to: "halt" });
  }

  dispose(): void {
    this.#own?.transport.dispose();
    this.#ring({ to: "close" });
    // Nor is the run's memory kept for what might still be said.
    this.#enginePort.onmessage = null;
  }

  async #tarball(need: Asked & { kind: "tarball" }): Promise<Outcome<OpenedTarball>> {
    const { key: url, name, integrity } = need;
    const given = url.startsWith("file:") ? this.#supplyRequest.project.tarball(url.slice(5), name) : undefined;
    if (given && !given.ok) return given;
    const key = tarballKey(url, integrity);
    if (this.#map.register(key)) this.#ring({ to: "tarball", key: url, name, integrity, bytes: given?.value });
    let outcome = await this.#map.wait(key);
    while (!outcome) {
      await this.#word();
      outcome = await this.#map.wait(key);
    }
    if (!outcome.ok) return outcome;
    const { decodeListing, opened } = await import("../run/open-tarball.ts");
    return await opened(decodeListing(outcome.value), name);
  }

  #remember(name: string, outcome: Outcome<Uint8Array>): Outcome<Packument> {
    const answer = outcome.ok ? ok(new Packument(name, outcome.value)) : fail(outcome.failure);
    if (answer.ok) this.#read.push(answer.value);
    this.#packuments.set(name, answer);
    return answer;
  }

  #ring(ring: EngineMessage): void {
    this.#messages++;
    this.#enginePort.postMessage(ring);
  }

  #word(): Promise<void> {
    return new Promise((heard) => void this.#listening.push(heard));
  }

  #hear(word: FetchMessage): void {
    this.#messages++;
    if (word.of === "chunk") this.#map.addChunk(word.index, word.chunk);
    else if (word.of === "missing") this.#missing = word.names;
    else this.#supplyRequest.warn(word.warning);
    const listening = this.#listening;
    this.#listening = [];
    for (const heard of listening) heard();
  }
}
