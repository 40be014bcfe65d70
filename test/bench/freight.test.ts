import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { PLATFORM } from "../conformance/recorded.ts";
import { inlineSnapshot, PLACEHOLDER } from "../support/registry/snapshot.ts";
import { fakeTarball } from "../support/tarball.ts";
import { pax, tar } from "../tarball/tar-writer.ts";
import { freightOf, lockAt } from "./harness/freight.ts";
import { readTarball } from "./harness/read-tar.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64");

const entry = (name: string, more: object = {}): object => ({
  version: "1.0.0",
  resolved: `${PLACEHOLDER}${name}/-/${name.replace(/^@.*\//, "")}-1.0.0.tgz`,
  ...more,
});
const lockOf = (packages: Record<string, object>): string => JSON.stringify({ packages: { "": {}, ...packages } });
const snapshot = inlineSnapshot(
  {},
  {
    "@s/a/-/a-1.0.0.tgz": fakeTarball({ "x.js": "x", "y.js": "y" }).bytes,
    "b/-/b-1.0.0.tgz": fakeTarball({ z: "z" }).bytes,
  },
);

test("lists each tarball once, without extraneous and bundled packages and those for other platforms", () => {
  const lock = lockOf({
    "node_modules/@s/a": entry("@s/a"),
    "node_modules/b": entry("b"),
    "node_modules/c": { resolved: "packages/c", link: true },
    "node_modules/extra": entry("extra", { extraneous: true }),
    "node_modules/mac": entry("mac", { optional: true, os: ["darwin"] }),
    "node_modules/mac/node_modules/d": entry("d", { optional: true }),
    "node_modules/machine": entry("b", { optional: true, os: ["!darwin"], cpu: ["x64"] }),
    "packages/c": { version: "1.0.0" },
  });
  const { asks, missing, files, sample } = freightOf(lock, snapshot, PLATFORM);
  expect(asks.map(({ path }) => path)).toEqual(["/@s/a/-/a-1.0.0.tgz", "/b/-/b-1.0.0.tgz"]);
  expect([missing, files]).toEqual([[], 4]);
  // Fewer files than a sample has: all of them, wherever their package stands.
  expect(sample).toEqual({
    "node_modules/@s/a/x.js": sha256("x"),
    "node_modules/@s/a/y.js": sha256("y"),
    "node_modules/b/z": sha256("z"),
    "node_modules/machine/z": sha256("z"),
  });
});

test("reports a missing tarball unless its package is optional", () => {
  const lock = lockOf({ "node_modules/gone": entry("gone"), "node_modules/lost": entry("lost", { optional: true }) });
  const { asks, missing } = freightOf(lock, snapshot, PLATFORM);
  expect(missing).toEqual(["/gone/-/gone-1.0.0.tgz"]);
  // It is requested anyway.
  expect(asks).toHaveLength(2);
});

test("samples the same tarballs in every run", () => {
  const files = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, `${i}`]));
  const many = inlineSnapshot({}, { "b/-/b-1.0.0.tgz": fakeTarball(files).bytes });
  const draw = (): object => freightOf(lockOf({ "node_modules/b": entry("b") }), many, PLATFORM).sample;
  expect(Object.keys(draw())).toHaveLength(200);
  expect(draw()).toEqual(draw());
});

test("rewrites the URLs of a lock to the registry in use", () => {
  const lock = lockOf({ "node_modules/b": entry("b") });
  expect(lockAt("http://127.0.0.1:1/", lock)).toContain('"http://127.0.0.1:1/b/-/b-1.0.0.tgz"');
});

test("reads long names in every tar format, and does not count links and folders as files", () => {
  const long = `${"d/".repeat(120)}f`;
  const archive = tar([
    { name: "package/", type: "5" },
    { name: "x", type: "x", body: pax("path", `package/${long}1`) },
    { name: "package/short", body: "one" },
    { name: "L", type: "L", body: `package/${long}2\0` },
    { name: "package/short", body: "two" },
    { name: "short", prefix: "package/lib", body: "three" },
    { name: "package/link", type: "2", link: "short" },
    { name: "other-root/last", body: "four" },
  ]);
  const files = [...readTarball(gzipSync(archive))].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]);
  expect(files).toEqual([
    [`${long}1`, "one"],
    [`${long}2`, "two"],
    ["lib/short", "three"],
    ["last", "four"],
  ]);
});
