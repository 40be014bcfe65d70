import { afterAll, beforeAll, expect } from "vitest";
import type { InstallerOptions } from "../../../src/api/resolve.ts";
import { Stage } from "./stage.ts";
import { NOTHING, type Tab } from "./tab.ts";

/** A mode, the thread that makes requests, and the number of workers that they need. */
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

/** Opens a stage for all tests of a file. Returns a function that returns the stage. Prints the measured times at the end. */
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

/** Opens a page with an installer. */
export async function openTab(stage: Stage, setup: Setup, options: InstallerOptions = {}): Promise<Tab> {
  const tab = await stage.tab({ isolated: setup.mode === "threads" });
  await create(tab, setup, options);
  return tab;
}

export async function create(tab: Tab, { mode, io }: Setup, options: InstallerOptions = {}): Promise<void> {
  const given = { mode, io, registry: tab.registry.url, workerUrl: "/worker.js", cache: "none", ...options } as const;
  await tab.call((life, given) => life.create(given), given);
}

/** The moments at which a test interrupts a resolution. */
export const MOMENTS = {
  /** No request has been answered. In `threads` the engine sleeps. */
  "before the first answer": { "": "hold" },
  /** All requests but one have been answered. The engine sleeps or waits. */
  "while one packument is waited for": { p7: "hold" },
  "while a body streams in": { p7: "stall" },
} as const;
export type Moment = keyof typeof MOMENTS;

/** Starts a resolution and brings it to a moment. */
export async function resolveUntil(tab: Tab, name: string, moment: Moment): Promise<void> {
  tab.registry.behaviours = MOMENTS[moment];
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

/** Records how long a stop took. No test asserts it. */
export async function note(tab: Tab, what: string, { name, since }: { name: string; since: number }): Promise<void> {
  const { at = Number.NaN } = await tab.fate(name);
  const workers = tab.lastGone > since ? Math.round(tab.lastGone - since) : null;
  took.push({ what, answer: Math.round(at - since), workers });
}

/** Prints the times if LIFECYCLE_TIMES is set. */
function printTimes(): void {
  if (process.env["LIFECYCLE_TIMES"]) console.table(took);
}

/** Expects that nothing is left but `workers`, and that there was no unhandled error. */
export async function expectLeft(tab: Tab, workers: number, what: string): Promise<void> {
  expect(await tab.settled(workers), what).toEqual({ ...NOTHING, workers });
  expect((await tab.probe()).faults, what).toEqual([]);
}
