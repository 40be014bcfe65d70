// Measures ways to inflate tarballs, by size: fflate and the platform's own, in Node and in a worker of Chromium.
//   node test/bench/inflate-bench.mjs TARBALLS [--rounds N]
// TARBALLS: a folder that contains *.tgz files, at any depth.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright";
import { CHROMIUM_SWITCHES, findChromium } from "../../scripts/chromium.mjs";
import { bundle, serve } from "./browser-bench.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "5" } },
});
const rounds = Number(values.rounds);
const WAYS = ["ours", "fflate", "native", "by 16k", "by 64k"];
const KIB = 1024;
const LIMITS = [4, 16, 64, 256, 1024, Number.POSITIVE_INFINITY].map((kibibytes) => kibibytes * KIB);

const [folder] = positionals;
if (!folder) throw new Error("Pass a folder with tarballs.");
const all = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".tgz"))
  .sort()
  .map((name) => Uint8Array.from(readFileSync(join(folder, name))));
const classes = LIMITS.map((limit, i) => all.filter(({ length }) => length < limit && length >= (LIMITS[i - 1] ?? 0)));

const script = await bundle("test/bench/inflate-page.ts");
await import(`data:text/javascript;base64,${Buffer.from(script).toString("base64")}`);
await table("Node", (way, files) => globalThis.bench.time(way, files, rounds));

const { address, close } = await serve((request, response) => {
  if (!request.url?.startsWith("/tarballs")) return false;
  const files = classes[Number(request.url.slice("/tarballs".length + 1))] ?? [];
  response.end(Buffer.concat([Buffer.from(`${JSON.stringify(files.map((f) => f.length))}\n`), ...files]));
  return true;
});
const executablePath = findChromium();
const browser = await chromium.launch({ args: CHROMIUM_SWITCHES, ...(executablePath && { executablePath }) });
try {
  const page = await browser.newPage();
  await page.goto(address);
  await table("Chromium, a worker", (way, files) =>
    page.evaluate(runInWorker, { script, way, rounds, from: `${address}tarballs/${classes.indexOf(files)}` }),
  );
} finally {
  await browser.close();
  close();
}

async function table(where, time) {
  console.log(
    `\n${where}: milliseconds, the least of ${rounds} rounds\n${"below".padEnd(10)}files       MB ${WAYS.map((way) => way.padStart(8)).join("")}`,
  );
  for (const [i, files] of classes.entries()) {
    if (files.length === 0) continue;
    const size = files.reduce((sum, { length }) => sum + length, 0) / 1e6;
    const times = [];
    for (const way of WAYS) times.push((await time(way, files)).toFixed(1).padStart(8));
    console.log(
      `${String(LIMITS[i] / KIB).padEnd(8)}${String(files.length).padStart(7)} ${size.toFixed(2).padStart(8)} ${times.join("")}`,
    );
  }
}

/** In the page. */
function runInWorker({ script, way, rounds, from }) {
  const run = `${script}
    bench.fetched(${JSON.stringify(from)})
      .then((files) => bench.time(${JSON.stringify(way)}, files, ${rounds}))
      .then((time) => postMessage(time));`;
  const worker = new Worker(URL.createObjectURL(new Blob([run], { type: "text/javascript" })));
  return new Promise((done, failed) => {
    worker.onerror = failed;
    worker.onmessage = ({ data }) => {
      worker.terminate();
      done(data);
    };
  });
}
