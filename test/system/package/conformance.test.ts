import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packed } from "./packed.ts";

const ROOT = join(import.meta.dirname, "../../..");

// The build shortens names: what it puts out has to answer like the sources.
test("what is published gives npm's answers to the recorded cases", () => {
  const entry = join(packed().consumer, "node_modules/webhoist/dist/index.js");
  const { WEBHOIST_REGISTRY: _, ...env } = process.env;
  const run = spawnSync(process.execPath, ["scripts/conformance.mjs", "--entry", entry], {
    cwd: ROOT,
    env,
    encoding: "utf8",
  });
  expect(`${run.stdout}${run.stderr}`).toMatch(/as npm/);
  expect(run.status, run.stdout).toBe(0);
});
