import { expect, test } from "vitest";
import { LARGE, registryCases, type Size, SMALL, TIGHT } from "./arbitrary.ts";
import { type FlatOptions, judge, type Tally } from "./flat.ts";
import { hold, parts, runs, someTechniques } from "./hold.ts";

const TIME = 3_600_000;
const MODES = ["highest", "highest", "lowest", "lowest-direct"] as const;

/** Whatever is tried first, and by whatever technique: there is an answer or there is none. */
function some(extra: number): FlatOptions {
  const part = parts(extra);
  return { options: { resolutionMode: MODES[part(4)] ?? "highest" }, techniques: someTechniques(part) };
}

// The flat strategy against trying every choice. More of it: `node test/solver/laws/search.mjs --runs 20000 --seed 1`.

/** Holds so many registries of a size against trying every choice, and says what was met in them. */
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
  "agrees with trying every choice, and its explanations suffice",
  async () => {
    const { solvable, unsolvable, conflicts } = await meet(SMALL, runs(100));
    expect(solvable).toBeGreaterThan(25);
    expect(unsolvable).toBeGreaterThan(25);
    expect(conflicts).toBeGreaterThan(20);
  },
  TIME,
);

test(
  "so it does where most choices turn out wrong",
  async () => {
    const { solvable, unsolvable, conflicts } = await meet(TIGHT, Math.ceil(runs(100) / 4));
    expect(solvable).toBeGreaterThan(5);
    expect(unsolvable).toBeGreaterThan(5);
    expect(conflicts).toBeGreaterThan(20);
  },
  TIME,
);

test(
  "so it does over registries of forty packages",
  async () => {
    const { solvable, unsolvable } = await meet(LARGE, Math.ceil(runs(100) / 20));
    expect(solvable).toBeGreaterThan(2);
    expect(unsolvable).toBeGreaterThan(0);
  },
  TIME,
);
