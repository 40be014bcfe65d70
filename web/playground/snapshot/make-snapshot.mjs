// biome-ignore-all lint/style/noRestrictedImports: runs in Node and is not part of the page
// biome-ignore-all lint/suspicious/noConsole: prints its result
// Makes snapshot.bin, the offline registry of the page: every packument that the examples and their ways out need.
//
//   WEBHOIST_REGISTRY=DIR node web/playground/snapshot/make-snapshot.mjs
//
// 1. Resolve every example with the full packuments, under all relevant options (`runs`).
// 2. Shrink the packuments. Packages of the documentation demo and of the flat examples keep all versions. Other packages
//    keep the versions in a lockfile of step 1, those with a dist-tag, and the highest stable version of each caret range.
// 3. Resolve everything again with the small packuments. Every lockfile must be the same, byte for byte.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, env, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import semver from "semver";
import { createServer } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const registry = "http://registry.local/";
const folder = env.WEBHOIST_REGISTRY;
if (!folder) {
  console.error("Set WEBHOIST_REGISTRY to the folder of a recorded registry.");
  exit(1);
}

const server = await createServer({
  configFile: false,
  define: { __WEBHOIST_REGISTRY__: JSON.stringify(registry), __WEBHOIST_INTERLEAVE__: "undefined" },
  logLevel: "error",
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, ws: false, watch: null },
});
const load = (file) => server.ssrLoadModule(join(here, file));
const { createInstaller } = await load("../../index.ts");
const { EXAMPLES } = await load("../project/examples.ts");
const { withSpec } = await load("../project/package-edit.ts");

const WHOLE = new Set(["docs-demo", "flat", "flat-conflict"]);
const LEFT_OUT = new Set([
  "name",
  "version",
  "devDependencies",
  "scripts",
  "dist",
  "_id",
  "gitHead",
  "_npmUser",
  "maintainers",
]);
const DIST_LEFT_OUT = new Set(["signatures", "npm-signature", "fileCount", "unpackedSize", "attestations"]);

/** Reads a recorded packument; undefined if there is none. */
function packument(name) {
  const file = `${name.replace("/", "+")}.json.gz`;
  const path = [join(folder, "snapshot/packuments", file), join(folder, "cases/packuments/real", file)].find(
    existsSync,
  );
  return path && JSON.parse(gunzipSync(readFileSync(path)).toString());
}

/** Returns a `fetch` that answers with `find` and adds each requested name to `asked`. */
function fetchFrom(find, asked) {
  return async (input) => {
    const name = decodeURIComponent(new URL(input.url ?? input).pathname.slice(1));
    const document = find(name);
    if (document) asked.add(name);
    return document ? Response.json(document) : Response.json({}, { status: 404 });
  };
}

/** Lists the projects and options to resolve. */
function runs() {
  const list = EXAMPLES.map(({ id, files }) => ({ id, files, options: {} }));
  for (const { id, files } of EXAMPLES) {
    for (const relax of ["none", "peers", "copies"]) {
      list.push({ id: `${id}, flat, ${relax}`, files, options: { strategy: "flat", relax } });
    }
  }
  const conflict = EXAMPLES.find(({ id }) => id === "conflict").files["package.json"];
  const older = withSpec(conflict, "eslint", "^7.32.0 || ^8.2.0");
  list.push({ id: "conflict, spec", files: { "package.json": older }, options: {} });
  const own = { ...JSON.parse(conflict), overrides: { "eslint-config-airbnb": { eslint: "$eslint" } } };
  list.push({ id: "conflict, override", files: { "package.json": JSON.stringify(own) }, options: {} });
  const arrays = EXAMPLES.find(({ id }) => id === "flat-conflict").files["package.json"];
  for (const overrides of [{ "d3-sankey": { "d3-array": "$d3-array" } }, { "d3-array": "$d3-array" }]) {
    const files = { "package.json": JSON.stringify({ ...JSON.parse(arrays), overrides }) };
    list.push({ id: "flat-conflict, override", files, options: { strategy: "flat" } });
  }
  for (const option of ["legacyPeerDeps", "force"]) {
    list.push({ id: `conflict, ${option}`, files: { "package.json": conflict }, options: { [option]: true } });
  }
  for (const { id, files } of EXAMPLES) {
    for (const option of [{ installStrategy: "nested" }, { legacyPeerDeps: true }, { strictPeerDeps: true }]) {
      list.push({ id: `${id}, ${Object.keys(option)}`, files, options: option });
    }
  }
  return list;
}

/** Returns the result of each run: its lockfile, or the code and message of its failure. */
async function resolveAll(find) {
  const results = [];
  for (const { id, files, options } of runs()) {
    const asked = new Set();
    const installer = await createInstaller({ registry, metadata: "full", fetch: fetchFrom(find, asked), retries: 0 });
    try {
      const { files: written } = await installer.resolve({ files, name: "project" }, options);
      results.push({ id, asked, text: written["package-lock.json"], lock: JSON.parse(written["package-lock.json"]) });
    } catch (error) {
      results.push({ id, asked, text: `${error.failure?.code ?? error.stack} ${error.failure?.message ?? ""}` });
    } finally {
      installer.dispose();
    }
  }
  return results;
}

/** Returns the versions of each package in the lockfiles. */
function picked(results) {
  const versions = new Map();
  for (const { lock } of results) {
    for (const [location, { name, version }] of Object.entries(lock?.packages ?? {})) {
      const key = name ?? location.split("node_modules/").at(-1);
      versions.set(key, (versions.get(key) ?? new Set()).add(version));
    }
  }
  return versions;
}

/** Returns the versions to keep: see step 2 above. */
function keptVersions(document, whole, chosen) {
  const all = Object.keys(document.versions);
  if (whole) return new Set(all);
  const kept = new Set([...chosen, ...Object.values(document["dist-tags"])]);
  const highest = new Map();
  for (const version of all.filter((text) => semver.valid(text)).sort(semver.rcompare)) {
    const { major, minor, patch, prerelease } = semver.parse(version);
    const range = major > 0 ? `${major}` : minor > 0 ? `0.${minor}` : `0.0.${patch}`;
    // npm prefers versions that are not deprecated, so keep the highest of each kind.
    const key = `${range} ${prerelease.length > 0} ${Boolean(document.versions[version].deprecated)}`;
    if (prerelease.length === 0 && !highest.has(key)) highest.set(key, version);
  }
  for (const version of highest.values()) kept.add(version);
  return new Set(all.filter((version) => kept.has(version)));
}

/** Leaves out fields that no resolution needs or that the page can derive. */
function condense(document, kept) {
  const { name } = document;
  const file = name.slice(name.indexOf("/") + 1);
  const versions = {};
  for (const version of kept) {
    const manifest = document.versions[version];
    const compact = Object.fromEntries(Object.entries(manifest).filter(([key]) => !LEFT_OUT.has(key)));
    const scripts = Object.entries(manifest.scripts ?? {}).filter(([key]) => /^(pre|post)?install$/.test(key));
    if (scripts.length > 0) compact.scripts = Object.fromEntries(scripts);
    compact.dist = Object.fromEntries(Object.entries(manifest.dist ?? {}).filter(([key]) => !DIST_LEFT_OUT.has(key)));
    if (compact.dist.integrity) delete compact.dist.shasum;
    if (compact.dist.tarball === `${registry}${name}/-/${file}-${version}.tgz`) delete compact.dist.tarball;
    versions[version] = compact;
  }
  const tags = Object.entries(document["dist-tags"]).filter(([, version]) => kept.has(version));
  return { name, "dist-tags": Object.fromEntries(tags), versions };
}

/** Reverses `condense`, as the page does. */
function expand(compact) {
  const file = compact.name.slice(compact.name.indexOf("/") + 1);
  const document = structuredClone(compact);
  for (const [version, manifest] of Object.entries(document.versions)) {
    const tarball = `${registry}${compact.name}/-/${file}-${version}.tgz`;
    document.versions[version] = { name: compact.name, version, ...manifest, dist: { tarball, ...manifest.dist } };
  }
  return document;
}

const documents = new Map();
const find = (name) => {
  if (!documents.has(name)) documents.set(name, packument(name));
  return documents.get(name);
};
const first = await resolveAll(find);
for (const { id, text } of first) console.log(id.padEnd(32), text.startsWith("{") ? `${text.length} bytes` : text);

const whole = new Set(first.flatMap(({ id, asked }) => (WHOLE.has(id) ? [...asked] : [])));
const chosen = picked(first);
const names = [...new Set(first.flatMap(({ asked }) => [...asked]))].sort();
const compact = new Map(
  names.map((name) => {
    const document = find(name);
    return [name, condense(document, keptVersions(document, whole.has(name), chosen.get(name) ?? []))];
  }),
);
const second = await resolveAll((name) => compact.has(name) && expand(compact.get(name)));
const different = second.filter(({ text }, i) => text !== first[i].text);
for (const { id, text } of different) console.error(`${id} differs: ${text.slice(0, 200)}`);

const text = [...compact].map(([name, document]) => `${name}\t${JSON.stringify(document)}\n`).join("");
const bytes = gzipSync(text, { level: 9 });
console.log(`${names.length} packuments, ${text.length} bytes, ${bytes.length} gzipped`);
if (different.length === 0 || argv.includes("--anyway")) writeFileSync(join(here, "snapshot.bin"), bytes);
await server.close();
exit(different.length > 0 ? 1 : 0);
