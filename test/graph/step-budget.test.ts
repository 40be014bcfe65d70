import { expect, test } from "vitest";
import { StepBudget } from "../../src/graph/step-budget.ts";

test("visits beyond the limit end with ELIMIT, and the failure names the package that took the most", () => {
  const budget = new StepBudget();
  budget.begin("small");
  budget.visit(100_000);
  budget.begin("huge");
  budget.visit(300_000_000);
  budget.begin("large");
  budget.visit(199_900_000);
  expect(() => budget.visit(1)).toThrow(
    expect.objectContaining({ code: "ELIMIT", failure: expect.objectContaining({ package: "huge" }) }),
  );
});

test("steps beyond the limit end with ENONTERMINATING, and the failure names the package", () => {
  const budget = new StepBudget();
  budget.begin("endless");
  for (let step = 0; step < 5_000_000; step++) budget.step();
  expect(() => budget.step()).toThrow(
    expect.objectContaining({ code: "ENONTERMINATING", message: expect.stringContaining("endless") }),
  );
});

test("a pause is due after every 10,000 visits", () => {
  const budget = new StepBudget();
  let pauses = 0;
  for (let at = 0; at < 100; at++) {
    budget.visit(1_000);
    if (budget.takePause()) pauses++;
  }
  expect(pauses).toBe(10);
});

test("a warning describes 20,000 nodes, all warnings 1,000,000, and the failure at the end 20,000 more", () => {
  const budget = new StepBudget();
  const described = (isWarning: boolean): number => {
    budget.beginDescription(isWarning);
    let nodes = 0;
    while (budget.describes(1)) nodes++;
    return nodes;
  };
  expect(described(true)).toBe(20_000);
  let warnings = 1;
  while (described(true) > 0) warnings++;
  expect(warnings).toBe(50);
  expect(described(false)).toBe(20_000);
});
