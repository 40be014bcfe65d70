#!/usr/bin/env node
// Holds the flat solver against trying every choice, over as many random registries as asked for, and says what it met.
//
//   node test/solver/laws/search.mjs [--runs 20000] [--seed 1]
//
// So many registries of six packages, a quarter of that where most choices turn out wrong, a twentieth of forty packages; then the
// laws. 20,000 take some ten minutes. The same seed draws the same registries; one that shows a fault is printed, as small as it goes.
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
