#!/usr/bin/env node
// Kills installs at random moments, many times, and prints the problems.
//
//   node test/install/kill.mjs [--runs 200] [--seed 1] [--way browser]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../../scripts/setup.mjs";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    way: { type: "string" },
  },
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
  {
    cwd: ROOT,
    stdio: "inherit",
    env: {
      ...process.env,
      KILL_RUNS: values.runs,
      KILL_SEED: values.seed,
      ...(values.way && { KILL_WAY: values.way }),
    },
  },
);
process.exit(status ?? 1);
