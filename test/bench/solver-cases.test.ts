import { expect, test } from "vitest";
import { ALL_TECHNIQUES } from "../../src/solver/techniques.ts";
import { badVersions, type Grid, isFree, type SolverCase, stress, sudoku, sudokuGrid } from "./solver-cases.ts";
import { SolverRun, type SolverRunResult } from "./solver-run.ts";

const solve = (solverCase: SolverCase): Promise<SolverRunResult> => SolverRun.made(solverCase).run({ hints: false });

/** Checks whether a sudoku has a solution, by trying every digit in the cell with the fewest possible digits. */
function isSolvable(grid: Grid): boolean {
  let open = -1;
  let fewest: number[] = [];
  for (let cell = 0; cell < 81; cell++) {
    if (grid[Math.floor(cell / 9)]?.[cell % 9] !== 0) continue;
    const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((digit) => isFree(grid, cell, digit));
    if (open >= 0 && digits.length >= fewest.length) continue;
    [open, fewest] = [cell, digits];
  }
  if (open < 0) return true;
  const put = (digit: number): Grid =>
    grid.map((row, r) => row.map((known, c) => (r * 9 + c === open ? digit : known)));
  return fewest.some((digit) => isSolvable(put(digit)));
}

for (const bad of ["missing", "conflict"] as const) {
  for (const differ of [false, true]) {
    test(`thousands of bad versions are excluded in a few steps: ${bad}${differ ? ", manifests differ" : ""}`, async () => {
      const { outcome, stats } = await solve(badVersions(300, { bad, differ }));
      expect(outcome).toBe("refuted");
      expect(stats.conflicts).toBeLessThan(5);
      expect(stats.decisions).toBeLessThan(10);
    });
  }
}

test("sudokus have a solution if trying every digit finds one", async () => {
  const found: boolean[] = [];
  for (const seed of [1, 2, 3]) {
    for (const wrongDigit of [false, true]) {
      const grid = sudokuGrid(seed, { givens: 34, wrongDigit });
      expect(grid.flat().filter((digit) => digit > 0)).toHaveLength(wrongDigit ? 35 : 34);
      const wanted = isSolvable(grid);
      found.push(wanted);
      expect((await solve(sudoku(`sudoku ${seed}`, grid))).outcome).toBe(wanted ? "solved" : "refuted");
    }
  }
  expect(found).toContain(true);
  expect(found).toContain(false);
});

test("a guaranteed solution is found", async () => {
  for (const seed of [1, 2, 3, 4]) {
    const how = { packages: 12, versions: 20, requirements: 3, width: 0.2, roots: 4, seed, solvable: true };
    expect((await solve(stress(how))).outcome).toBe("solved");
  }
});

test("cases depend on the seed alone", () => {
  const how = { packages: 5, versions: 9, requirements: 2, width: 0.3, roots: 2, seed: 7, solvable: false };
  expect(stress(how)).toEqual(stress(how));
  expect(stress({ ...how, seed: 8 }).packages).not.toEqual(stress(how).packages);
});

test("a run without time left gives up and returns its counts", async () => {
  const solverCase = stress({
    packages: 40,
    versions: 40,
    requirements: 3,
    width: 0.1,
    roots: 5,
    seed: 1,
    solvable: true,
  });
  expect(await SolverRun.made(solverCase).run({ budget: 0 })).toMatchObject({ outcome: "gave up", hints: 0, proof: 0 });
});

test("no single technique changes the outcome", async () => {
  for (const solvable of [true, false]) {
    const how = { packages: 6, versions: 20, requirements: 3, width: 0.12, roots: 4, seed: 3, solvable };
    const outcomes = new Set<string>();
    for (const off of [null, ...Object.keys(ALL_TECHNIQUES)]) {
      const techniques = off ? { [off]: false } : {};
      outcomes.add((await SolverRun.made(stress(how)).run({ hints: false, techniques })).outcome);
    }
    expect([...outcomes]).toHaveLength(1);
    expect(outcomes).not.toContain("gave up");
  }
});
