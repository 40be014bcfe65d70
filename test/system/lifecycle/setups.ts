import { afterAll, beforeAll, expect } from "vitest";
import type { InstallerOptions } from "../../../src/api/resolve.ts";
import { Stage } from "./stage.ts";
import { NOTHING, type Tab } from "./tab.ts";

/** A mode, who fetches, and how many workers that takes. */
export interface Setup {
  mode: "threads" | "worker" | "inline";
  io: "page" | "worker";
  workers: number;
}

export const SETUPS: readonly Setup[] = [
  { mode: "threads", io: "page", workers: 2 },
  { mode: "threads", io: "worker", workers: 3 },
  { mode: "worker", io: "page", workers: 1 },
  { mode: "worker", io: "worker", workers: 2 },
  { mode: "inline", io: "page", workers: 0 },
  { mode: "inline", io: "worker", workers: 1 },
];

/** A stage for all tests of a file: what is returned tells it while they run. The times that endings took are printed after them. */
export function stageOfFile(): () => Stage {
  let stage: Stage | undefined;
  beforeAll(async () => {
    stage = await Stage.open();
  }, 60_000);
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
    printTimes();
  });
  return () => {
    if (!stage) throw new Error("The stage is not open");
    return stage;
  };
}

/** A page with an installer. */
export async function openTab(stage: Stage, setup: Setup, options: InstallerOptions = {}): Promise<Tab> {
  const tab = await stage.tab({ isolated: setup.mode === "threads" });
  await create(tab, setup, options);
  return tab;
}

export async function create(tab: Tab, { mode, io }: Setup, options: InstallerOptions = {}): Promise<void> {
  const given = { mode, io, registry: tab.registry.url, workerUrl: "/worker.js", cache: "none", ...options } as const;
  await tab.call((life, given) => life.create(given), given);
}

/** Where a resolution can be when something happens to it. */
export const MOMENTS = {
  /** Nothing has been answered: in `threads` the engine sleeps. */
  "before the first answer": { "": "hold" },
  /** All but one has: the engine sleeps, or waits. */
  "while one packument is waited for": { p7: "hold" },
  "while a body streams in": { p7: "stall" },
} as const;
export type Moment = keyof typeof MOMENTS;

/** Starts a resolution and brings it to a moment. */
export async function resolveUntil(tab: Tab, name: string, moment: Moment): Promise<void> {
  tab.registry.manners = MOMENTS[moment];
  await tab.call((life, name) => life.resolve(name), name);
  await tab.waiting(1);
}

export interface Took {
  what: string;
  /** Milliseconds from the event to the promise's end, and to the last worker's. */
  answer: number;
  workers: number | null;
}

const took: Took[] = [];

/** Notes how long a stop took, for whoever wants to see: nothing is asserted of it. */
export async function note(tab: Tab, what: string, { name, since }: { name: string; since: number }): Promise<void> {
  const { at = Number.NaN } = await tab.fate(name);
  const workers = tab.lastGone > since ? Math.round(tab.lastGone - since) : null;
  took.push({ what, answer: Math.round(at - since), workers });
}

/** Set LIFECYCLE_TIMES to see. */
function printTimes(): void {
  if (process.env["LIFECYCLE_TIMES"]) console.table(took);
}

/** Nothing is left but `workers`, and nothing went wrong unheard. */
export async function expectLeft(tab: Tab, workers: number, what: string): Promise<void> {
  expect(await tab.settled(workers), what).toEqual({ ...NOTHING, workers });
  expect((await tab.probe()).faults, what).toEqual([]);
}
