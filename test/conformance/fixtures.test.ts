import { describe, expect, test } from "vitest";
import { createInstaller } from "../../web/index.ts";
import { DEVIATIONS, isDeviation } from "./deviations.ts";
import { fixtureCases } from "./fixtures.ts";
import { conform } from "./judge.ts";
import { type ConformanceCase, SUITES } from "./recorded.ts";

const cases: ConformanceCase[] = (await Promise.all(SUITES.map(fixtureCases))).flat();

describe.each(SUITES)("%s", (suite) => {
  for (const found of cases.filter((one) => one.suite === suite)) {
    test(found.name, async () => {
      const { why, detail } = await conform(createInstaller, found);
      if (isDeviation(found)) expect(why, "passes now: strike it from deviations.ts").not.toBe("");
      else expect([why, ...detail].join("\n")).toBe("");
    });
  }
});

test("every deviation is a case and has a reason", () => {
  const names = new Set(cases.map(({ suite, name }) => `${suite}/${name}`));
  for (const [name, reason] of DEVIATIONS) {
    if (!name.startsWith("features/")) expect(names).toContain(name);
    expect(reason.length).toBeGreaterThan(20);
  }
});

test("the packs contain every suite completely", () => {
  const count = (suite: string): number => cases.filter((found) => found.suite === suite).length;
  expect(SUITES.map(count)).toEqual([1, 253, 34, 567]);
});
