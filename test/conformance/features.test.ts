import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createInstaller } from "../../web/index.ts";
import { DEVIATIONS, isDeviation } from "./deviations.ts";
import { FEATURES, featureCases } from "./folder.ts";
import { conform } from "./judge.ts";

// Hand-made cases of the rules that npm 12 changed, with the answers of npm 11.19.1 and 12.2.2.

describe.each(["11.19.1", "12.2.2"])("npm %s", (npm) => {
  for (const found of featureCases(join(import.meta.dirname, "fixtures", FEATURES), npm)) {
    test(found.name, async () => {
      const { why, detail } = await conform(createInstaller, found.open());
      if (isDeviation(found, npm)) expect(why, "passes now: strike it from deviations.ts").not.toBe("");
      else expect([why, ...detail].join("\n")).toBe("");
    });
  }
});

test("every deviation is a case", () => {
  const cases = ["11.19.1", "12.2.2"].flatMap((npm) =>
    featureCases(join(import.meta.dirname, "fixtures", FEATURES), npm).map(
      ({ name }) => `features/${name} (npm ${npm})`,
    ),
  );
  for (const name of DEVIATIONS.keys()) if (name.startsWith("features/")) expect(cases).toContain(name);
});
