// Full tier: reads locks of 128 MiB.
import { expect, test } from "vitest";
import type { FileMap } from "../../src/api/common.ts";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { mergeConflict } from "../../src/lockfile/merge-conflict.ts";
import { packagesOfOldLock } from "../../src/lockfile/old-lock.ts";
import { readLock } from "../../src/lockfile/read-lock.ts";
import { sortedJson } from "../../src/lockfile/sorted-json.ts";
import { parseYarnLock } from "../../src/lockfile/yarn-lock.ts";
import { ProjectFiles } from "../../src/project/files.ts";
import { loadNpmrc } from "../../src/registry/npmrc.ts";
import { npmRules } from "../../src/spec/npm-rules.ts";

const RULES = npmRules("11.19.1");

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof InstallError) return error.code;
    throw error;
  }
  return "ok";
}

/** Reads a lock, and counts the pauses. */
async function read(files: FileMap): Promise<{ packages: number; pauses: number }> {
  let pauses = 0;
  const pause = async (): Promise<void> => void pauses++;
  const lock = await readLock({ files: new ProjectFiles(files, "/p"), root: "/p", manifest: {}, rules: RULES, pause });
  return { packages: lock?.packages.size ?? 0, pauses };
}

function stepsOf(work: Generator<undefined, unknown>): number {
  let steps = 0;
  while (!work.next().done) steps++;
  return steps;
}

const lockOf = (entries: number): string => {
  const packages = Array.from({ length: entries }, (_, at) => [`node_modules/a${at}`, { version: "1.0.0" }]);
  return JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries(packages) });
};

/** A lock of version 1 with `levels` packages inside each other, each of which requires the first one. */
function nestedLock(levels: number): string {
  const open = `{"version":"1.0.0","requires":{"a":"1"},"dependencies":{"a":`;
  return `{"lockfileVersion":1,"dependencies":{"a":${open.repeat(levels - 1)}{"version":"1.0.0"}${"}}".repeat(levels - 1)}}}`;
}

test.each([
  ["entries of a lock", (size: number) => ({ "package-lock.json": lockOf(size) })],
  [
    "entries of a lock of version 1",
    (size: number) => {
      const one = { version: "1.0.0", requires: { a1: "1", a2: "1" } };
      const all = Array.from({ length: size }, (_, at) => [`a${at}`, one]);
      return { "package-lock.json": JSON.stringify({ dependencies: Object.fromEntries(all) }) };
    },
  ],
  [
    "required names of an entry of version 1",
    (size: number) => {
      const requires = Object.fromEntries(Array.from({ length: size }, (_, at) => [`a${at}`, "1"]));
      const all = Array.from({ length: 20 }, (_, at) => [`b${at}`, { version: "1.0.0", requires }]);
      return { "package-lock.json": JSON.stringify({ dependencies: Object.fromEntries(all) }) };
    },
  ],
])("reading pauses in proportion to the %s", async (_, files) => {
  const [one, two] = [await read(files(4_000)), await read(files(8_000))];
  expect(one.pauses).toBeGreaterThanOrEqual(15);
  expect(two.pauses / one.pauses).toBeGreaterThan(1.4);
  expect(two.pauses / one.pauses).toBeLessThan(3);
});

test("a lock of version 1 may nest as deep as JSON may, and ends in ELIMIT below that", async () => {
  expect(await read({ "package-lock.json": nestedLock(240) })).toMatchObject({ packages: 240 });
  for (const levels of [251, 10_000]) {
    expect(await codeOf(() => read({ "package-lock.json": nestedLock(levels) }))).toBe("ELIMIT");
  }
});

test("a location may have 4,096 characters", async () => {
  const lock = (length: number): string => {
    const location = `node_modules/${"a".repeat(length)}`.slice(0, length);
    return JSON.stringify({ lockfileVersion: 3, packages: { [location]: { version: "1.0.0" } } });
  };
  expect(await read({ "package-lock.json": lock(4096) })).toMatchObject({ packages: 1 });
  expect(await codeOf(() => read({ "package-lock.json": lock(4097) }))).toBe("EINVALIDLOCK");
  const names = (length: number): object => ({ dependencies: { ["a".repeat(length)]: { version: "1.0.0" } } });
  expect(await codeOf(() => runToEnd(packagesOfOldLock({ ...names(4083) }, { root: "/p", rules: RULES })))).toBe("ok");
  expect(await codeOf(() => runToEnd(packagesOfOldLock({ ...names(4084) }, { root: "/p", rules: RULES })))).toBe(
    "EINVALIDLOCK",
  );
});

test("a lock may have 128 MiB, one with conflict markers 16 MiB, and a yarn.lock 32 MiB", async () => {
  const blanks = (length: number): string => `{}${" ".repeat(length - 2)}`;
  expect(await codeOf(() => read({ "package-lock.json": blanks(2 ** 27) }))).toBe("ok");
  expect(await codeOf(() => read({ "package-lock.json": blanks(2 ** 27 + 1) }))).toBe("ELIMIT");
  const conflicted = (length: number): string => {
    const text = `{\n<<<<<<< a\n"a":1\n=======\n"b":1\n>>>>>>> b\n}`;
    return text + " ".repeat(length - text.length);
  };
  expect(await codeOf(() => read({ "package-lock.json": conflicted(2 ** 24) }))).toBe("ok");
  expect(await codeOf(() => read({ "package-lock.json": conflicted(2 ** 24 + 1) }))).toBe("ELIMIT");
  expect(await codeOf(() => runToEnd(parseYarnLock("#".repeat(2 ** 25))))).toBe("ok");
  expect(await codeOf(() => runToEnd(parseYarnLock("#".repeat(2 ** 25 + 1))))).toBe("ELIMIT");
});

test("a lock with conflict markers is merged with pauses in proportion to its size", async () => {
  const text = (entries: number): string => {
    const packages = Array.from({ length: entries }, (_, at): [string, object] => [
      `node_modules/a${at}`,
      { version: "1.0.0", integrity: "x".repeat(80) },
    ]);
    const all = JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries(packages) }, null, 1);
    const conflict = `"packages": {\n<<<<<<< ours\n"node_modules/b": {},\n=======\n"node_modules/c": {},\n>>>>>>> theirs`;
    return all.replace('"packages": {', conflict);
  };
  const read = async (entries: number): Promise<{ pauses: number; packages: string[] }> => {
    let pauses = 0;
    const { value } = await mergeConflict(text(entries), "package-lock.json", async () => void pauses++);
    return { pauses, packages: Object.keys((value as { packages: object }).packages) };
  };
  const [one, two] = [await read(16_000), await read(32_000)];
  expect(one.packages).toHaveLength(16_002);
  expect(one.packages).toContain("node_modules/b");
  expect(one.packages).toContain("node_modules/c");
  // Lines, three parsed texts, and compared members.
  expect(one.pauses).toBeGreaterThan(80);
  expect(two.pauses / one.pauses).toBeGreaterThan(1.8);
  expect(two.pauses / one.pauses).toBeLessThan(2.2);
});

test("a line of a yarn.lock may have 2^20 characters; blocks from a longer one on are left out", () => {
  const block = (length: number): string => `a@1, ${"b".repeat(length - 6)}:\n  version "1.0.0"\n`;
  expect(runToEnd(parseYarnLock(`c@1:\n  version "1.0.0"\n${block(2 ** 20)}`)).size).toBe(3);
  expect(runToEnd(parseYarnLock(`c@1:\n  version "1.0.0"\n${block(2 ** 20 + 1)}`)).size).toBe(1);
});

test("a yarn.lock is read with pauses in proportion to its lines", () => {
  const text = (blocks: number): string =>
    Array.from({ length: blocks }, (_, at) => `a${at}@1:\n  version "1.0.0"\n`).join("\n");
  const [one, two] = [stepsOf(parseYarnLock(text(4_000))), stepsOf(parseYarnLock(text(8_000)))];
  expect(one).toBeGreaterThanOrEqual(20);
  expect(Math.abs(two - 2 * one)).toBeLessThanOrEqual(1);
});

test("a lock is written with a pause for each entry, and sorted with pauses", () => {
  const value = (entries: number): object => {
    const keys = Array.from({ length: entries }, (_, at) => [`a${(at * 7919) % entries}`, { version: "1.0.0" }]);
    return { packages: Object.fromEntries(keys) };
  };
  const [one, two] = [stepsOf(sortedJson(value(6_000), "  ")), stepsOf(sortedJson(value(12_000), "  "))];
  expect(one).toBeGreaterThan(6_000);
  expect(two / one).toBeLessThan(2.2);
});

test("an .npmrc may have 262,144 characters", async () => {
  const line = "; a comment\n";
  const text = (length: number): string => line.repeat(Math.ceil(length / line.length)).slice(0, length);
  expect(await codeOf(() => loadNpmrc(text(2 ** 18), {}))).toBe("ok");
  expect(await codeOf(() => loadNpmrc(text(2 ** 18 + 1), {}))).toBe("ELIMIT");
  expect(await codeOf(() => loadNpmrc(text(2 ** 18 + 1), { projectConfig: false }))).toBe("ok");
});
