import type { Contender } from "./contenders.ts";
import type { BenchOptions } from "./options.ts";
import { PHASES, type Phase } from "./phases.ts";
import { type Row, rowOf, type Sample } from "./rows.ts";
import type { Place } from "./stage.ts";
import { profileTable } from "./thread-profile.ts";

export interface Race {
  rows: Row[];
  /** The contenders that failed, with the errors. */
  failures: string[];
}

interface Entrant {
  contender: Contender;
  name: string;
  /** The samples of the timed runs, and of the runs in which memory was read. */
  samples: Map<Phase, Sample[]>;
  observed: Map<Phase, Sample[]>;
  failure?: string;
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Returns the result of `work`, or undefined if the entrant fails or has failed before. */
async function attempt<T>(entrant: Entrant, work: () => Promise<T>): Promise<T | undefined> {
  if (entrant.failure !== undefined) return undefined;
  try {
    return await work();
  } catch (error) {
    entrant.failure = `${entrant.name}: ${textOf(error)}`;
    return undefined;
  }
}

function add(to: Map<Phase, Sample[]>, samples: ReadonlyMap<Phase, Sample>): void {
  for (const [phase, sample] of samples) to.set(phase, [...(to.get(phase) ?? []), sample]);
}

/** Rotates the list, so that no contender always follows the same one. */
function inTurn<T>(list: readonly T[], round: number): T[] {
  const from = round % Math.max(1, list.length);
  return [...list.slice(from), ...list.slice(0, from)];
}

/** Finds the longest task of a page that had no long one, by a trace in an untimed run. */
async function lookCloser(entrant: Entrant): Promise<void> {
  const { contender, samples } = entrant;
  const { trace } = contender;
  const quiet = [...samples].filter(([, list]) => list.every(({ longestTaskMs }) => longestTaskMs === 0));
  if (!trace || quiet.length === 0) return;
  const found = await attempt(entrant, () => trace.call(contender));
  for (const [phase, list] of quiet) {
    const longest = found?.get(phase);
    if (longest === undefined) continue;
    for (const sample of list) Object.assign(sample, { longestTaskMs: longest }).stats["traced"] = true;
  }
}

async function profile(entrant: Entrant, { profileLines }: BenchOptions, { dist, say }: Pick<Place, "dist" | "say">) {
  const { contender, name } = entrant;
  const found = await attempt(entrant, async () => await contender.profile?.(dist));
  for (const [phase, threads] of found ?? []) say(`${name} ${phase}\n${profileTable(threads, profileLines)}\n`);
}

/** Runs all rounds, each contender once a round. A contender that fails drops out. */
export async function race(
  contenders: readonly Contender[],
  options: BenchOptions,
  { dist, say }: Pick<Place, "dist" | "say">,
): Promise<Race> {
  const { runs, warmups, trace } = options;
  const entrants = contenders.map((contender): Entrant => {
    const { project, who, mode, io, transport } = contender.label;
    const name = [project, who, mode, io, transport].filter(Boolean).join(" ");
    return { contender, name, samples: new Map(), observed: new Map() };
  });
  for (let round = -warmups; round < runs; round++) {
    for (const entrant of inTurn(entrants, round + warmups)) {
      // If there are warm-ups, memory is not read during the timed runs.
      const observed = round < 0 || warmups === 0;
      const samples = await attempt(entrant, () => entrant.contender.round(observed));
      if (!samples) continue;
      const seconds = [...samples.values()].map((sample) => sample.seconds.toFixed(3));
      say(`${round < 0 ? "warm-up" : `run ${round + 1}`}: ${entrant.name}: ${seconds.join(", ")} s`);
      if (round >= 0) add(entrant.samples, samples);
      if (observed) add(entrant.observed, samples);
    }
  }
  if (trace) for (const entrant of entrants) await lookCloser(entrant);
  if (options.profileLines > 0) for (const entrant of entrants) await profile(entrant, options, { dist, say });
  const rows = PHASES.flatMap((phase) =>
    entrants.flatMap(({ contender, samples, observed }) => {
      const list = samples.get(phase);
      return list ? [rowOf({ phase, ...contender.label }, list, observed.get(phase) ?? [])] : [];
    }),
  );
  return { rows, failures: entrants.flatMap(({ failure }) => failure ?? []) };
}
