#!/usr/bin/env node
// Resolves the recorded cases with the sources and prints the differences from npm's answers.
//
//   [WEBHOIST_REGISTRY=DIR] node scripts/conformance.mjs [--suite projects|arborist|real|random|features]… [--name TEXT]…
//     [--npm 11.19.1|12.2.2]
//     [--mode threads|worker|inline]… [--shuffles COUNT]
//     [--entry web/index.ts] [--metadata full|abbreviated] [--verbose] [--list-failures] [--timeout SECONDS] [--bail]
//
// --npm: whose answers are expected, by the rules of that npm. The committed packs have those of 12.2.2 only for the features.
// Without WEBHOIST_REGISTRY (or --registry DIR) it runs the committed packs. --name keeps the cases whose name contains TEXT
// (`=TEXT`: equals TEXT). --verbose prints the first differing lock entries or the failure. --list-failures prints only names.
// --metadata abbreviated also sets completeLockfile.
// With --mode, the cases run in Chromium: in that mode and, for comparison, `inline`. Files, warnings, the whole tree and whole
// failures must be equal. --shuffles also runs each case with that number of random orders in which the registry's answers arrive.
// A case that takes longer than --timeout (20 s, multiplied by modes and orders) counts as a hang; the other cases still run. The exit
// code is 1 if a case differs that is not in test/conformance/deviations.ts, or if one in there equals npm's answer.
import { once } from "node:events";
import { rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { bundleEntry } from "./bundle-entry.mjs";
import { ROOT } from "./setup.mjs";

const { values } = parseArgs({
  options: {
    suite: { type: "string", multiple: true },
    name: { type: "string", multiple: true },
    mode: { type: "string", multiple: true },
    shuffles: { type: "string", default: "0" },
    npm: { type: "string", default: "11.19.1" },
    entry: { type: "string", default: join(ROOT, "web/index.ts") },
    registry: { type: "string", default: process.env.WEBHOIST_REGISTRY },
    metadata: { type: "string", default: "full" },
    verbose: { type: "boolean", default: false },
    "list-failures": { type: "boolean", default: false },
    timeout: { type: "string", default: "20" },
    bail: { type: "boolean", default: false },
  },
});

const outDir = join(ROOT, "node_modules/.cache", `conformance-${process.pid}`);
const source = {
  root: values.registry && resolve(values.registry),
  packs: join(ROOT, "test/conformance/fixtures"),
  suites: values.suite ?? ["projects", "arborist", "real", "random", "features"],
  npm: values.npm,
};

const bundle = (entry, platform, folder = outDir) =>
  bundleEntry(entry, { platform, outDir: folder, library: resolve(values.entry) });

const wrong = (why) => ({ ms: 0, verdict: { why, detail: [], unlisted: [] }, said: [] });

/** Returns the result of `work`, or null if it takes longer than `seconds`. */
async function within(seconds, work) {
  let timer;
  const late = new Promise((done) => {
    timer = setTimeout(done, seconds * 1000, null);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs cases in a thread of this process. */
async function inThread() {
  const file = await bundle("test/conformance/worker.ts", "node");
  const workerData = { ...source, metadata: values.metadata };
  const start = async () => {
    const worker = new Worker(file, { workerData, execArgv: ["--enable-source-maps"] });
    const cases = await new Promise((done, fail) => {
      worker.once("message", (message) => done(message.cases));
      // Not removed: without a listener, an error between two cases would end this process.
      worker.on("error", fail);
    });
    return { worker, cases };
  };
  let { worker, cases } = await start();
  const ask = async (index) => {
    worker.postMessage({ index, verbose: values.verbose });
    try {
      return (await once(worker, "message"))[0];
    } catch (error) {
      return { ...wrong(`crash: ${error?.stack ?? error}`), died: true };
    }
  };
  return {
    cases,
    async run(index) {
      const answer = (await within(Number(values.timeout), ask(index))) ?? { ...wrong("hang"), died: true };
      if (answer.died) {
        await worker.terminate();
        ({ worker } = await start());
      }
      return answer;
    },
    end: () => worker.terminate(),
  };
}

/** Runs cases in a page, in the given modes. Each result is compared with that of `inline`. */
async function inPage() {
  const modes = ["inline", ...values.mode.filter((mode) => mode !== "inline")];
  const page = await bundle("test/system/modes/page.ts", "page", join(outDir, "page"));
  const module = await bundle("test/system/modes/conformance-harness.ts", "node");
  const { openCases, ModesHarness } = await import(pathToFileURL(module));
  const cases = await openCases(source);
  const harness = await ModesHarness.start({ folder: dirname(page), cases });
  const shuffles = Number(values.shuffles);
  const seconds = Number(values.timeout) * modes.length * (1 + shuffles);
  return {
    cases,
    async run(index) {
      const job = { index, modes, shuffles, metadata: values.metadata };
      const found = await within(seconds, harness.run(job)).catch((error) => ({ wrong: [`crash: ${error.stack}`] }));
      if (!found || found.wrong[0]?.startsWith("crash")) await harness.reset();
      if (!found) return wrong("hang");
      const { wrong: lines, milliseconds = {}, orders } = found;
      const [why = "", ...detail] = lines.flatMap((line) => line.split("\n    "));
      const ms = Object.values(milliseconds).reduce((sum, one) => sum + one, 0);
      return { ms, milliseconds, orders, verdict: { why, detail, unlisted: [] }, said: [] };
    },
    end: () => harness[Symbol.asyncDispose](),
  };
}

const wanted = (name) =>
  !values.name || values.name.some((text) => (text.startsWith("=") ? name === text.slice(1) : name.includes(text)));

function report({ suite, name }, { verdict, said, ms }) {
  if (values["list-failures"]) return console.log(`${suite} ${name}`);
  console.log(`✗ ${suite} ${name} (${Math.round(ms)} ms): ${verdict.why}`);
  if (!values.verbose) return;
  for (const line of [...verdict.detail, ...said]) console.log(`    ${line.replaceAll("\n", "\n    ")}`);
  if (verdict.unlisted.length > 0) console.log(`    answered 404: ${verdict.unlisted.join(", ")}`);
}

/** Returns the times without shuffled runs: `inline 1.2 s, threads 2.0 s`. */
function timesOf(count) {
  const modes = Object.entries(count.modes).map(([mode, ms]) => `${mode} ${(ms / 1000).toFixed(1)} s`);
  return modes.join(", ") || `${(count.ms / 1000).toFixed(1)} s`;
}

function add(count, { ms, milliseconds = {}, orders }) {
  count.all++;
  count.ms += ms;
  for (const [mode, time] of Object.entries(milliseconds)) count.modes[mode] = (count.modes[mode] ?? 0) + time;
  count.orders += orders ?? 0;
}

/** Returns why a case counts as failed, or an empty text. */
function failureOf({ deviates }, { verdict }) {
  if (!deviates) return verdict.why;
  // In modes, only differences between the modes count for a known deviation.
  if (values.mode) return verdict.why;
  return verdict.why ? "" : "equals npm's answer now: strike it from test/conformance/deviations.ts";
}

async function main() {
  process.on("exit", () => rmSync(outDir, { recursive: true, force: true }));
  const runner = await (values.mode ? inPage() : inThread());
  const counts = new Map();
  const reasons = new Map();
  let failed = 0;
  for (const [index, found] of runner.cases.entries()) {
    if (!wanted(found.name)) continue;
    const answer = await runner.run(index);
    const count = counts.get(found.suite) ?? { pass: 0, known: 0, all: 0, ms: 0, modes: {}, orders: 0 };
    counts.set(found.suite, count);
    add(count, answer);
    const why = failureOf(found, answer);
    if (why) {
      failed++;
      const reason = why.replace(/ does not name .*/, " names another").slice(0, 80);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      report(found, { ...answer, verdict: { ...answer.verdict, why } });
    } else if (found.deviates) count.known++;
    else count.pass++;
    if (failed && values.bail) break;
  }
  await runner.end();
  if (!values["list-failures"]) {
    for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 12))
      console.log(`${String(count).padStart(5)} × ${reason}`);
    const inModes = values.mode ? " and are the same in every mode" : "";
    for (const [suite, count] of counts) {
      const orders = Number(values.shuffles) ? `, ${count.orders} shuffled runs` : "";
      const known = count.known ? `, ${count.known} known to differ` : "";
      console.log(`${suite}: ${count.pass} of ${count.all} equal npm${inModes}${known}${orders} (${timesOf(count)})`);
    }
  }
  return failed ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(error);
    process.exit(2);
  },
);
