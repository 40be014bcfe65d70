// Full tier: each worst case is resolved several times, while V8 counts the executed blocks.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { SolverStats } from "../../src/api/flat.ts";
import { Solver } from "../../src/solver/solver.ts";
import { BlockCounter } from "../support/count-blocks.ts";
import { runWorld } from "./run-world.ts";
import { WORST_CASES, type World } from "./worst-cases.ts";

// Blocks are counted, never time. An executed block takes 5 to 20 nanoseconds.

/** Twice the size takes at most so many times the blocks. */
const GROWTH = 2.6;
/** A search that grows faster is ended by its limit of steps. A step is at most so many blocks. */
const BLOCKS_PER_STEP = 40;
/** The blocks between two pauses: a few milliseconds. */
const STRETCH = 300_000;
/** The parts of a run that are counted one by one. */
const PARTS = 25;

const counter = new BlockCounter();
let steps = 0;

beforeAll(() => {
  const { run } = Solver.prototype;
  vi.spyOn(Solver.prototype, "run").mockImplementation(function* (this: { stats: SolverStats }, ...none) {
    try {
      return yield* run.apply(this as never, none);
    } finally {
      steps = this.stats.steps;
    }
  });
  counter.start();
});

afterAll(() => {
  counter.stop();
  vi.restoreAllMocks();
});

interface Counted {
  readonly blocks: number;
  readonly steps: number;
  /** The most blocks between two pauses. */
  readonly stretch: number;
}

/** Counts the blocks of a run. Equal runs pause alike, so the stretches of the largest part are counted in a second run. */
async function count(world: World): Promise<Counted> {
  steps = 0;
  let pauses = 0;
  await runWorld(world, () => pauses++);
  const size = Math.max(1, Math.ceil(pauses / PARTS));
  const parts = await countParts(world, (pause) => pause % size === 0);
  const largest = parts.indexOf(Math.max(...parts));
  const [from, to] = [largest * size, (largest + 1) * size];
  const stretches = await countParts(world, (pause) => pause >= from && pause <= to);
  // Unless the largest part is the last one, the last stretch is the rest of the run.
  if (largest < parts.length - 1) stretches.pop();
  return { blocks: parts.reduce((sum, part) => sum + part, 0), steps, stretch: Math.max(...stretches) };
}

/** Counts the blocks between the pauses that `ends` chooses. The work before the first of them is not counted. */
async function countParts(world: World, ends: (pause: number) => boolean): Promise<number[]> {
  const parts: number[] = [];
  let pause = 0;
  await runWorld(world, () => {
    if (ends(pause++)) parts.push(counter.take());
  });
  parts.push(counter.take());
  return parts.slice(1);
}

describe.each(Object.entries(WORST_CASES))("%s", (name, make) => {
  const size = name.includes("many pieces") ? 30 : 80;

  test("takes twice the work for twice the size, or is ended by its limit, and pauses in time", async () => {
    const [small, large] = [await count(make(size)), await count(make(2 * size))];
    const isLinear = large.blocks <= GROWTH * small.blocks;
    console.log(
      name,
      small.blocks,
      large.blocks,
      (large.blocks / small.blocks).toFixed(2),
      large.steps,
      (large.blocks / large.steps).toFixed(1),
      small.stretch,
      large.stretch,
    );
    expect(isLinear || large.blocks <= BLOCKS_PER_STEP * large.steps).toBe(true);
    expect(large.stretch).toBeLessThan(STRETCH);
  }, 300_000);
});
