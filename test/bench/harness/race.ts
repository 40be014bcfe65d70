import type { Contender } from "./contenders.ts";
import type { BenchOptions } from "./options.ts";
import { PHASES, type Phase } from "./phases.ts";
import { type Row, rowOf, type Sample } from "./rows.ts";
import type { Place } from "./stage.ts";
import { profileTable } from "./thread-profile.ts";

export interface Race {
  rows: Row[];
  /** Who dropped out, and why. */
  failures: string[];
}

interface Entrant {
  contender: Contender;
  name: string;
  /** Of the timed runs, and of those in which memory was looked at. */
  samples: Map<Phase, Sample[]>;
  observed: Map<Phase, Sample[]>;
  failure?: string;
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** @returns what `work` gives, or undefined once the entrant has failed */
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

/** A round starts with another one each time, so that none always follows the same. */
function inTurn<T>(list: readonly T[], round: number): T[] {
  const from = round % Math.max(1, list.length);
  return [...list.slice(from), ...list.slice(0, from)];
}

/** The longest task of a page that never had a long one is found by a trace, in a run that is not timed. */
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

/** Round after round, each contender once in each; who fails drops out. */
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
      // Where there are warm-ups, nobody looks while the clock runs.
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
