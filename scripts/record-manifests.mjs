#!/usr/bin/env node
// Records what npm makes of odd package.json files, for test/project/odd-manifests.test.ts.
//
//   npm run record:manifests -- --npm DIR [--npm DIR] [--node FILE] [--seeds 0..290]
//
// DIR: an unpacked npm package, such as `npm pack npm@12.2.2` gives. --node: the Node to run it with; npm 12 needs 22.22 or later.
// Runs `npm install --package-lock-only` as a command, because the command refuses more than its tree builder does.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { bundleEntry } from "./bundle-entry.mjs";
import { ROOT } from "./setup.mjs";

const { values } = parseArgs({
  options: {
    npm: { type: "string", multiple: true, default: [] },
    node: { type: "string", default: process.execPath },
    seeds: { type: "string", default: "0..290" },
    out: { type: "string", default: join(ROOT, "test/project/odd-manifests.ndjson.gz") },
  },
});
if (values.npm.length === 0) throw new Error("Name an unpacked npm: --npm DIR");
const PLACEHOLDER = "http://registry.local/";
const LIMIT = 60_000;
const AT_ONCE = 3;
const [first, last] = values.seeds.split("..").map(Number);
const outDir = join(ROOT, "node_modules/.cache", `manifests-${process.pid}`);
const file = await bundleEntry("test/search/odd-manifests.ts", { platform: "node", outDir });
const { oddProject, PACKUMENTS } = await import(pathToFileURL(file).href);

const server = createServer((request, response) => {
  const found = PACKUMENTS[decodeURIComponent(request.url.slice(1))];
  const text = JSON.stringify(found ?? { error: "not found" }).replaceAll(PLACEHOLDER, registry);
  response.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(text);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const registry = `http://127.0.0.1:${server.address().port}/`;
const top = mkdtempSync(join(tmpdir(), "webhoist-manifests-"));

/** Returns the lock that npm writes for a project, or the first line of its failure that names a reason. */
async function answer(npm, seed, files) {
  const path = join(top, npm.version, String(seed), "root");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  const flags = [
    ...["--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"],
    ...[`--registry=${registry}`, `--cache=${join(top, "cache")}`, "--userconfig=no-user", "--globalconfig=no-global"],
  ];
  const child = spawn(values.node, [join(npm.dir, "bin/npm-cli.js"), "install", ...flags], {
    cwd: path,
    timeout: LIMIT,
    killSignal: "SIGKILL",
    env: { PATH: process.env.PATH, HOME: top },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const status = await new Promise((ended) => child.on("close", ended));
  const lines = errors.split("\n").filter((line) => line.startsWith("npm error"));
  const refused = (lines[0] ?? `ended with ${status}`).replace(/^npm error (?:code )?/, "").replaceAll(path, "");
  if (status !== 0) return { refused };
  return { lock: readFileSync(join(path, "package-lock.json"), "utf8").replaceAll(registry, PLACEHOLDER) };
}

const npms = values.npm.map((dir) => {
  const { version } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
  return { dir: resolve(dir), version };
});
const records = Array.from({ length: last - first + 1 }, (_, i) => ({
  seed: first + i,
  files: oddProject(first + i),
  npm: {},
}));
const todo = npms.flatMap((npm) => records.map((record) => ({ npm, record })));
async function work() {
  for (let next = todo.shift(); next; next = todo.shift()) {
    const { npm, record } = next;
    record.npm[npm.version] = await answer(npm, record.seed, record.files);
  }
}
try {
  await Promise.all(Array.from({ length: AT_ONCE }, work));
} finally {
  server.closeAllConnections();
  server.close();
  rmSync(top, { recursive: true, force: true });
  rmSync(outDir, { recursive: true, force: true });
}
const text = records.map((record) => `${JSON.stringify(record)}\n`).join("");
writeFileSync(values.out, gzipSync(text, { level: 9 }));
for (const { version } of npms) {
  const refused = records.filter(({ npm }) => npm[version].refused).length;
  console.log(`npm ${version}: ${records.length} projects, ${refused} refused`);
}
