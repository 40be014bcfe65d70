import { describe, expect, test } from "vitest";
import { createInstaller } from "../../web/index.ts";
import { isDeviation } from "./deviations.ts";
import { folderCases } from "./folder.ts";
import { conform } from "./judge.ts";
import { SUITES } from "./recorded.ts";

// Runs the whole recorded registry: nine projects of up to 4,605 entries, and every recorded case.
const root = process.env["WEBHOIST_REGISTRY"];

describe.runIf(root).each(SUITES)("%s", (suite) => {
  for (const found of root ? folderCases(root, [suite]) : []) {
    test(found.name, { timeout: 120_000 }, async () => {
      const { why, detail } = await conform(createInstaller, found.open());
      if (isDeviation(found)) expect(why, "passes now: strike it from deviations.ts").not.toBe("");
      else expect([why, ...detail].join("\n")).toBe("");
    });
  }
});
