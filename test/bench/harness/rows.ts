import type { LockVerdict } from "./lock-check.ts";
import type { Phase } from "./phases.ts";
import type { Transport } from "./registry-protocol.ts";

/** The figures of one run. Null: not measurable for this contender. */
export interface Sample {
  seconds: number;
  requests: number;
  bytes: number;
  longestTaskMs: number | null;
  pageBusyMs: number | null;
  peakBytes: number | null;
  cpuSeconds: number | null;
  messages: number | null;
  storeBytes: number | null;
  lockBytes: number | null;
  /** Requested tarballs. */
  tarballs: number | null;
  /** Installed files. */
  files: number | null;
  /** The time from the start of an install until everything was stored, and the time to write all files into a `Map`. */
  storedSeconds: number | null;
  materializeSeconds: number | null;
  /** All other figures. */
  stats: Record<string, unknown>;
}

/** Identifies a contender, its project and the phase. */
export interface Label {
  phase: Phase;
  project: string;
  who: string;
  mode: string | null;
  transport: Transport | null;
  feed: string;
  io: string | null;
}

/** One line of the table, or one object of the JSON. Medians of the timed runs; `longestTaskMs` is the worst. */
export interface Row extends Label, Omit<Sample, "seconds"> {
  seconds: number[];
  median: number;
  /** The standard deviation of `seconds`. */
  sd: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return ((sorted[middle] ?? 0) + (sorted[(sorted.length - 1) >> 1] ?? 0)) / 2;
}

/** Returns the standard deviation of a sample (n − 1); 0 for one run. */
function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1));
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Returns null if no run has the figure. */
function over(
  samples: readonly Sample[],
  key: keyof Omit<Sample, "seconds" | "requests" | "bytes" | "stats">,
  reduce: (values: readonly number[]) => number,
): number | null {
  const values = samples.flatMap((sample) => sample[key] ?? []);
  return values.length > 0 ? round(reduce(values), 3) : null;
}

const worst = (values: readonly number[]): number => Math.max(...values);

/** Returns the median of each figure, and the worst verdict on the lock. */
function statsOf(samples: readonly Sample[]): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const key of new Set(samples.flatMap(({ stats }) => Object.keys(stats)))) {
    const values = samples.map(({ stats }) => stats[key]).filter((value) => value !== undefined);
    const numbers = values.filter((value) => typeof value === "number");
    if (numbers.length === values.length) all[key] = round(median(numbers), 3);
    else if (key === "lock")
      all[key] = values.find((value: unknown): boolean => value !== ("ok" satisfies LockVerdict)) ?? "ok";
    else all[key] = values.at(-1);
  }
  return all;
}

/** @param observed the runs in which memory was read, timed or not */
export function rowOf(label: Label, samples: readonly Sample[], observed: readonly Sample[]): Row {
  const seconds = samples.map((sample) => round(sample.seconds, 4));
  return {
    ...label,
    seconds,
    median: round(median(seconds), 4),
    requests: median(samples.map(({ requests }) => requests)),
    bytes: median(samples.map(({ bytes }) => bytes)),
    longestTaskMs: over(samples, "longestTaskMs", worst),
    pageBusyMs: over(samples, "pageBusyMs", median),
    peakBytes: over(observed, "peakBytes", median),
    cpuSeconds: over(samples, "cpuSeconds", median),
    sd: round(deviation(seconds), 4),
    messages: over(samples, "messages", median),
    storeBytes: over(samples, "storeBytes", median),
    lockBytes: over(samples, "lockBytes", median),
    tarballs: over(samples, "tarballs", median),
    files: over(samples, "files", median),
    storedSeconds: over(samples, "storedSeconds", median),
    materializeSeconds: over(samples, "materializeSeconds", median),
    stats: statsOf(samples),
  };
}
