// Full tier: resolves every recorded case twice.
import { describe, expect, test } from "vitest";
import { createInstaller } from "../../web/index.ts";
import { isDeviation } from "./deviations.ts";
import { fixtureCases } from "./fixtures.ts";
import { folderCases } from "./folder.ts";
import { judge, runCase } from "./judge.ts";
import { lockDifference } from "./lock-difference.ts";
import type { ConformanceCase } from "./recorded.ts";

// Abbreviated packuments have a third of the bytes. They lack license, libc, and the workspaces that a few packages publish by
// mistake. Nothing else may be missing from a lock's entries.

interface Lock {
  packages?: Record<string, Record<string, unknown>>;
}

/** Removes from a lock the fields of installed packages that abbreviated metadata lacks. Nothing else changes. */
function without(text: string): string {
  const lock = JSON.parse(text) as Lock;
  for (const [location, entry] of Object.entries(lock.packages ?? {})) {
    if (!location.includes("node_modules/")) continue;
    delete entry["license"];
    delete entry["libc"];
    delete entry["workspaces"];
  }
  return JSON.stringify(lock, null, 2);
}

async function expectLess(found: ConformanceCase): Promise<void> {
  const { given } = await runCase(createInstaller, found, { installer: { metadata: "abbreviated" } });
  const { expected } = found;
  if (expected.kind !== "lock" || given.kind !== "resolution") {
    const { why, detail } = judge(given, expected, found);
    expect([why, ...detail].join("\n")).toBe("");
    return;
  }
  const lock = given.resolution.files[expected.path] ?? "{}";
  const [npm, here] = [without(expected.text), without(lock)];
  expect(npm === here ? [] : lockDifference(npm, here)).toEqual([]);
}

async function expectCompleted(found: ConformanceCase): Promise<void> {
  const { given } = await runCase(createInstaller, found, {
    installer: { metadata: "abbreviated" },
    completeLockfile: true,
  });
  const { why, detail } = judge(given, found.expected, found);
  expect([why, ...detail].join("\n")).toBe("");
}

const packed = [
  ...(await fixtureCases("projects")),
  ...(await fixtureCases("arborist")),
  ...(await fixtureCases("real")),
].filter((found) => !isDeviation(found));

test("without completeLockfile, no package of docs-demo has a licence", async () => {
  const [demo] = packed;
  if (!demo) throw new Error("no docs-demo");
  const { given } = await runCase(createInstaller, demo, { installer: { metadata: "abbreviated" } });
  if (given.kind !== "resolution") throw new Error("no lock");
  const text = given.resolution.files["package-lock.json"] ?? "";
  expect(text).not.toContain('"license"');
  expect(Object.keys((JSON.parse(text) as Lock).packages ?? {}).length).toBe(123);
});

describe("npm's lock without license and libc", () => {
  for (const found of packed) test(`${found.suite} ${found.name}`, () => expectLess(found));
});

describe("completeLockfile: npm's bytes", () => {
  for (const found of packed) test(`${found.suite} ${found.name}`, () => expectCompleted(found));
});

const root = process.env["WEBHOIST_REGISTRY"];

describe.runIf(root)("the nine projects", () => {
  for (const found of root ? folderCases(root, ["projects"]) : []) {
    if (isDeviation(found)) continue;
    test(`${found.name}, without them`, { timeout: 300_000 }, () => expectLess(found.open()));
    test(`${found.name}, completed`, { timeout: 300_000 }, () => expectCompleted(found.open()));
  }
});
