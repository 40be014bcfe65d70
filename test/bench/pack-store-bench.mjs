// Measures ways to store tarballs in Chromium: writes about 60 MB in batches of 16 MB, then reads them in a new page.
//   node test/bench/pack-store-bench.mjs [--tarballs DIR] [--project DIR] [--rounds N]
// --tarballs: a folder of recorded tarballs, whose sizes are used; --project: only those in its package-lock.json. Without
// them, sizes are generated. Contents are always random.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright";
import { CHROMIUM_SWITCHES, findChromium } from "../../scripts/chromium.mjs";
import { bundle, median, serveScript, taskTimes } from "./browser-bench.mjs";

const { values } = parseArgs({
  options: {
    tarballs: { type: "string" },
    project: { type: "string" },
    rounds: { type: "string", default: "3" },
  },
});
const rounds = Number(values.rounds);
const sizes = values.tarballs ? recorded(values.tarballs, values.project) : madeUp(1317);
const sum = sizes.reduce((bytes, [tarball]) => bytes + tarball, 0);
console.log(`${sizes.length} packs, ${(sum / 1e6).toFixed(1)} MB`);

const { address, close } = await serveScript(await bundle("test/bench/pack-store-page.ts"));
const executablePath = findChromium();

const ways = await inBrowser((run) => run("ways"));
console.log(
  "Milliseconds, medians. Written in batches, and the longest page task in that (CPU). Read by a new page: all",
);
console.log(
  "indexes; 120 packs in turn; 120 at once; all at once; the longest page task. CPU: all processes, with what makes",
);
console.log("the packs. Peak: megabytes over the start, of the page's process and of all.");
console.log("way            write  task    cpu  page  all | index  turn  once   all  task    cpu  page  all");
for (const way of Object.values(ways.result)) await row(way);
close();

async function row(way) {
  const some = Array.from({ length: 120 }, (_, i) => Math.floor((i * 0.618034 * sizes.length) % sizes.length));
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    runs.push(await inBrowser(async (run) => [await run("write", way, sizes), await run("read", way, sizes, some)]));
  }
  const column = (which, width, pick) =>
    median(runs.map((run) => pick(run[which])))
      .toFixed(0)
      .padStart(width);
  const shared = (which) => [
    column(which, 5, ({ longest }) => longest),
    column(which, 6, ({ cpu }) => cpu),
    column(which, 5, ({ peak }) => peak.page),
    column(which, 4, ({ peak }) => peak.processes),
  ];
  const reads = ["index", "inTurn", "atOnce", "everything"].map((key) => column(1, 5, ({ result }) => result[key]));
  const write = column(0, 6, ({ result }) => result.milliseconds);
  console.log([way.padEnd(13), write, ...shared(0), "|", ...reads, ...shared(1)].join(" "));
}

/** Makes each call in its own page and renderer, in a browser that starts empty. */
async function inBrowser(use) {
  const browser = await chromium.launch({ args: CHROMIUM_SWITCHES, ...(executablePath && { executablePath }) });
  const devtools = await browser.newBrowserCDPSession();
  const context = await browser.newContext();
  try {
    return await use(async (name, ...args) => {
      const page = await context.newPage();
      page.on("console", (message) => console.log(message.text()));
      await page.goto(address);
      const memory = await watchMemory(devtools);
      await browser.startTracing(page, { categories: ["toplevel", "blink.user_timing"] });
      const before = await cpu(devtools);
      const result = await page.evaluate(([call, given]) => globalThis.bench[call](...given), [name, args]);
      const spent = (await cpu(devtools)) - before;
      const peak = memory.stop();
      const longest = Math.max(...taskTimes(JSON.parse(await browser.stopTracing())));
      await page.close();
      return { result, longest, cpu: spent, peak };
    });
  } finally {
    await browser.close();
  }
}

/** Returns the peak of resident megabytes above the start, of the largest renderer and of all processes. */
async function watchMemory(devtools) {
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  const look = () => {
    const all = processInfo.map(({ id, type }) => [type, resident(id)]);
    return {
      page: Math.max(...all.filter(([type]) => type === "renderer").map(([, size]) => size)),
      processes: all.reduce((total, [, size]) => total + size, 0),
    };
  };
  const start = look();
  const peak = { ...start };
  const timer = setInterval(() => {
    const now = look();
    for (const key of Object.keys(peak)) peak[key] = Math.max(peak[key], now[key]);
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return { page: peak.page - start.page, processes: peak.processes - start.processes };
    },
  };
}

async function cpu(devtools) {
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  return 1000 * processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

function resident(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Returns the sizes of tarballs and, roughly, of their indexes. */
function recorded(folder, project) {
  const files = project
    ? namesOf(project)
    : readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".tgz"));
  const found = files.map((file) => join(folder, file)).filter((file) => existsSync(file));
  return found.map((file) => statSync(file).size).map((size) => [size, indexSize(size)]);
}

function namesOf(project) {
  const { packages } = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8"));
  const files = Object.values(packages).flatMap(({ resolved = "" }) => {
    const [, name, file] = /^https?:\/\/[^/]+\/(.+)\/-\/([^/]+\.tgz)$/.exec(resolved) ?? [];
    return name ? [join(name.replace("/", "+"), file), join(name, file)] : [];
  });
  return [...new Set(files)];
}

/** Generates sizes like real ones: spread over four powers of ten, most of them small (1,317 packs have 60 MB, the largest 13). */
function madeUp(number) {
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed >>> 8) / 2 ** 24;
  };
  return Array.from({ length: number }, () => {
    const spread = random() + random() + random() + random() - 2;
    const size = Math.min(12_000_000, Math.round(6_700 * 10 ** (1.5 * spread + (spread > 0.9 ? 0.6 : 0))));
    return [size, indexSize(size)];
  });
}

function indexSize(size) {
  return Math.round(200 + size / 50);
}
