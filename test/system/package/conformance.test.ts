import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packed } from "./packed.ts";

const ROOT = join(import.meta.dirname, "../../..");

// The build shortens names. Its output must give the same answers as the sources.
test("the published package gives npm's answers to the recorded cases", () => {
  const entry = join(packed().consumer, "node_modules/webhoist/dist/index.js");
  const { WEBHOIST_REGISTRY: _, ...env } = process.env;
  const run = spawnSync(process.execPath, ["scripts/conformance.mjs", "--entry", entry], {
    cwd: ROOT,
    env,
    encoding: "utf8",
  });
  expect(`${run.stdout}${run.stderr}`).toMatch(/equal npm/);
  expect(run.status, run.stdout).toBe(0);
});
