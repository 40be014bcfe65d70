#!/usr/bin/env node
// Kills installs at random moments, many times, and prints the problems.
//
//   node test/install/kill.mjs [--runs 200] [--seed 1]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../../scripts/setup.mjs";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "200" }, seed: { type: "string", default: "1" } },
});
const { status } = spawnSync(
  process.execPath,
  [
    join(ROOT, "node_modules/vitest/vitest.mjs"),
    "run",
    "--project",
    "system",
    "test/install/killed.test.ts",
    "test/install/disk-killed.test.ts",
  ],
  { cwd: ROOT, stdio: "inherit", env: { ...process.env, KILL_RUNS: values.runs, KILL_SEED: values.seed } },
);
process.exit(status ?? 1);
