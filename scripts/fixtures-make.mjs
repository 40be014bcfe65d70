#!/usr/bin/env node
// Makes test/conformance/fixtures/*.pack from a recorded registry: WEBHOIST_REGISTRY=DIR node scripts/fixtures-make.mjs
//
// A pack contains cases and the packuments that they were recorded with. test/conformance/pack.ts describes its format. Fields that
// change no answer are left out: the shasum of a version that has an integrity and, in the projects' packuments, devDependencies and
// publish times.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const root = process.env.WEBHOIST_REGISTRY;
if (!root) throw new Error("Set WEBHOIST_REGISTRY to a recorded registry's folder.");
const out = fileURLToPath(new URL("../test/conformance/fixtures/", import.meta.url));
const LIMIT = 6_000_000;
/** Projects that are small enough for a pack. */
const PROJECTS = ["docs-demo"];

const text = (...path) => readFileSync(join(root, ...path), "utf8");
const gunzipped = (...path) => gunzipSync(readFileSync(join(root, ...path))).toString();

/** Returns a packument as JSON, without the fields that change no answer. */
function slim(document, versionFields = []) {
  const packument = JSON.parse(document);
  for (const manifest of Object.values(packument.versions)) {
    if (manifest.dist?.integrity) delete manifest.dist.shasum;
    for (const field of versionFields) delete manifest[field];
  }
  return JSON.stringify(packument);
}

class Pack {
  names = [];
  lines = [];
  tarballs = {};
  cases = [];
  #indices = new Map();

  /** Adds a packument once and returns its index. Different packuments of one name have different keys. */
  add(name, key, document) {
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.lines.push(document()) - 1;
      this.names.push(name);
      this.#indices.set(key, index);
    }
    return index;
  }

  write(file) {
    const hashes = new Map();
    const cases = JSON.stringify(this.cases);
    if (/<#\d+>/.test(cases))
      throw new Error(`${file}: a case contains text that looks like a reference to a hash (<#1>)`);
    const short = cases.replace(/sha\d+-[A-Za-z0-9+/]{20,}=*/g, (hash) => {
      if (!hashes.has(hash)) hashes.set(hash, hashes.size);
      return `<#${hashes.get(hash)}>`;
    });
    const { names, tarballs } = this;
    const header = `${JSON.stringify({ hashes: [...hashes.keys()], names, tarballs }).slice(0, -1)},"cases":${short}}`;
    const content = [header, ...this.lines].join("\n");
    const foreign = content.match(/https?:\/\/registry\.(?!local\/)[\w.-]+/);
    if (foreign) throw new Error(`${file} names a registry's host at ${content.indexOf(foreign[0])}`);
    const packed = gzipSync(content, { level: 9 });
    // The tenth byte of a gzip header is the operating system. 255, "unknown", gives the same bytes on every system.
    packed[9] = 255;
    writeFileSync(join(out, file), packed);
    console.log(`${file}: ${this.cases.length} cases, ${this.lines.length} packuments, ${packed.length} bytes`);
    return packed.length;
  }
}

function harvested(suite) {
  const pack = new Pack();
  for (const name of readdirSync(join(root, "cases", suite)).sort()) {
    const { dirname, cwd, options, files, links, packuments, tarballs, expect } = JSON.parse(
      text("cases", suite, name, "case.json"),
    );
    const { lockfile, ...answer } = expect;
    if (lockfile) answer.lock = text("cases", suite, name, "expected-lock.json");
    const indices = Object.entries(packuments).map(([of, file]) =>
      pack.add(of, file, () => slim(gunzipped("cases", file))),
    );
    for (const { url, file } of tarballs)
      pack.tarballs[url] = readFileSync(join(root, "cases", file)).toString("base64");
    const visible = tarballs.length > 0 ? { tarballs: tarballs.map(({ url }) => url) } : {};
    pack.cases.push({
      suite,
      name,
      dirname,
      cwd,
      options,
      files,
      links,
      expect: answer,
      packuments: indices,
      ...visible,
    });
  }
  return pack;
}

function random() {
  const pack = new Pack();
  for (const line of gunzipped("cases", "random.ndjson.gz").trim().split("\n")) {
    const { packuments, ...record } = JSON.parse(line);
    const indices = Object.entries(packuments).map(([name, document]) => {
      const one = JSON.stringify(document);
      return pack.add(name, `${name} ${one}`, () => one);
    });
    pack.cases.push({ suite: "random", ...record, packuments: indices });
  }
  return pack;
}

/** Returns the names of all packages in a lock and of all their dependencies. npm requests only some of them. */
function namesOf(lock) {
  const names = new Set();
  for (const [location, entry] of Object.entries(lock.packages)) {
    if (location) names.add(entry.name ?? location.split("node_modules/").pop());
    for (const field of ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"])
      for (const name of Object.keys(entry[field] ?? {})) names.add(name);
  }
  return [...names].sort();
}

function projects() {
  const pack = new Pack();
  for (const name of PROJECTS) {
    const lock = text("projects", name, "package-lock.json");
    const fileOf = (of) => join("snapshot/packuments", `${of.replace("/", "+")}.json.gz`);
    const known = namesOf(JSON.parse(lock)).filter((of) => existsSync(join(root, fileOf(of))));
    const indices = known.map((of) =>
      pack.add(of, of, () => withoutTimes(slim(gunzipped(fileOf(of)), ["devDependencies"]))),
    );
    const files = { "package.json": text("projects", name, "package.json") };
    pack.cases.push({
      suite: "projects",
      name,
      dirname: name,
      cwd: ".",
      options: {},
      files,
      expect: { ok: true, lock },
      packuments: indices,
    });
  }
  return pack;
}

function withoutTimes(document) {
  const { time: _, ...packument } = JSON.parse(document);
  return JSON.stringify(packument);
}

mkdirSync(out, { recursive: true });
const total =
  projects().write("projects.pack") +
  harvested("arborist").write("arborist.pack") +
  harvested("real").write("real.pack") +
  random().write("random.pack");
console.log(`${total} bytes in total`);
if (total > LIMIT) throw new Error(`The packs take ${total} bytes. The limit is ${LIMIT}.`);
