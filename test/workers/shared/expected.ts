import { expect } from "vitest";
import type { Death, Report } from "./director.ts";
import type { Run } from "./runs.ts";

export function expectAll(report: Report, { plan, least }: Run): void {
  expect(report.wrong).toEqual([]);
  for (const [what, count] of Object.entries(least)) {
    expect(report[what as keyof Report], what).toBeGreaterThanOrEqual(count as number);
  }
  // Lost failures are for want of memory alone, and here there is always more to be had.
  expect(report.lost).toBeLessThan(plan.keys / 100);
}

export function expectMourned({ wrong, ended }: Report, { asleep, point }: Death): void {
  expect(wrong).toEqual([]);
  // The one key had its value already.
  expect(ended > 0).toBe(!(asleep && point === "ready"));
}
