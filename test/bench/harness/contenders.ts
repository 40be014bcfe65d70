import { setTimeout as after } from "node:timers/promises";
import { Browser, type BrowserOptions } from "./browser.ts";
import { checkLock } from "./lock-check.ts";
import type { BenchOptions, Phase } from "./options.ts";
import type { FloorJob } from "./page-protocol.ts";
import { type PeerName, PeerRun } from "./peers.ts";
import type { BenchProject } from "./projects.ts";
import type { Registry } from "./registry.ts";
import type { RegistryLog } from "./registry-protocol.ts";
import type { Label, Sample } from "./rows.ts";
import type { ThreadProfile } from "./thread-profile.ts";
import { profiledVisit, type Seen, tracedVisit, type Visit, visit, warmUp } from "./visit.ts";

export type Samples = ReadonlyMap<Phase, Sample>;

/** Who takes part: one round of it is `p1` in an empty profile or folder and then, if asked for, `p2` in the same. */
export interface Contender {
  readonly label: Omit<Label, "phase">;
  /** @param observed its memory is looked at, which takes time: 5 ms of a core for 300 MB */
  round(observed: boolean): Promise<Samples>;
  /** Milliseconds of the page's longest task in each phase, where no run had one that a browser calls long. */
  trace?(): Promise<ReadonlyMap<Phase, number | undefined>>;
  /** Where the time of each thread of a page goes, in a run of its own. */
  profile?(dist: string): Promise<ReadonlyMap<Phase, readonly ThreadProfile[]>>;
}

export interface PageEntry {
  label: Omit<Label, "phase">;
  visit: Visit;
  project: BenchProject;
  options: BenchOptions;
  browser: BrowserOptions;
  /** What the engine asks for. */
  asks: FloorJob["asks"];
}

/** Milliseconds a browser that has just started is left alone. */
const SETTLE = 300;

function traffic({ asks, maxInFlight }: RegistryLog): { requests: number; bytes: number; maxInFlight: number } {
  return { requests: asks.length, bytes: asks.reduce((sum, { bytes }) => sum + bytes, 0), maxInFlight };
}

/** What was asked where all was stored, to be looked into: at most so many. */
const SHOWN = 50;

function askedOf({ asks }: RegistryLog): string[] {
  return asks.slice(0, SHOWN).map(({ status, path }) => `${status} ${path}`);
}

/** A page that resolves, or the bare page that only fetches. */
export class PageContender implements Contender {
  readonly label: Omit<Label, "phase">;
  readonly #entry: PageEntry;

  constructor(entry: PageEntry) {
    this.label = entry.label;
    this.#entry = entry;
  }

  async round(observed: boolean): Promise<Samples> {
    const look = observed ? this.#entry.options.memory : 0;
    const samples = await this.#phases((browser) => visit(browser, this.#entry.visit, look));
    return new Map([...samples].map(([phase, seen]) => [phase, this.#sample(phase, seen)]));
  }

  trace(): Promise<ReadonlyMap<Phase, number | undefined>> {
    return this.#phases((browser) => tracedVisit(browser, this.#entry.visit));
  }

  profile(dist: string): Promise<ReadonlyMap<Phase, readonly ThreadProfile[]>> {
    return this.#phases((browser) => profiledVisit(browser, this.#entry.visit, dist));
  }

  /** The second page in the profile that the first has filled is p2. */
  async #phases<T>(run: (browser: Browser) => Promise<T>): Promise<Map<Phase, T>> {
    const { options, visit, asks } = this.#entry;
    const { phases } = options;
    await using browser = new Browser(this.#entry.browser);
    await warmUp(browser, visit, asks);
    await after(SETTLE);
    const results = new Map<Phase, T>([["p1_resolve", await run(browser)]]);
    if (phases.includes("p2_resolve_warm")) results.set("p2_resolve_warm", await run(browser));
    if (!phases.includes("p1_resolve")) results.delete("p1_resolve");
    return results;
  }

  #sample(phase: Phase, { times, details, store, log, ...seen }: Seen): Sample {
    const { requests, bytes, maxInFlight } = traffic(log);
    const { project, options, visit } = this.#entry;
    const { lock, stats } = details;
    const isLibrary = visit.job.kind === "resolve";
    const { messages, milliseconds, ...more } = stats as { messages?: number; milliseconds?: Record<string, number> };
    const verdict = { origin: visit.registry.url, metadata: options.metadata };
    return {
      // A page that resolves for the first time has no installer yet; one that does it again has.
      seconds: (phase === "p1_resolve" ? times.create + times.run : times.run) / 1000,
      requests,
      bytes,
      longestTaskMs: Math.max(0, ...details.longTasks),
      pageBusyMs: seen.busyMs,
      peakBytes: seen.peakBytes,
      cpuSeconds: seen.cpuSeconds,
      messages: messages ?? null,
      storeBytes: store?.bytes ?? null,
      lockBytes: lock === null ? null : Buffer.byteLength(lock),
      stats: {
        longTasks: details.longTasks.length,
        pageCpuMs: seen.threadMs,
        maxInFlight,
        ...(isLibrary && phase === "p2_resolve_warm" && requests > 0 ? { asked: askedOf(log) } : {}),
        ...(isLibrary
          ? { createMs: times.create, mode: details.mode, lock: checkLock(lock, project.expected, verdict) }
          : { bodyBytes: details.bytes }),
        ...more,
        ...Object.fromEntries(Object.entries(milliseconds ?? {}).map(([name, spent]) => [`${name}Ms`, spent])),
      },
    };
  }
}

export interface PeerEntry {
  label: Omit<Label, "phase">;
  name: PeerName;
  tools: string;
  folder: string;
  project: BenchProject;
  registry: Registry;
  phases: readonly Phase[];
}

/** A native package manager, over plain HTTP: none of them knows the certificate. */
export class PeerContender implements Contender {
  readonly label: Omit<Label, "phase">;
  readonly #entry: PeerEntry;

  constructor(entry: PeerEntry) {
    this.label = entry.label;
    this.#entry = entry;
  }

  async round(): Promise<Samples> {
    const { name, tools, folder, project, registry, phases } = this.#entry;
    using peer = new PeerRun(name, { tools, folder, registry: registry.url, files: project.files });
    const samples = new Map<Phase, Sample>();
    for (const phase of ["p1_resolve", "p2_resolve_warm"] as const) {
      if (phase === "p2_resolve_warm" && !phases.includes(phase)) continue;
      await registry.take();
      const { seconds, lockBytes } = await peer.run();
      const { requests, bytes, maxInFlight } = traffic(await registry.take());
      const unseen = { longestTaskMs: null, pageBusyMs: null, peakBytes: null, cpuSeconds: null, messages: null };
      const sample = { ...unseen, seconds, requests, bytes, storeBytes: null, lockBytes, stats: { maxInFlight } };
      if (phases.includes(phase)) samples.set(phase, sample);
    }
    return samples;
  }
}
