import type { Progress } from "../../src/api/resolve.ts";
import type { SourceCounts } from "../../src/registry/packument-source.ts";
import type { Meter, ProgressCounters } from "../run/progress-counters.ts";
import {
  Counters,
  FETCHED,
  KIBIBYTES,
  KNOWN,
  MANIFESTS,
  MESSAGES,
  PACKUMENTS,
  PLACED,
  REQUESTS,
} from "../shared/counters.ts";
import type { SharedMemory } from "../shared/shared-memory.ts";

/** The counts of the fetch worker. The bytes take two words: whole KiB, and the remainder. */
export type SharedCounts = SourceCounts & { messages: number };

const REST = MANIFESTS + 1;
const PHASE = MANIFESTS + 2;
const PHASES = ["read", "resolve", "complete", "write"] as const;

export function writeCounts(counters: Counters, counts: SharedCounts): void {
  const { known, fetched, packuments, requests, bytes, messages } = counts;
  counters.set(KNOWN, known);
  counters.set(FETCHED, fetched);
  counters.set(PACKUMENTS, packuments);
  counters.set(REQUESTS, requests);
  counters.set(KIBIBYTES, Math.floor(bytes / 1024));
  counters.set(REST, bytes % 1024);
  counters.set(MESSAGES, messages);
}

export function readCounts(counters: Counters): SharedCounts {
  return {
    known: counters.get(KNOWN),
    fetched: counters.get(FETCHED),
    packuments: counters.get(PACKUMENTS),
    requests: counters.get(REQUESTS),
    bytes: counters.get(KIBIBYTES) * 1024 + counters.get(REST),
    messages: counters.get(MESSAGES),
  };
}

/** Returns the progress of a run. Called by the page whenever it makes a report. */
export function readProgress(memory: SharedMemory): Progress {
  const counters = new Counters(memory);
  const { known, fetched } = readCounts(counters);
  return { phase: PHASES[counters.get(PHASE)] ?? "read", known, fetched, placed: counters.get(PLACED) };
}

/** Returns a meter that writes to shared memory, from which the page reads. An engine that sleeps can send no messages. */
export function countersMeter(memory: SharedMemory, { placed }: Pick<ProgressCounters, "placed">): Meter {
  const counters = new Counters(memory);
  const tick = (): void => counters.set(PLACED, placed());
  return {
    phase: (phase) => counters.set(PHASE, PHASES.indexOf(phase)),
    tick,
    end: tick,
    stop() {},
  };
}
