import { expect } from "vitest";
import type { Death, Report } from "./director.ts";
import type { Run } from "./runs.ts";

export function expectAll(report: Report, { plan, least }: Run): void {
  expect(report.wrong).toEqual([]);
  for (const [what, count] of Object.entries(least)) {
    expect(report[what as keyof Report], what).toBeGreaterThanOrEqual(count as number);
  }
  // A failure is lost only for lack of memory, and here memory can always grow.
  expect(report.lost).toBeLessThan(plan.keys / 100);
}

export function expectSurvived({ wrong, ended }: Report, { asleep, point }: Death): void {
  expect(wrong).toEqual([]);
  // The only key already had its value.
  expect(ended > 0).toBe(!(asleep && point === "ready"));
}
