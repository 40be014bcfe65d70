#!/usr/bin/env node
// Compares the flat solver with brute force on random registries, and prints the results.
//
//   node test/solver/laws/search.mjs [--runs 20000] [--seed 1]
//
// `--runs` is the number of registries with six packages. A quarter as many have mostly wrong choices, and a twentieth as many have forty
// packages. Then the laws run. 20,000 runs take about ten minutes. Equal seeds give equal registries. A registry that shows a defect is
// shrunk and printed.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../../../scripts/setup.mjs";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "20000" }, seed: { type: "string", default: "1" } },
});
const { status } = spawnSync(
  process.execPath,
  [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--project", "node", "test/solver/laws"],
  { cwd: ROOT, stdio: "inherit", env: { ...process.env, LAWS_RUNS: values.runs, LAWS_SEED: values.seed } },
);
process.exit(status ?? 1);
