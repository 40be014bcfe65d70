// Answers scenarios with an unpacked npm's own tree builder: `node npm-side.mjs DIR`, a scenario a line on stdin, its answers on stdout.
// The registry is a server on loopback. Runs in a process of its own, because npm may never end, and needs another Node than this one.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

const PLACEHOLDER = "http://registry.local/";
const [, , npm, nodeVersion] = process.argv;
const require = createRequire(join(npm, "package.json"));
const Arborist = require("@npmcli/arborist");
const npmVersion = require("./package.json").version;
const top = mkdtempSync(join(tmpdir(), "webhoist-search-"));
process.on("exit", () => rmSync(top, { recursive: true, force: true }));
process.on("unhandledRejection", () => {});

let packuments = {};
const server = createServer((request, response) => {
  // The first part of the path is the seed, so that npm's cache keeps scenarios apart.
  const [, seed, ...rest] = new URL(request.url, "http://localhost").pathname.split("/");
  const found = packuments[decodeURIComponent(rest.join("/"))];
  const text = JSON.stringify(found ?? { error: "not found" }).replaceAll(PLACEHOLDER, `${origin}${seed}/`);
  response.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(text);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}/`;

const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
};

async function answer({ files, options }, { path, registry }) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  const settings = {
    ...{
      path,
      registry,
      nodeVersion,
      npmVersion,
      cache: join(top, "cache"),
      packageLockOnly: true,
      ignoreScripts: true,
    },
    ...{ audit: false, fund: false, save: true, savePrefix: "^", fetchRetries: 0, preferOnline: false, ...options },
  };
  try {
    await new Arborist(settings).reify(settings);
  } catch (error) {
    return error.code ? { code: error.code } : { crash: String(error.message) };
  }
  const lock = read(join(path, "package-lock.json"));
  return { lock: lock?.replaceAll(registry, PLACEHOLDER), manifest: read(join(path, "package.json")) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const scenario = JSON.parse(line);
  packuments = scenario.packuments;
  const path = join(top, String(scenario.seed), "root");
  const registry = `${origin}${scenario.seed}/`;
  const answers = [];
  for (const step of scenario.steps) {
    mkdirSync(path, { recursive: true });
    process.chdir(path);
    const given = await answer(step, { path, registry });
    answers.push(given);
    if (!given.lock) break;
  }
  process.chdir(top);
  rmSync(dirname(path), { recursive: true, force: true });
  process.stdout.write(`${JSON.stringify({ seed: scenario.seed, answers })}\n`);
}
server.closeAllConnections();
server.close();
process.exit(0);
