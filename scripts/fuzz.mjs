#!/usr/bin/env node
// Tries changed inputs of every kind, and checks that each ends with an answer or a coded failure (test/fuzz/laws.ts).
//
//   npm run fuzz -- [--seconds 60] [--target NAME]… [--seed NUMBER] [--from INDEX] [--folder test/fuzz/corpus] [--guard SECONDS]
//
// The time is divided among the targets. An input depends only on the target, the seed and its index, which starts at --from. A failing
// input is shrunk and written into the folder. An input that takes longer than --guard (20 s), or that ends the thread, is
// written as it is. The exit code is 1 if an input failed.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { bundleEntry } from "./bundle-entry.mjs";
import { ROOT } from "./setup.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    target: { type: "string", multiple: true },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    from: { type: "string", default: "0" },
    folder: { type: "string", default: "test/fuzz/corpus" },
    guard: { type: "string", default: "20" },
  },
});
process.chdir(ROOT);
const seed = Number(values.seed);
const outDir = join(ROOT, "node_modules/.cache", `fuzz-${process.pid}`);
process.on("exit", () => rmSync(outDir, { recursive: true, force: true }));

/**
 * Runs one thread until it has done its work, hangs or ends.
 * @param {string} file @param {object} workerData @returns {Promise<{ done?: any, index: number, why?: string }>}
 */
function runThread(file, workerData) {
  const current = new Int32Array(new SharedArrayBuffer(4)).fill(workerData.from);
  const worker = new Worker(file, {
    workerData: { ...workerData, current },
    execArgv: ["--enable-source-maps"],
    resourceLimits: { maxOldGenerationSizeMb: 1500 },
  });
  return new Promise((settle) => {
    let shrinking = false;
    let last = -1;
    let since = Date.now();
    let ended = false;
    const end = (answer) => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      void worker.terminate().then(() => settle({ index: current[0], ...answer }));
    };
    const timer = setInterval(() => {
      if (current[0] !== last || shrinking) [last, since] = [current[0], Date.now()];
      else if (Date.now() - since > Number(values.guard) * 1000) end({ why: "hangs" });
    }, 500);
    worker.on("message", (message) => {
      if (message.kind === "fault") {
        shrinking = true;
        console.log(
          `\n✗ ${workerData.target} --seed ${seed} --from ${message.index}\n  ${message.fault.slice(0, 1500)}`,
        );
      } else if (message.kind === "kept") {
        shrinking = false;
        console.log(`  ${message.file} ${message.text ?? ""}`);
        if (workerData.keep) end({});
      } else end({ done: message });
    });
    worker.on("error", (error) => end({ why: `ends the thread: ${error?.stack ?? error}` }));
    worker.on("exit", (code) => end({ why: `never settles (exit code ${code})` }));
  });
}

async function fuzzTarget(file, target, milliseconds) {
  const start = Date.now();
  const until = start + milliseconds;
  const first = Number(values.from);
  const totals = { count: 0, failed: 0, codes: new Map() };
  for (let from = first; Date.now() < until; ) {
    const work = { target, seed, from, until, folder: values.folder };
    const { done, index, why } = await runThread(file, work);
    totals.count += (done?.index ?? index + 1) - from;
    for (const [code, count] of done?.codes ?? []) totals.codes.set(code, (totals.codes.get(code) ?? 0) + count);
    totals.failed += (done?.faults ?? []).reduce((sum, [, count]) => sum + count, 0);
    if (done) break;
    totals.failed++;
    console.log(`\n✗ ${target} --seed ${seed} --from ${index}\n  ${why}`);
    await runThread(file, { ...work, from: index, keep: why });
    from = index + 1;
  }
  const rate = totals.count / ((Date.now() - start) / 1000);
  const codes = [...totals.codes].map(([code, count]) => `${code} ${count}`).join(", ");
  console.log(
    `${target}: ${totals.count} inputs from ${first}, ${Math.round(rate)} a second, ${totals.failed} failed (${codes})`,
  );
  return totals;
}

const file = await bundleEntry("test/fuzz/worker.ts", { platform: "node", outDir });
const list = await bundleEntry("test/fuzz/targets.ts", { platform: "node", outDir });
const { targets } = await import(list);
const names = values.target ?? targets.map(({ name }) => name);
console.log(`--seed ${seed}`);
let failed = 0;
let count = 0;
for (const name of names) {
  const totals = await fuzzTarget(file, name, (Number(values.seconds) * 1000) / names.length);
  failed += totals.failed;
  count += totals.count;
}
console.log(`\n${count} inputs, ${failed} failed, seed ${seed}`);
process.exit(failed ? 1 : 0);
