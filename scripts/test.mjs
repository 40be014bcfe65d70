import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureChromium, NO_CHROMIUM } from "./chromium.mjs";
import { ensureInstalled, exit, ROOT } from "./setup.mjs";

const args = process.argv.slice(2);
const checks = args.includes("--check");
const rest = args.filter((arg) => arg !== "--check");
const REPORT = join(ROOT, ".build/tests.json");

ensureInstalled();
const chromium = ensureChromium();
if (!chromium) exit(NO_CHROMIUM);

/** @param {string} script @param {string[]} given */
function run(script, given) {
  const env = { ...process.env, CHROMIUM_PATH: chromium };
  return (
    spawnSync(process.execPath, [join(ROOT, "node_modules", script), ...given], { cwd: ROOT, stdio: "inherit", env })
      .status === 0
  );
}

/** @returns {{ passed: number, failed: number }} */
function counts() {
  try {
    const report = JSON.parse(readFileSync(REPORT, "utf8"));
    /** @type {{ status: string, assertionResults: unknown[] }[]} */
    const files = report.testResults;
    // A file that cannot be loaded has no tests to fail; it counts for one.
    const broken = files.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
    return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

const STATIC = {
  types: () => run("typescript/bin/tsc", ["-b"]),
  style: () => run("@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."]),
  "dead code": () => run("knip/bin/knip.js", []),
};

/** @type {string[]} */
const failed = [];
let passed = 0;
if (checks) {
  for (const [name, check] of Object.entries(STATIC)) {
    console.log(`\n— ${name}`);
    if (check()) passed++;
    else failed.push(name);
  }
}

rmSync(REPORT, { force: true });
const good = run("vitest/vitest.mjs", [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile=${REPORT}`,
  ...rest,
]);
const tests = counts();
passed += tests.passed;
// Whatever made vitest fail without a failed test (an unhandled rejection, a crash) is a failure too.
const failures = failed.length + Math.max(tests.failed, good ? 0 : 1);
if (failed.length > 0) console.log(`Failed before the tests: ${failed.join(", ")}`);
console.log(`${passed} passed, ${failures} failed`);
process.exitCode = failures > 0 ? 1 : 0;
