import { type Contender, type Samples, trafficOf } from "./contenders.ts";
import { lockAt } from "./freight.ts";
import { NPM_LOCK, PEERS, type PeerName, PeerRun } from "./peers.ts";
import { LOCKED, type Phase, phaseChains } from "./phases.ts";
import type { BenchProject } from "./projects.ts";
import type { Registry } from "./registry.ts";
import type { Label, Sample } from "./rows.ts";

export interface PeerEntry {
  label: Omit<Label, "phase">;
  name: PeerName;
  tools: string;
  folder: string;
  project: BenchProject;
  registry: Registry;
  phases: readonly Phase[];
  /** npm's lock with placeholder URLs, for peers that read it. Undefined if nothing is installed from a lock. */
  lock: string | undefined;
}

/** A native package manager. Uses plain HTTP, because none of them trusts the benchmark's certificate. */
export class PeerContender implements Contender {
  readonly label: Omit<Label, "phase">;
  readonly #entry: PeerEntry;
  /** The lock that it installs from. */
  #lock: string | undefined;

  constructor(entry: PeerEntry) {
    this.label = entry.label;
    this.#entry = entry;
  }

  async round(): Promise<Samples> {
    const { phases, registry } = this.#entry;
    const samples = new Map<Phase, Sample>();
    for (const chain of phaseChains(phases)) {
      using peer = this.#start();
      if (chain.some((phase) => LOCKED.includes(phase))) peer.lay(await this.#lockText());
      for (const phase of chain) {
        await registry.take();
        const { seconds, lockBytes, files } = await peer.run(phase);
        const { requests, bytes, tarballs, maxInFlight } = trafficOf(await registry.take());
        const unseen = { longestTaskMs: null, pageBusyMs: null, peakBytes: null, cpuSeconds: null, messages: null };
        const never = { storeBytes: null, storedSeconds: null, materializeSeconds: null };
        const sample = {
          ...unseen,
          ...never,
          seconds,
          requests,
          bytes,
          tarballs,
          files,
          lockBytes,
          stats: { maxInFlight },
        };
        if (phases.includes(phase)) samples.set(phase, sample);
      }
    }
    return samples;
  }

  #start(): PeerRun {
    const { name, tools, folder, registry, project } = this.#entry;
    return new PeerRun(name, { tools, folder, registry: registry.url, files: project.files });
  }

  /** Returns npm's lock if the peer reads it, otherwise the peer's own lock, which it makes once. */
  async #lockText(): Promise<string> {
    const { name, registry, lock } = this.#entry;
    if (this.#lock !== undefined) return this.#lock;
    if (lock !== undefined && PEERS[name].lock === NPM_LOCK) this.#lock = lockAt(registry.url, lock);
    else {
      using peer = this.#start();
      await peer.run("p1_resolve");
      this.#lock = peer.lock;
    }
    return this.#lock;
  }
}
