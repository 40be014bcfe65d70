import type { Point } from "../../../workers/shared/interleave.ts";
import type { Death, Report } from "./director.ts";
import type { Plan } from "./plan.ts";

const threads = { publishers: 2, sleepers: 2, watchers: 1, held: 0.25 };

export interface Run {
  name: string;
  plan: Plan;
  /** The least that the report must show for the run to prove anything. */
  least: Partial<Report>;
}

/** Runs of 125,000 keys in all. Four or more threads wait for each key, and threads are held at every point. */
export const STRESS: readonly Run[] = [
  {
    name: "60,000 keys in a table that is almost full, and memory that grows",
    plan: { ...threads, keys: 60_000, sizes: { names: 4 * 2 ** 20, initial: 2 ** 20 } },
    least: { grown: 1, slept: 1, failures: 1, held: 60_000 },
  },
  {
    name: "40,000 keys, and chunks that have to be added",
    plan: {
      ...threads,
      keys: 40_000,
      sizes: { slots: 45_000, names: 4 * 2 ** 20, initial: 2 ** 16, maximum: 2 ** 17 },
    },
    least: { grown: 1, chunks: 5, slept: 1, failures: 1, held: 40_000 },
  },
  {
    name: "10,000 keys, small chunks, and threads that are held half of the time",
    plan: {
      ...threads,
      watchers: 2,
      keys: 10_000,
      sizes: { slots: 10_000, initial: 2 ** 12, maximum: 2 ** 14 },
      held: 0.5,
    },
    least: { grown: 1, chunks: 5, slept: 1, failures: 1, held: 20_000 },
  },
  {
    name: "a map that is closed in the middle",
    plan: {
      ...threads,
      keys: 20_000,
      sizes: { slots: 30_000, initial: 2 ** 14, maximum: 2 ** 14 },
      held: 0.5,
      closesAt: 2000,
    },
    least: { values: 1, ended: 1, slept: 1, held: 2000 },
  },
];

const death = (point: Point, after: number, asleep: boolean): Death & { plan: Plan } => ({
  point,
  after,
  asleep,
  // Threads that are asleep before the death wait for the only key, whose owner dies.
  plan: {
    ...threads,
    keys: asleep ? 1 : 40,
    sizes: { slots: 64, names: 2 ** 14, initial: 2 ** 12, maximum: 2 ** 12 },
    held: 0,
  },
});

const SETTLING = ["payload", "settling", "record", "ready"] as const;

/** Runs in which a thread dies, at each point. */
export const DEATHS: readonly (Death & { plan: Plan })[] = [
  ...(["name", "claim", "claimed", ...SETTLING] as const).map((point) => death(point, 7, false)),
  death("wait", 0, false),
  ...SETTLING.map((point) => death(point, 0, true)),
];
