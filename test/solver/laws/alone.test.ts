import { expect, test } from "vitest";
import type { Techniques } from "../../../src/solver/techniques.ts";
import { LARGE, registryCases, type Size, SMALL } from "./arbitrary.ts";
import { findChoice } from "./brute-force.ts";
import { checkChoice } from "./check-answer.ts";
import { checkDerivation } from "./check-proof.ts";
import { hold, parts, runs, someTechniques } from "./hold.ts";
import { Model, type Problem } from "./model.ts";
import { solveAlone } from "./search-alone.ts";

// Compares the search alone, with some techniques switched off, with trying every choice.

const tally = { solvable: 0, unsolvable: 0, conflicts: 0 };

/** Returns the errors in the search's result for a problem. */
function judge(problem: Problem, techniques: Techniques): string[] {
  const wanted = findChoice(problem, 20_000);
  const found = solveAlone(problem, techniques);
  tally.conflicts += found.stats.conflicts;
  if ("choice" in found) {
    tally.solvable++;
    return wanted === null ? ["there is no answer"] : checkChoice(problem, found.choice);
  }
  tally.unsolvable++;
  if (wanted) return [`this is an answer: ${[...wanted.values()].join(" ")}`];
  return checkDerivation({ installable: problem.installable, rules: found.rules }, found.steps);
}

const agrees = (size: Size, count: number): Promise<void> =>
  hold(registryCases(size), (one, extra) => judge(new Model(one), someTechniques(parts(extra))), count);

test("agrees with trying every choice, and its derivations are valid", async () => {
  await agrees(SMALL, runs(100));
  expect(tally.solvable).toBeGreaterThan(25);
  expect(tally.unsolvable).toBeGreaterThan(25);
  expect(tally.conflicts).toBeGreaterThan(50);
}, 600_000);

test("agrees over registries of forty packages", async () => {
  await agrees(LARGE, Math.ceil(runs(100) / 50));
}, 600_000);
