import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import { createInstaller, type Installer } from "../../web/index.ts";
import { anySinks } from "../sink/escape-places.ts";
import { errorOf } from "../sink/faults.ts";

// A project from an untrusted source ships node_modules with a link in a package, and a hidden lock that lists the package.

function entry(path: string, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(512);
  head.write(path, 0);
  head.write("0000644\0", 100);
  head.write(`${body.length.toString(8).padStart(11, "0")}\0`, 124);
  head.write("0", 156);
  head.write("ustar\x0000", 257, "latin1");
  head.fill(32, 148, 156);
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([head, body, Buffer.alloc(-body.length & 511)]);
}

function tarball(name: string, files: Readonly<Record<string, string>> = {}): { bytes: Buffer; integrity: string } {
  const all = { "package.json": JSON.stringify({ name, version: "1.0.0" }), ...files };
  const entries = Object.entries(all).map(([path, text]) => entry(`package/${path}`, text));
  const bytes = gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));
  return { bytes, integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}` };
}

const REGISTRY = "http://registry.test/";
let base: string;
let installer: Installer | undefined;

beforeEach(async () => {
  base = await fs.mkdtemp(join(tmpdir(), "webhoist-escape-"));
});
afterEach(async () => {
  await installer?.dispose();
  installer = undefined;
  await fs.rm(base, { recursive: true });
});

function start(tarballs: Readonly<Record<string, ReturnType<typeof tarball>>>): Promise<Installer> {
  const fetch = async (url: unknown): Promise<Response> => {
    const [, name = ""] = /\/([^/]+)-1\.0\.0\.tgz/.exec(String(url)) ?? [];
    const found = tarballs[name];
    return found ? new Response(new Uint8Array(found.bytes)) : new Response("", { status: 404 });
  };
  return createInstaller({ registry: REGISTRY, mode: "inline", cache: "none", retries: 0, fetch });
}

const locked = (name: string, { integrity }: { integrity: string }): object => ({
  version: "1.0.0",
  resolved: `${REGISTRY}${name}/-/${name}-1.0.0.tgz`,
  integrity,
});

/** Ships `vendored` as a link to a folder outside. Returns the lock. */
async function attack(a: { integrity: string }, b: { integrity: string }): Promise<string> {
  const project = join(base, "project");
  const packages = {
    "": { name: "p", dependencies: { a: "1", l: "file:node_modules/a/vendored" } },
    "node_modules/a": locked("a", a),
    "node_modules/a/vendored": { name: "l", version: "1.0.0", dependencies: { b: "1" } },
    "node_modules/a/vendored/node_modules/b": locked("b", b),
    "node_modules/l": { resolved: "node_modules/a/vendored", link: true },
  };
  await fs.mkdir(join(project, "node_modules/a"), { recursive: true });
  await fs.mkdir(join(base, "victim"));
  await fs.writeFile(join(project, "node_modules/a/package.json"), '{"name":"a","version":"1.0.0"}');
  await fs.symlink(join(base, "victim"), join(project, "node_modules/a/vendored"));
  const hidden = join(project, "node_modules/.package-lock.json");
  const held = { "node_modules/a": packages["node_modules/a"] };
  await fs.writeFile(hidden, JSON.stringify({ lockfileVersion: 3, packages: held }));
  const later = Date.now() / 1000 + 10;
  await fs.utimes(hidden, later, later);
  return JSON.stringify({ name: "p", lockfileVersion: 3, packages });
}

test("a package with a link is not taken from a trusted sink", async () => {
  const lock = await attack({ integrity: `sha512-${"A".repeat(86)}==` }, tarball("b", { "pwned.sh": "x" }));
  installer = await start({ b: tarball("b", { "pwned.sh": "x" }) });
  const sink = createFsSink(fs, join(base, "project"));
  expect(await errorOf(installer.install(lock, { sink, trustSink: true }))).toMatchObject({ code: "E404" });
  expect(await fs.readdir(join(base, "victim"))).toEqual([]);
});

test("a package with a link is written again, and the package below the link with it", async () => {
  const [a, b] = [tarball("a"), tarball("b", { "pwned.sh": "x" })];
  const lock = await attack(a, b);
  installer = await start({ a, b });
  await installer.install(lock, { sink: createFsSink(fs, join(base, "project")) });
  expect(await fs.readdir(join(base, "victim"))).toEqual([]);
  const vendored = join(base, "project/node_modules/a/vendored");
  expect((await fs.lstat(vendored)).isDirectory()).toBe(true);
  expect((await fs.readdir(join(vendored, "node_modules/b"))).sort()).toEqual(["package.json", "pwned.sh"]);
});

test.each(Object.entries(anySinks))("a tarball's file gives way to a package at its path: %s", async (_, create) => {
  const a = tarball("a", { "node_modules/b": "file", vendored: "file", "lib.js": "x" });
  const b = tarball("b", { "index.js": "b" });
  const packages = {
    "": { name: "p", dependencies: { a: "1", l: "file:node_modules/a/vendored" } },
    "node_modules/a": { ...locked("a", a), dependencies: { b: "1" } },
    "node_modules/a/node_modules/b": locked("b", b),
    "node_modules/a/vendored": { name: "l", version: "1.0.0", dependencies: { b: "1" } },
    "node_modules/a/vendored/node_modules/b": locked("b", b),
    "node_modules/l": { resolved: "node_modules/a/vendored", link: true },
  };
  installer = await start({ a, b });
  const { sink, show } = create();
  await installer.install(JSON.stringify({ name: "p", lockfileVersion: 3, packages }), { sink });
  const shown = Object.keys(await show()).filter((path) => path.startsWith("node_modules/a/"));
  expect(shown.sort()).toEqual([
    "node_modules/a/lib.js",
    "node_modules/a/node_modules/b/index.js",
    "node_modules/a/node_modules/b/package.json",
    "node_modules/a/package.json",
    "node_modules/a/vendored/node_modules/b/index.js",
    "node_modules/a/vendored/node_modules/b/package.json",
  ]);
});
