#!/usr/bin/env node
// Tests the built package in Firefox and WebKitGTK, and prints what each of them allows.
//
//   npm run test:browsers -- [--short] [--no-build] [firefox] [webkit] [webkit-as-safari] [chromium]
//
// Without names, it tests Firefox and WebKitGTK. --short tries only the first mode of each kind of page: resolving, installing and
// the caches. `webkit-as-safari` is WebKitGTK with features that Safari has and Debian's build has switched off.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureFirefox, ensureWebKit, NO_FIREFOX, NO_WEBKIT } from "./browsers.mjs";
import { buildPackage } from "./build.mjs";
import { ensureChromium, NO_CHROMIUM } from "./chromium.mjs";
import { ensureInstalled, exit, ROOT } from "./setup.mjs";

/** @type {Record<string, { ensure: () => unknown, missing: string }>} */
const BROWSERS = {
  chromium: { ensure: ensureChromium, missing: NO_CHROMIUM },
  firefox: { ensure: ensureFirefox, missing: NO_FIREFOX },
  webkit: { ensure: ensureWebKit, missing: NO_WEBKIT },
  "webkit-as-safari": { ensure: ensureWebKit, missing: NO_WEBKIT },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: "boolean", default: false }, "no-build": { type: "boolean", default: false } },
});
const wanted = positionals.length > 0 ? positionals : ["firefox", "webkit"];
for (const name of wanted) {
  if (!BROWSERS[name]) exit(`Unknown browser: ${name}. Use ${Object.keys(BROWSERS).join(", ")}.`);
}

ensureInstalled();
for (const name of wanted) {
  const { ensure, missing } = /** @type {typeof BROWSERS[string]} */ (BROWSERS[name]);
  if (!ensure()) exit(missing);
}
if (!values["no-build"]) await buildPackage();

const facts = join(ROOT, ".build/browsers");
rmSync(facts, { recursive: true, force: true });
mkdirSync(facts, { recursive: true });
const { status } = spawnSync(
  process.execPath,
  [
    join(ROOT, "node_modules/vitest/vitest.mjs"),
    "run",
    "--project",
    "browsers",
    "--reporter=verbose",
    ...wanted.map((name) => `test/browsers/${name}.test.ts`),
  ],
  {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, BROWSERS_FACTS: facts, ...(values.short && { BROWSERS_SHORT: "1" }) },
  },
);

/** @type {{ kind: string, facts: Record<string, string> }[]} */
const found = readdirSync(facts).map((file) => JSON.parse(readFileSync(join(facts, file), "utf8")));
const columns = [...new Set(found.flatMap((one) => Object.keys(one.facts)))];
/** @param {readonly string[]} cells */
const row = (cells) => `| ${cells.join(" | ")} |`;
console.log();
console.log(row(["browser", ...columns]));
console.log(row(["browser", ...columns].map(() => "---")).replaceAll(" --- ", "---"));
for (const one of found) console.log(row([one.kind, ...columns.map((column) => one.facts[column] ?? "failed")]));
process.exitCode = status ?? 1;
