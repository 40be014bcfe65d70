// Compares condensing packuments to records with decoding and JSON.parse, over all packuments of a recorded registry or over the
// packuments of one project's resolution.
//   WEBHOIST_REGISTRY=… node test/bench/index-bench.mjs [rounds] [--project ant-design]
// The contenders take turns in one process, in a changing order; a row is the median of the rounds.
// Then prints the size of the records: in memory, and in the store (groups of 128, whose compressible parts are deflated).
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync, gunzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const GROUP = 128;
const root = fileURLToPath(new URL("../..", import.meta.url));
const registry = process.env.WEBHOIST_REGISTRY ?? join(root, "test/conformance/fixtures");
const args = process.argv.slice(2);
const project = args.includes("--project") ? args[args.indexOf("--project") + 1] : undefined;
const rounds = Number(args.find((arg) => /^\d+$/.test(arg)) ?? 9);
const folder = [join(registry, "snapshot/packuments"), join(registry, "packuments")].find(existsSync);
if (!folder) throw new Error(`There are no packuments below ${registry}. Set WEBHOIST_REGISTRY.`);

const { condense, indexPackument } = await load("src/registry/condense.ts");
const { incompressibleStart, isRecord } = await load("src/registry/record-check.ts");
const documents = (await filesOf(project)).map((file) => ({
  name: file.replace(".json.gz", "").replace("+", "/"),
  bytes: new Uint8Array(gunzipSync(readFileSync(join(folder, file)))),
}));
const shared = documents.map(({ name, bytes }) => {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return { name, bytes: copy };
});
const abbreviated = documents.map(({ name, bytes }) => ({ name, bytes: abbreviate(bytes) }));
const records = abbreviated.map(({ name, bytes }) => ({ name, bytes: condense(name, bytes) }));

const decoder = new TextDecoder();
const sum = (set, measure) => set.reduce((total, item) => total + measure(item), 0);
const parse = (set) => sum(set, ({ bytes }) => Object.keys(JSON.parse(decoder.decode(bytes))).length);
const make = (set) => sum(set, ({ name, bytes }) => condense(name, bytes).length);
const keys = (set) => sum(set, ({ name, bytes }) => indexPackument(name, bytes).versionKeys().length);
const check = (set) => sum(set, ({ bytes }) => Number(isRecord(bytes)));

const rows = [
  ["full: decode + JSON.parse", () => parse(documents)],
  ["full: condense", () => make(documents)],
  ["full: condense + every version's key", () => keys(documents)],
  ["full, shared memory: condense", () => make(shared)],
  ["abbreviated: decode + JSON.parse", () => parse(abbreviated)],
  ["abbreviated: condense", () => make(abbreviated)],
  ["records: isRecord", () => check(records)],
].map(([label, run]) => ({ label, run, times: [] }));

for (let round = 0; round < rounds; round++) {
  for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
    const start = performance.now();
    row.run();
    row.times.push(performance.now() - start);
  }
}

const megabytes = (set) => mega(sum(set, ({ bytes }) => bytes.length));
console.log(
  `${documents.length} documents, ${megabytes(documents)} full, ${megabytes(abbreviated)} abbreviated, ${rounds} rounds`,
);
let base = 0;
for (const { label, times } of rows) {
  const median = times.toSorted((a, b) => a - b)[times.length >> 1];
  if (label.includes("JSON.parse")) base = median;
  console.log(`${label.padEnd(36)} first ${ms(times[0])}  median ${ms(median)}  ×${(base / median).toFixed(1)}`);
}
printSizes(
  "full",
  documents.map(({ name, bytes }) => condense(name, bytes)),
);
printSizes(
  "abbreviated",
  records.map(({ bytes }) => bytes),
);

function printSizes(label, all) {
  const hots = all.map((record) => record.subarray(0, incompressibleStart(record)));
  const hot = sum(hots, ({ length }) => length);
  const total = sum(all, ({ length }) => length);
  let deflated = 0;
  for (let at = 0; at < hots.length; at += GROUP) {
    deflated += deflateSync(Buffer.concat(hots.slice(at, at + GROUP)), { level: 6 }).length;
  }
  const cold = total - hot;
  console.log(
    `records of ${label}: ${mega(total)}, of them hot ${mega(hot)}, cold ${mega(cold)}; hot deflated ${mega(deflated)}, stored ${mega(deflated + cold)}`,
  );
}

function mega(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

function ms(time) {
  return `${time.toFixed(1).padStart(7)} ms`;
}

async function filesOf(name) {
  const all = readdirSync(folder).filter((file) => file.endsWith(".json.gz"));
  if (name === undefined) return all;
  const { EngineRun } = await load("test/bench/engine-run.ts");
  const run = new EngineRun(registry, name);
  await run.run();
  const asked = new Set(run.names().map((asked) => `${asked.replace("/", "+")}.json.gz`));
  return all.filter((file) => asked.has(file));
}

/** Returns a packument in the abbreviated form that registries send. */
function abbreviate(bytes) {
  const { name, "dist-tags": tags, versions = {} } = JSON.parse(new TextDecoder().decode(bytes));
  for (const manifest of Object.values(versions)) {
    const { scripts = {} } = manifest;
    if (scripts.install || scripts.preinstall || scripts.postinstall) manifest.hasInstallScript = true;
    for (const key of ["license", "scripts", "libc"]) delete manifest[key];
  }
  return new TextEncoder().encode(JSON.stringify({ name, "dist-tags": tags, versions }));
}

async function load(path) {
  const bundle = await rolldown({
    input: join(root, path),
    logLevel: "silent",
    external: /^node:/,
    transform: { define: { __WEBHOIST_REGISTRY__: '"http://registry.local/"' } },
  });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
  await bundle.close();
  return import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`);
}
