#!/usr/bin/env node
// Runs the recorded cases against the sources and says where the answers differ from npm's.
//
//   [WEBHOIST_REGISTRY=DIR] node scripts/conformance.mjs [--suite projects|arborist|real|random]… [--name TEXT]…
//     [--entry web/index.ts] [--metadata full|abbreviated] [--verbose] [--list-failures] [--timeout SECONDS] [--bail]
//
// Without WEBHOIST_REGISTRY (or --registry DIR) it runs the committed packs. --name keeps the cases whose name contains TEXT
// (`=TEXT`: is TEXT). --verbose prints the first differing lock entries or the failure. --list-failures prints names alone.
// --metadata abbreviated also asks for completeLockfile.
// A case that takes longer than --timeout (20 s) counts as a hang; the rest goes on. Exit code 1 when a case differs.
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { build } from "vite";

const here = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    suite: { type: "string", multiple: true },
    name: { type: "string", multiple: true },
    entry: { type: "string", default: join(here, "web/index.ts") },
    registry: { type: "string", default: process.env.WEBHOIST_REGISTRY },
    metadata: { type: "string", default: "full" },
    verbose: { type: "boolean", default: false },
    "list-failures": { type: "boolean", default: false },
    timeout: { type: "string", default: "20" },
    bail: { type: "boolean", default: false },
  },
});
async function bundle() {
  const outDir = join(here, "node_modules/.cache", `conformance-${process.pid}`);
  mkdirSync(outDir, { recursive: true });
  process.on("exit", () => rmSync(outDir, { recursive: true, force: true }));
  await build({
    root: here,
    configFile: false,
    logLevel: "error",
    define: { __WEBHOIST_REGISTRY__: '"http://registry.local/"' },
    resolve: { alias: { "webhoist:entry": resolve(values.entry) } },
    ssr: { noExternal: true },
    worker: { format: "es" },
    build: {
      ssr: join(here, "test/conformance/worker.ts"),
      outDir,
      minify: false,
      sourcemap: "inline",
      rollupOptions: { output: { entryFileNames: "worker.mjs" } },
    },
  });
  return join(outDir, "worker.mjs");
}

function start(file) {
  const suites = values.suite ?? ["projects", "arborist", "real", "random"];
  const root = values.registry && resolve(values.registry);
  const packs = join(here, "test/fixtures");
  const workerData = { root, packs, suites, metadata: values.metadata };
  const worker = new Worker(file, { workerData, execArgv: ["--enable-source-maps"] });
  const cases = new Promise((done, fail) => {
    worker.once("message", (message) => done(message.cases));
    // Stays for the thread's life: between two cases nobody else listens.
    worker.on("error", fail);
  });
  return { worker, cases };
}

const wrong = (why) => ({ ms: 0, verdict: { why, detail: [], unlisted: [] }, said: [] });

/** A verdict, or null when the time is up. */
function ask(worker, index) {
  return new Promise((done) => {
    const end = (answer) => {
      clearTimeout(timer);
      worker.off("message", end);
      worker.off("error", crash);
      done(answer);
    };
    const crash = (error) => end({ ...wrong(`crash: ${error?.stack ?? error}`), died: true });
    const timer = setTimeout(() => end(null), Number(values.timeout) * 1000);
    worker.on("message", end);
    worker.on("error", crash);
    worker.postMessage({ index, verbose: values.verbose });
  });
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

async function main() {
  const file = await bundle();
  let { worker, cases: listed } = start(file);
  const cases = await listed;
  const counts = new Map();
  const reasons = new Map();
  let failed = 0;
  for (const [index, found] of cases.entries()) {
    if (!wanted(found.name)) continue;
    const answer = (await ask(worker, index)) ?? { ...wrong("hang"), died: true };
    const count = counts.get(found.suite) ?? { pass: 0, all: 0, ms: 0 };
    counts.set(found.suite, count);
    count.all++;
    count.ms += answer.ms;
    if (!answer.verdict.why) count.pass++;
    else {
      failed++;
      const reason = answer.verdict.why.replace(/ does not name .*/, " names another").slice(0, 80);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      report(found, answer);
    }
    if (answer.died) {
      await worker.terminate();
      ({ worker, cases: listed } = start(file));
      await listed;
    }
    if (failed && values.bail) break;
  }
  await worker.terminate();
  if (!values["list-failures"]) {
    for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 12))
      console.log(`${String(count).padStart(5)} × ${reason}`);
    for (const [suite, { pass, all, ms }] of counts)
      console.log(`${suite}: ${pass} of ${all} as npm (${(ms / 1000).toFixed(1)} s)`);
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
