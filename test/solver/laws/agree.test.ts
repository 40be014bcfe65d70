import { expect, test } from "vitest";
import { LARGE, SMALL, told } from "./arbitrary.ts";
import { type Ask, judge, type Tally } from "./flat.ts";
import { hold, parts, runs, someTechniques } from "./hold.ts";

const MODES = ["highest", "highest", "lowest", "lowest-direct"] as const;

/** Whatever is tried first, and by whatever technique: there is an answer or there is none. */
function some(extra: number): Ask {
  const part = parts(extra);
  return { options: { resolutionMode: MODES[part(4)] ?? "highest" }, techniques: someTechniques(part) };
}

// The flat strategy against trying every choice. More of it: `node test/solver/laws/search.mjs --runs 20000 --seed 1`.

test("agrees with trying every choice, and its explanations suffice", async () => {
  const tally: Tally = { solvable: 0, unsolvable: 0, outOfReach: 0, untried: 0, decisions: 0, conflicts: 0 };
  await hold(told(SMALL), (one, extra) => judge(one, tally, some(extra)), runs(300));
  report("small", tally);
  expect(tally.solvable).toBeGreaterThan(50);
  expect(tally.unsolvable).toBeGreaterThan(50);
  expect(tally.conflicts).toBeGreaterThan(20);
}, 3_600_000);

test("so it does over registries of forty packages", async () => {
  const tally: Tally = { solvable: 0, unsolvable: 0, outOfReach: 0, untried: 0, decisions: 0, conflicts: 0 };
  await hold(told(LARGE), (one, extra) => judge(one, tally, some(extra)), Math.ceil(runs(300) / 20));
  report("large", tally);
}, 3_600_000);

function report(size: string, tally: Tally): void {
  if (!process.env["LAWS_RUNS"]) return;
  const { solvable, decisions, conflicts } = tally;
  const mean = { decisions: decisions / solvable, conflicts: conflicts / solvable };
  console.table({
    [size]: { ...tally, "decisions of an answer": mean.decisions, "conflicts of an answer": mean.conflicts },
  });
}
