import { expect, test } from "vitest";
import { diffLocks } from "../../src/answer/diff-locks.ts";
import type { LockChange } from "../../src/api/resolve.ts";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { InstallError } from "../../src/errors/failure.ts";
import type { LockData } from "../../src/lockfile/read-lock.ts";
import { sortedJson } from "../../src/lockfile/sorted-json.ts";
import { writeLock } from "../../src/lockfile/write-lock.ts";
import { lockNodes } from "./lock-nodes.ts";

const written = (value: unknown, indent: string): string => runToEnd(sortedJson(value, indent));

test("sorts keys: indices, then scalars, then objects, each with npm's preferred keys first and the rest in en-order", () => {
  const value = {
    z: 1,
    dependencies: { b: "1", name: "2", "9": "3", "10": "4", "@s/x": "5", B: "6" },
    a: {},
    version: "1",
    os: ["x"],
    name: "n",
  };
  expect(written(value, "")).toBe(written(JSON.parse(JSON.stringify(value)), ""));
  const keys = Object.keys(JSON.parse(written(value, " ")) as object);
  expect(keys).toEqual(["name", "version", "os", "z", "dependencies", "a"]);
  const text = written(value["dependencies"], "");
  expect(text.match(/"[^"]+": /g)).toEqual(['"9": ', '"10": ', '"name": ', '"@s/x": ', '"b": ', '"B": ']);
});

test("writes the same text as JSON.stringify, for any strings", () => {
  const value = { a: 'q"\\\n\u2028\ud800é', b: [], c: [1, null, { d: true }], e: {}, f: [[]] };
  const sorted = { a: value.a, b: value.b, c: value.c, f: value.f, e: value.e };
  expect(written(value, "\t")).toBe(JSON.stringify(sorted, null, "\t"));
});

test("refuses values that nest too deep, with a code", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 600; i++) deep = [deep];
  expect(() => written(deep, "")).toThrow(InstallError);
});

test("uses the project's indent and line breaks, and keeps the keys of the previous lock", () => {
  const manifest = { name: "p", version: "1.0.0" };
  const nodes = lockNodes({ packages: new Map() } as LockData, { root: "/p", manifest });
  const extra = new Map<string, unknown>([
    ["zeta", 1],
    ["version", "0.9.0"],
  ]);
  const text = runToEnd(writeLock({ ...nodes, lockfileVersion: 3, extra, indent: "\t", newline: "\r\n" }));
  expect(text.split("\r\n")).toEqual([
    "{",
    '\t"name": "p",',
    '\t"version": "1.0.0",',
    '\t"lockfileVersion": 3,',
    '\t"requires": true,',
    '\t"zeta": 1,',
    '\t"packages": {',
    '\t\t"": {',
    '\t\t\t"name": "p",',
    '\t\t\t"version": "1.0.0"',
    "\t\t}",
    "\t}",
    "}",
    "",
  ]);
  const bare = lockNodes({ packages: new Map() } as LockData, { root: "/p", manifest: {} });
  const plain =
    '{\n  "name": "p",\n  "version": "0.9.0",\n  "lockfileVersion": 3,\n  "requires": true,\n  "zeta": 1,\n  "packages": {}\n}\n';
  expect(runToEnd(writeLock({ ...bare, lockfileVersion: 3, extra, indent: "", newline: "" }))).toBe(plain);
});

test("lists the changes between two locks, of any versions", () => {
  const v3 = (packages: object): string => JSON.stringify({ lockfileVersion: 3, packages });
  const before = v3({
    "": { version: "1.0.0" },
    "node_modules/a": { version: "1.0.0" },
    "node_modules/@s/b": { version: "2.0.0", dev: true },
  });
  const after = v3({
    "": { version: "2.0.0" },
    "node_modules/a": { version: "1.1.0" },
    "node_modules/@s/b": { version: "2.0.0" },
    "node_modules/a/node_modules/c": { version: "3.0.0", name: "d" },
    "node_modules/w": { resolved: "packages/w", link: true },
  });
  const added: LockChange[] = [
    { location: "node_modules/a", name: "a", kind: "changed", before: "1.0.0", after: "1.1.0" },
    { location: "node_modules/a/node_modules/c", name: "d", kind: "added", after: "3.0.0" },
    { location: "node_modules/w", name: "w", kind: "added", after: "packages/w" },
  ];
  expect(diffLocks(before, after)).toEqual(added);
  expect(diffLocks(after, before).map(({ kind }) => kind)).toEqual(["changed", "removed", "removed"]);
  const v1 = JSON.stringify({ dependencies: { a: { version: "1.0.0", dependencies: { c: { version: "3.0.0" } } } } });
  expect(diffLocks("", v1).map(({ location, after: now }) => `${location}@${now}`)).toEqual([
    "node_modules/a@1.0.0",
    "node_modules/a/node_modules/c@3.0.0",
  ]);
});
