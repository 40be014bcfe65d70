// Indexing a packument against decoding and JSON.parse of it, over every packument of a recorded registry.
//   WEBHOIST_REGISTRY=… node test/bench/index-bench.mjs [rounds]
// The two take turns in one process, in an order that changes from round to round; a row is the median of the rounds.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../..", import.meta.url));
const registry = process.env.WEBHOIST_REGISTRY ?? join(root, "test/fixtures");
const rounds = Number(process.argv[2] ?? 9);
const folder = [join(registry, "snapshot/packuments"), join(registry, "packuments")].find(existsSync);
if (!folder) throw new Error(`no packuments below ${registry}: set WEBHOIST_REGISTRY`);

const { indexPackument } = await load("src/registry/packument.ts");
const documents = readdirSync(folder)
  .filter((file) => file.endsWith(".json.gz"))
  .map((file) => ({ name: file, bytes: new Uint8Array(gunzipSync(readFileSync(join(folder, file)))) }));
const shared = documents.map(({ name, bytes }) => {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return { name, bytes: copy };
});
const abbreviated = documents.map(({ name, bytes }) => ({ name, bytes: abbreviate(bytes) }));

const decoder = new TextDecoder();
const parse = (set) => set.reduce((sum, { bytes }) => sum + Object.keys(JSON.parse(decoder.decode(bytes))).length, 0);
const index = (set) => set.reduce((sum, { name, bytes }) => sum + indexPackument(name, bytes).byteLength, 0);
const keys = (set) => set.reduce((sum, { name, bytes }) => sum + indexPackument(name, bytes).versionKeys().length, 0);

const rows = [
  ["full: decode + JSON.parse", () => parse(documents)],
  ["full: index", () => index(documents)],
  ["full: index + every version's key", () => keys(documents)],
  ["full, shared memory: index", () => index(shared)],
  ["abbreviated: decode + JSON.parse", () => parse(abbreviated)],
  ["abbreviated: index", () => index(abbreviated)],
].map(([label, run]) => ({ label, run, times: [] }));

for (let round = 0; round < rounds; round++) {
  for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
    const start = performance.now();
    row.run();
    row.times.push(performance.now() - start);
  }
}

const size = (set) => (set.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6).toFixed(1);
console.log(
  `${documents.length} documents, ${size(documents)} MB full, ${size(abbreviated)} MB abbreviated, ${rounds} rounds`,
);
let base = 0;
for (const { label, times } of rows) {
  const median = times.toSorted((a, b) => a - b)[times.length >> 1];
  if (label.includes("JSON.parse")) base = median;
  console.log(`${label.padEnd(36)} first ${ms(times[0])}  median ${ms(median)}  ×${(base / median).toFixed(1)}`);
}

function ms(time) {
  return `${time.toFixed(1).padStart(7)} ms`;
}

function abbreviate(bytes) {
  const { name, "dist-tags": tags, versions = {} } = JSON.parse(new TextDecoder().decode(bytes));
  for (const manifest of Object.values(versions))
    for (const key of ["license", "scripts", "libc"]) delete manifest[key];
  return new TextEncoder().encode(JSON.stringify({ name, "dist-tags": tags, versions }));
}

async function load(path) {
  const bundle = await rolldown({ input: join(root, path), logLevel: "silent" });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  return import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`);
}
