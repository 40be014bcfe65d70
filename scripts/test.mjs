import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureFirefox, ensureWebKit, NO_FIREFOX, NO_WEBKIT } from "./browsers.mjs";
import { ensureChromium, NO_CHROMIUM } from "./chromium.mjs";
import { ensureInstalled, exit, ROOT } from "./setup.mjs";

const HELP = `npm test                    run every test: the fast tier, then the full tier
npm test -- --fast          run only the fast tier: tests without browsers, processes and bundlers
npm test -- --check         run the static checks first: types, style, dead code; at the end, a few tests in Firefox and WebKitGTK
npm test -- --long          run the long laws, the kill tests and every fault of every sink (half an hour and more)
npm test -- FILE…           run the tests whose path contains FILE
`;

const args = process.argv.slice(2);
const flags = new Set(["--fast", "--check", "--long", "--help"].filter((flag) => args.includes(flag)));
const rest = args.filter((arg) => !flags.has(arg));
if (flags.has("--help")) {
  console.log(HELP);
  process.exit(0);
}

ensureInstalled();
const chromium = flags.has("--fast") ? null : ensureChromium();
if (!chromium && !flags.has("--fast")) exit(NO_CHROMIUM);

/** @param {string} script path relative to the repository @param {string[]} given */
function run(script, given) {
  const env = { ...process.env, ...(chromium && { CHROMIUM_PATH: chromium }) };
  return spawnSync(process.execPath, [join(ROOT, script), ...given], { cwd: ROOT, stdio: "inherit", env }).status === 0;
}

/** @typedef {{ name: string, passed: number, failed: number, seconds: number }} Outcome */

/**
 * @param {string} name
 * @param {() => { passed: number, failed: number }} work
 * @returns {Outcome}
 */
function timed(name, work) {
  console.log(`\n— ${name}`);
  const start = Date.now();
  return { name, ...work(), seconds: (Date.now() - start) / 1000 };
}

/** Tests the package that the full tier has built in Firefox and WebKitGTK, if this machine has them or can install them. */
function everyBrowser() {
  const missing = [!ensureFirefox() && NO_FIREFOX, !ensureWebKit() && NO_WEBKIT].filter((text) => text !== false);
  for (const text of missing) console.log(text);
  if (missing.length > 0) return [];
  return [check("Firefox and WebKitGTK", "scripts/test-browsers.mjs", ["--short", "--no-build"])];
}

/** @param {string} name @param {string} script @param {string[]} given */
const check = (name, script, given) =>
  timed(name, () => (run(script, given) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }));

/** @param {string} name @param {string[]} projects of vitest.config.ts */
function tier(name, projects) {
  const report = join(ROOT, `.build/tests-${projects[0]}.json`);
  return timed(name, () => {
    rmSync(report, { force: true });
    const isGood = run("node_modules/vitest/vitest.mjs", [
      "run",
      ...projects.flatMap((project) => ["--project", project]),
      "--reporter=default",
      "--reporter=json",
      `--outputFile=${report}`,
      "--passWithNoTests",
      ...rest,
    ]);
    const { passed, failed } = counts(report);
    // A failure outside of tests (an unhandled rejection, a crash) counts as one.
    return { passed, failed: Math.max(failed, isGood ? 0 : 1) };
  });
}

/** @param {string} report */
function counts(report) {
  try {
    const { testResults, numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8"));
    /** @type {{ status: string, assertionResults: unknown[] }[]} */
    const files = testResults;
    // A file that cannot be loaded has no tests to fail; it counts as one.
    const broken = files.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
    return { passed: numPassedTests, failed: numFailedTests + broken.length };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** @type {Outcome[]} */
const outcomes = [];
if (flags.has("--check")) {
  outcomes.push(
    check("types", "node_modules/typescript/bin/tsc", ["-b"]),
    check("style", "node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."]),
    check("dead code", "node_modules/knip/bin/knip.js", []),
  );
}
if (flags.has("--long")) {
  process.env["FAULTS"] = "all";
  outcomes.push(
    check("long laws", "test/solver/laws/search.mjs", []),
    check("kill tests", "test/install/kill.mjs", []),
    check("every fault", "node_modules/vitest/vitest.mjs", ["run", "--project", "system", "test/faults/table.test.ts"]),
    check("every secret", "node_modules/vitest/vitest.mjs", [
      "run",
      "--project",
      "system",
      "test/web/planted-secrets.test.ts",
    ]),
  );
} else {
  outcomes.push(tier("fast tier", ["node"]));
  if (!flags.has("--fast")) outcomes.push(tier("full tier", ["system", "browser", "package"]));
  if (flags.has("--check") && !flags.has("--fast") && rest.length === 0) outcomes.push(...everyBrowser());
}

console.log();
for (const { name, passed, failed, seconds } of outcomes) {
  console.log(`${name}: ${passed} passed, ${failed} failed, ${seconds.toFixed(0)} s`);
}
const total = (/** @type {"passed" | "failed"} */ key) => outcomes.reduce((sum, outcome) => sum + outcome[key], 0);
console.log(`\n${total("passed")} passed, ${total("failed")} failed`);
process.exitCode = total("failed") > 0 ? 1 : 0;
