#!/usr/bin/env node
// Runs npm, and records what it installs for plan.test.ts.
//
//   node test/install/npm-answers.mjs                    the small projects of cases.mjs, into fixtures/
//   node test/install/npm-answers.mjs --case bins        one project
//   node test/install/npm-answers.mjs --recorded DIR [--keep FOLDER]
//                                                             projects of a recorded registry (its server.mjs, snapshot/ and
//                                                             projects/), as hashes into fixtures/recorded; whole into FOLDER
//
// An answer lists the project after `npm ci --ignore-scripts`: folders of packages, links, the hidden lock.
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { CASES, RECORDED } from "./plan-cases.mjs";

const HOME = "http://registry.local/";
const args = process.argv.slice(2);
const option = (name) => (args.includes(`--${name}`) ? args[args.indexOf(`--${name}`) + 1] : undefined);
const run = promisify(execFile);

function header(name, size) {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  for (const [at, text] of [
    [100, "000644 "],
    [108, "000000 "],
    [116, "000000 "],
  ])
    block.write(text, at);
  block.write(`${size.toString(8).padStart(11, "0")} 00000000000 `, 124);
  block.write("        0", 148);
  block.write("ustar", 257);
  block.write("00", 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(sum.toString(8).padStart(6, "0"), 148);
  block[154] = 0;
  return block;
}

function tarball(files) {
  const blocks = Object.entries(files).flatMap(([path, text]) => {
    const body = Buffer.from(text);
    return [header(`package/${path}`, body.length), body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

function binFiles(prefix, { bin }) {
  const paths = typeof bin === "string" ? [bin] : Object.values(bin ?? {});
  const inside = paths.map((path) => join("/", path).slice(1)).filter((path) => !path.endsWith("/"));
  return Object.fromEntries(
    inside.filter((path) => !path.includes("missing")).map((path) => [prefix + path, "#!/usr/bin/env node\n"]),
  );
}

function packed(id, { bundles = {}, extra = {}, ...fields }) {
  const at = id.lastIndexOf("@");
  const manifest = { name: id.slice(0, at), version: id.slice(at + 1), ...fields };
  const files = { "package.json": JSON.stringify(manifest), ...binFiles("", manifest), ...extra };
  for (const [path, inner] of Object.entries(bundles)) {
    const folder = `node_modules/${path}/`;
    Object.assign(files, { [`${folder}package.json`]: JSON.stringify(inner) }, binFiles(folder, inner));
  }
  const bytes = tarball(files);
  return { manifest, bytes, integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}` };
}

/** Serves packages from a registry on loopback. */
async function serve(packages) {
  const found = Object.entries(packages).map(([id, fields]) => packed(id, fields));
  const byPath = new Map(
    found.map(({ manifest: { name, version }, bytes }) => [
      `/${name}/-/${name.split("/").pop()}-${version}.tgz`,
      bytes,
    ]),
  );
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url);
    const bytes = byPath.get(path);
    if (bytes) return response.end(bytes);
    const own = found.filter(({ manifest }) => `/${manifest.name}` === path);
    if (own.length === 0) return response.writeHead(404).end("{}");
    const versions = own.map(({ manifest, integrity }) => {
      const { name, version } = manifest;
      const dist = { tarball: `${origin}${name}/-/${name.split("/").pop()}-${version}.tgz`, integrity };
      return [version, { ...manifest, dist }];
    });
    const document = {
      name: own[0].manifest.name,
      "dist-tags": { latest: versions.at(-1)[0] },
      versions: Object.fromEntries(versions),
    };
    response.setHeader("content-type", "application/json");
    return response.end(JSON.stringify(document));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `http://127.0.0.1:${server.address().port}/`;
  return { origin, close: () => server.close() };
}

/** Runs an npm command in a folder, with the given configuration only. */
async function npm(cwd, words, { home, registry }) {
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    npm_config_userconfig: join(home, "npmrc"),
    npm_config_cache: join(home, "cache"),
  };
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", `--registry=${registry}`];
  try {
    await run("npm", [...words, ...flags], { cwd, env, maxBuffer: 1 << 28 });
    return null;
  } catch (error) {
    if (process.env.DEBUG) console.error(error.stderr);
    return /npm error code (\w+)/.exec(error.stderr)?.[1] ?? error.stderr;
  }
}

function flagsOf({ omit = [], os, cpu, libc }) {
  return [
    ...omit.map((type) => `--omit=${type}`),
    ...(os ? [`--os=${os}`] : []),
    ...(cpu ? [`--cpu=${cpu}`] : []),
    ...(libc ? [`--libc=${libc}`] : []),
  ];
}

/** Lists the folders below a `node_modules` that have a package.json, and every link. */
function listing(root) {
  const folders = [];
  const links = {};
  const walk = (folder, inModules) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.isSymbolicLink()) links[path] = readlinkSync(join(root, path));
      else if (entry.isDirectory()) {
        const isPackage = inModules && !entry.name.startsWith("@") && entry.name !== ".bin";
        if (isPackage && existsSync(join(root, path, "package.json"))) folders.push(path);
        walk(path, entry.name === "node_modules" || (inModules && entry.name.startsWith("@")));
      }
    }
  };
  walk("", false);
  return {
    folders: folders.sort(),
    links: Object.fromEntries(Object.entries(links).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function clean(root) {
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    if (entry.name === "node_modules")
      rmSync(join(entry.parentPath ?? entry.path, entry.name), { recursive: true, force: true });
  }
}

async function answer(root, { home, registry, command, words }) {
  const error = await npm(root, [command, ...words], { home, registry });
  if (error) return { error };
  const hidden = join(root, "node_modules/.package-lock.json");
  const hiddenLock = existsSync(hidden) ? readFileSync(hidden, "utf8").replaceAll(registry, HOME) : null;
  return { ...listing(root), hiddenLock };
}

async function askCase(name) {
  const { packages, files, runs, config = [], tarballs = {}, full = false } = CASES[name];
  const folder = mkdtempSync(join(tmpdir(), "plan-"));
  const [root, home] = [join(folder, name), join(folder, "home")];
  const registry = await serve(packages);
  try {
    mkdirSync(home);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
    }
    for (const [path, id] of Object.entries(tarballs)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), packed(id, packages[id]).bytes);
    }
    const error = await npm(root, ["install", "--force", ...(full ? [] : ["--package-lock-only"]), ...config], {
      home,
      registry: registry.origin,
    });
    if (error) throw new Error(`${name}: ${error}`);
    const lock = readFileSync(join(root, "package-lock.json"), "utf8").replaceAll(registry.origin, HOME);
    const answers = [];
    for (const options of runs) {
      clean(root);
      const words = [...config.filter((flag) => !flag.includes("version")), ...flagsOf(options)];
      answers.push({ options, ...(await answer(root, { home, registry: registry.origin, command: "ci", words })) });
    }
    return { lock, runs: answers };
  } finally {
    registry.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `npm install` from the lock if the registry lacks optional packages of other platforms: `npm ci` would fail. */
async function askProject(project, { registry, options, command = "ci" }) {
  const folder = mkdtempSync(join(tmpdir(), "plan-"));
  const [root, home] = [join(folder, "project"), join(folder, "home")];
  try {
    mkdirSync(home);
    mkdirSync(root);
    for (const file of ["package.json", "package-lock.json"]) {
      writeFileSync(join(root, file), readFileSync(join(project, file), "utf8").replaceAll(HOME, registry));
    }
    const words = [...flagsOf(options), ...(command === "install" ? ["--no-save"] : [])];
    return await answer(root, { home, registry, command, words });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function askRecorded(folder, keep) {
  const server = spawn(process.execPath, [join(folder, "server.mjs"), "--snapshot", join(folder, "snapshot")]);
  const line = await new Promise((listening) => server.stdout.once("data", listening));
  const registry = `${String(line).trim()}/`;
  const rows = [];
  try {
    for (const { project, ...how } of RECORDED) {
      const whole = await askProject(join(folder, "projects", project), { registry, ...how });
      const { folders, links, hiddenLock } = whole;
      if (keep) writeFileSync(join(keep, `${project}-${rows.length}.json`), JSON.stringify(whole));
      const digest = createHash("sha256")
        .update(JSON.stringify([folders, links, hiddenLock]))
        .digest("hex");
      rows.push({ project, options: how.options, folders: folders.length, links: Object.keys(links).length, digest });
      console.log(project, JSON.stringify(how.options));
    }
  } finally {
    server.kill();
  }
  writeFileSync(
    new URL("./fixtures/plan/recorded/answers.json", import.meta.url),
    `${JSON.stringify(rows, null, 2)}\n`,
  );
}

if (option("recorded")) await askRecorded(option("recorded"), option("keep"));
else {
  const folder = new URL("./fixtures/plan/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const name of option("case") ? [option("case")] : Object.keys(CASES)) {
    writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(await askCase(name), null, 1)}\n`);
    console.log(name);
  }
}
