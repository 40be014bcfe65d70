import { setTimeout as after } from "node:timers/promises";
import { Browser, type BrowserOptions } from "./browser.ts";
import { type Contender, type Samples, trafficOf } from "./contenders.ts";
import { checkLock, type LockVerdict } from "./lock-check.ts";
import type { BenchOptions } from "./options.ts";
import type { Ask, InstalledDetails, PageDetails } from "./page-protocol.ts";
import { FROM_NOTHING, LOCKED, type Phase, phaseChains, WARM } from "./phases.ts";
import type { BenchProject } from "./projects.ts";
import type { RegistryLog } from "./registry-protocol.ts";
import type { Label, Sample } from "./rows.ts";
import type { ThreadProfile } from "./thread-profile.ts";
import { profiledVisit, type Seen, tracedVisit, type Visit, visit, warmUp } from "./visit.ts";

export interface PageEntry {
  label: Omit<Label, "phase">;
  /** The page's visit in each phase. A floor has none for a phase without requests. */
  visits: ReadonlyMap<Phase, Visit>;
  /** The wanted phases. */
  phases: readonly Phase[];
  project: BenchProject;
  options: BenchOptions;
  browser: BrowserOptions;
  /** Requests, some of which are made before the clock starts. */
  asks: readonly Ask[];
}

/** Milliseconds of rest for a browser that has just started. */
const SETTLE = 300;

/** The most unexpected requests of a warm phase that a row lists. */
const SHOWN = 50;

function askedOf({ asks }: RegistryLog): string[] {
  return asks.slice(0, SHOWN).map(({ status, path }) => `${status} ${path}`);
}

/** A page that resolves and installs, or the bare page that only fetches (a floor). */
export class PageContender implements Contender {
  readonly label: Omit<Label, "phase">;
  readonly #entry: PageEntry;

  constructor(entry: PageEntry) {
    this.label = entry.label;
    this.#entry = entry;
  }

  async round(observed: boolean): Promise<Samples> {
    const look = observed ? this.#entry.options.memory : 0;
    const samples = await this.#phases((browser, given) => visit(browser, given, look));
    return new Map([...samples].map(([phase, seen]) => [phase, this.#sample(phase, seen)]));
  }

  trace(): Promise<ReadonlyMap<Phase, number | undefined>> {
    return this.#phases(tracedVisit);
  }

  profile(dist: string): Promise<ReadonlyMap<Phase, readonly ThreadProfile[]>> {
    return this.#phases((browser, given) => profiledVisit(browser, given, dist));
  }

  /** Runs the chains of phases. All pages of a chain share a profile. */
  async #phases<T>(run: (browser: Browser, given: Visit) => Promise<T>): Promise<Map<Phase, T>> {
    const { visits, asks, browser: settings } = this.#entry;
    const wanted = this.#entry.phases.filter((phase) => visits.has(phase));
    const results = new Map<Phase, T>();
    for (const phases of phaseChains(wanted)) {
      await using browser = new Browser(settings);
      const [first, ...others] = phases.map((phase) => ({ phase, given: visits.get(phase) as Visit }));
      if (!first) continue;
      await warmUp(browser, first.given, asks);
      await after(SETTLE);
      for (const { phase, given } of [first, ...others]) {
        const result = await run(browser, given);
        if (wanted.includes(phase)) results.set(phase, result);
      }
    }
    return results;
  }

  #sample(phase: Phase, { times, details, store, log, materializeMs, ...seen }: Seen): Sample {
    const { requests, bytes, tarballs, maxInFlight } = trafficOf(log);
    const { lock, stats, installed } = details;
    const { messages, milliseconds, ...more } = stats as { messages?: number; milliseconds?: Record<string, number> };
    const isLibrary = this.label.who === "webhoist";
    return {
      seconds: (FROM_NOTHING.includes(phase) ? times.create + times.run : times.run) / 1000,
      requests,
      bytes,
      longestTaskMs: Math.max(0, ...details.longTasks),
      pageBusyMs: seen.busyMs,
      peakBytes: seen.peakBytes,
      cpuSeconds: seen.cpuSeconds,
      messages: messages ?? null,
      storeBytes: store && store.bytes + store.packBytes,
      lockBytes: lock === null ? null : Buffer.byteLength(lock),
      tarballs,
      files: installed?.files ?? null,
      storedSeconds: installed && installed.storedMs / 1000,
      materializeSeconds: materializeMs && materializeMs / 1000,
      stats: {
        longTasks: details.longTasks.length,
        pageCpuMs: seen.threadMs,
        maxInFlight,
        ...(isLibrary && WARM.includes(phase) && requests > 0 ? { asked: askedOf(log) } : {}),
        ...(isLibrary
          ? { createMs: times.create, mode: details.mode, ...this.#verdict(phase, details) }
          : { bodyBytes: details.bytes }),
        ...(installed && statsOf(installed)),
        ...more,
        ...Object.fromEntries(Object.entries(milliseconds ?? {}).map(([name, spent]) => [`${name}Ms`, spent])),
      },
    };
  }

  /** Compares the lock with the expected one. An install from a lock writes none. */
  #verdict(phase: Phase, { lock }: PageDetails): { lock?: LockVerdict } {
    const { project, options, visits } = this.#entry;
    if (LOCKED.includes(phase)) return {};
    const origin = visits.get(phase)?.registry.url ?? "";
    return { lock: checkLock(lock, project.expected, { origin, metadata: options.metadata }) };
  }
}

function statsOf({ files: _, storedMs: _storedMs, bytes, ...more }: InstalledDetails): Record<string, unknown> {
  return { ...more, unpackedBytes: bytes };
}
