// Measures the metadata cache in Chromium: writes one resolution's records in one flush, then reads them in new pages.
//   node test/bench/store-bench.mjs [--snapshot DIR [--project DIR]] [--groups 32x2,128x2,…] [--rounds N]
// --snapshot: a folder of recorded packuments; --project: only those in its package-lock.json. Without them, records
// are generated. --groups: records and mebibytes (before deflating) of a group.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { chromium } from "playwright";
import { rolldown } from "rolldown";
import { CHROMIUM_SWITCHES, findChromium } from "../../scripts/chromium.mjs";
import { bundle, median, serveScript, taskTimes } from "./browser-bench.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    snapshot: { type: "string" },
    project: { type: "string" },
    groups: { type: "string", default: "1x1,32x2,64x2,128x2,256x4,512x8,4096x64" },
    rounds: { type: "string", default: "5" },
  },
});
const rounds = Number(values.rounds);

const records = values.snapshot ? await recorded(values.snapshot, values.project) : madeUp(2600);
const hot = records.reduce((sum, { split }) => sum + split, 0);
const all = records.reduce((sum, { record }) => sum + record.length, 0);
console.log(`${records.length} records, ${mega(all)}: ${mega(hot)} hot, ${mega(all - hot)} cold`);

const payload = Buffer.concat([
  Buffer.from(records.map(({ name, record, split }) => JSON.stringify([name, record.length, split])).join("\n")),
  Buffer.from("\n\n"),
  ...records.map(({ record }) => record),
]);
const { address, close } = await serveScript(await bundle("test/bench/store-page.ts"), (request, response) => {
  if (request.url !== "/records") return false;
  response.end(payload);
  return true;
});
const executablePath = findChromium();
const browser = await chromium.launch({ args: CHROMIUM_SWITCHES, ...(executablePath && { executablePath }) });
try {
  await inContext(async (run) => {
    const { plain, packed, deflating, inflating } = await run("inflate");
    console.log(
      `the first ${mega(plain)} hot: to ${mega(packed)}, ${deflating.toFixed(0)} ms; back, ${inflating.toFixed(0)} ms`,
    );
  });
  console.log("Milliseconds: wall; page's thread busy, and its longest task, both in CPU time.");
  console.log("group         stored       write  busy  task   open        read  busy  task   transactions");
  for (const size of values.groups.split(",")) await row(size);
} finally {
  await browser.close();
  close();
}

async function row(size) {
  const [count, mebibytes] = size.split("x").map(Number);
  const group = { records: count, bytes: mebibytes << 20 };
  await inContext(async (run) => {
    const writes = [];
    const reads = [];
    for (let round = 0; round < rounds; round++) {
      writes.push(await run("fill", group, `bench-${round}`));
      reads.push(await run("read", group, `bench-${round}`));
    }
    const [first] = reads;
    if (reads.some(({ bytes, count: found }) => bytes !== all || found !== records.length)) throw new Error("not all");
    const stored = writes[0].written;
    console.log(
      [
        size.padEnd(10),
        mega(stored),
        numbers(writes),
        median(reads.map(({ opened }) => opened))
          .toFixed(0)
          .padStart(4),
        numbers(reads),
        first.transactions,
      ].join("   "),
    );
  });
}

/** Makes each call in its own page. */
async function inContext(use) {
  const context = await browser.newContext();
  await use(async (name, ...args) => {
    const page = await context.newPage();
    page.on("console", (message) => console.log(message.text()));
    await page.goto(address);
    await browser.startTracing(page, { categories: ["toplevel", "blink.user_timing"] });
    const result = await page.evaluate(([call, given]) => globalThis.bench[call](...given), [name, args]);
    const times = taskTimes(JSON.parse(await browser.stopTracing()));
    Object.assign(result, { busy: times.reduce((sum, time) => sum + time, 0), longest: Math.max(...times) });
    await page.close();
    return result;
  });
  await context.close();
}

function numbers(runs) {
  return ["milliseconds", "busy", "longest"]
    .map((key) =>
      median(runs.map((run) => run[key]))
        .toFixed(0)
        .padStart(5),
    )
    .join(" ");
}

function mega(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

async function recorded(folder, project) {
  const packuments = [join(folder, "packuments"), folder].find(existsSync);
  const names = project ? namesOf(project) : readdirSync(packuments).map((file) => file.slice(0, -".json.gz".length));
  const { condense } = await load("src/registry/condense.ts");
  const { incompressibleStart } = await load("src/registry/record-check.ts");
  return names.map((name) => {
    const bytes = gunzipSync(readFileSync(join(packuments, `${name.replace("/", "+")}.json.gz`)));
    const record = condense(name, abbreviated(bytes));
    return { name, record, split: incompressibleStart(record) };
  });
}

function namesOf(project) {
  const { packages } = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8"));
  const names = Object.entries(packages).map(([path, { name }]) => name ?? path.split("node_modules/").pop());
  return [...new Set(names.slice(1))];
}

/** The abbreviated form of a full document. */
function abbreviated(bytes) {
  const { name, modified, "dist-tags": tags, versions = {} } = JSON.parse(bytes);
  for (const manifest of Object.values(versions)) {
    for (const key of ["license", "scripts", "libc", "time"]) delete manifest[key];
  }
  return new TextEncoder().encode(JSON.stringify({ name, modified, "dist-tags": tags, versions }));
}

/** Records as real ones are on the average: text that repeats itself, then hashes. */
function madeUp(count) {
  let seed = 1;
  const random = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  return Array.from({ length: count }, (_, i) => {
    const versions = 1 + random(108);
    const shapes = Array.from({ length: versions }, (_, v) => {
      const dependencies = Array.from({ length: 3 }, (_, d) => `"dep-${(i + d) % 50}":"^${v >> 4}.${d}.0"`);
      return `{"dependencies":{${dependencies.join()}},"engines":{"node":">=${v >> 3}"}}`;
    });
    const text = Buffer.from(shapes.join());
    const hashes = Buffer.from(Array.from({ length: 66 * versions }, () => random(256))).toString("base64");
    return { name: `package-${i}`, record: Buffer.concat([text, Buffer.from(hashes)]), split: text.length };
  });
}

async function load(path) {
  const built = await rolldown({ input: join(root, path), logLevel: "silent" });
  const { output } = await built.generate({ format: "esm" });
  await built.close();
  return import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`);
}
