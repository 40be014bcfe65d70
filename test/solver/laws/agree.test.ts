import { expect, test } from "vitest";
import { LARGE, registryCases, type Size, SMALL, TIGHT } from "./arbitrary.ts";
import { type FlatOptions, judge, type Tally } from "./flat.ts";
import { hold, parts, runs, someTechniques } from "./hold.ts";

const TIME = 3_600_000;
const MODES = ["highest", "highest", "lowest", "lowest-direct"] as const;

/** Chooses a resolution mode and techniques. None of them may change whether there is a solution. */
function some(extra: number): FlatOptions {
  const part = parts(extra);
  return { options: { resolutionMode: MODES[part(4)] ?? "highest" }, techniques: someTechniques(part) };
}

// Compares the flat strategy with trying every choice. For more runs: `node test/solver/laws/search.mjs --runs 20000 --seed 1`.

/** Compares the flat strategy with trying every choice, for `count` registries of a size. Returns the counts. */
async function meet(size: Size, count: number): Promise<Tally> {
  const tally: Tally = { solvable: 0, unsolvable: 0, outOfReach: 0, untried: 0, decisions: 0, conflicts: 0 };
  await hold(registryCases(size), (one, extra) => judge(one, tally, some(extra)), count);
  if (process.env["LAWS_RUNS"]) {
    const { solvable, decisions, conflicts } = tally;
    console.table({
      [size.title]: { ...tally, "decisions each": decisions / solvable, "conflicts each": conflicts / solvable },
    });
  }
  return tally;
}

test(
  "agrees with trying every choice, and its proofs are sufficient",
  async () => {
    const { solvable, unsolvable, conflicts } = await meet(SMALL, runs(100));
    expect(solvable).toBeGreaterThan(25);
    expect(unsolvable).toBeGreaterThan(25);
    expect(conflicts).toBeGreaterThan(20);
  },
  TIME,
);

test(
  "agrees if most choices are wrong",
  async () => {
    const { solvable, unsolvable, conflicts } = await meet(TIGHT, Math.ceil(runs(100) / 4));
    expect(solvable).toBeGreaterThan(5);
    expect(unsolvable).toBeGreaterThan(5);
    expect(conflicts).toBeGreaterThan(20);
  },
  TIME,
);

test(
  "agrees over registries of forty packages",
  async () => {
    const { solvable, unsolvable } = await meet(LARGE, Math.ceil(runs(100) / 20));
    expect(solvable).toBeGreaterThan(2);
    expect(unsolvable).toBeGreaterThan(0);
  },
  TIME,
);
