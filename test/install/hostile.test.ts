import { afterAll, beforeAll, expect, test } from "vitest";
import { badTarballs } from "../tarball/bad-tarballs.ts";
import { tarballPath } from "./packages.ts";
import { STORED } from "./read-damaged.ts";
import { type Bad, GOOD, OLD, TRIALS } from "./refuse.ts";
import { MODES, Stage } from "./stage.ts";

// Wrong bytes from the network and from the cache, in every mode, into every kind of sink.

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

const unlockable = (integrity: string | null): boolean => integrity?.startsWith("md5-") ?? false;
const packageOf = (index: number): string => `bad${index}`;

test.each(MODES)("bad tarballs are refused on every path: %s", async (mode) => {
  const testRegistry = stage.testRegistry();
  testRegistry.publish(GOOD, OLD);
  const cases = badTarballs();
  expect(cases.length).toBeGreaterThan(30);
  for (const [i, { bytes }] of cases.entries()) testRegistry.answers.set(`bad${i}/-/bad${i}-1.0.0.tgz`, [{ bytes }]);
  const bad = cases.map(
    ({ name, integrity, limits, code }, i): Bad => ({
      ...{ name, integrity, code, package: packageOf(i), unlockable: unlockable(integrity) },
      ...(limits && { limits }),
    }),
  );
  await using tab = await stage.tab({ isolated: mode === "threads" });
  const wrong = await tab.call((bench, given) => bench.refuseAll(given), { mode, registry: testRegistry.url, bad });
  expect(wrong).toEqual([]);
  for (const [i, { name, code, integrity }] of cases.entries()) {
    // Each install downloads each tarball, and once more if its hash is wrong.
    const times = code === "EINTEGRITY" ? TRIALS * 2 : TRIALS;
    if (unlockable(integrity)) expect(testRegistry.count(`bad${i}/-/bad${i}-1.0.0.tgz`)).toBe(0);
    else expect([name, testRegistry.count(`bad${i}/-/bad${i}-1.0.0.tgz`)]).toEqual([name, times]);
  }
  // The cache has the good packages.
  expect([testRegistry.count(tarballPath(OLD)), testRegistry.count(tarballPath(GOOD))]).toEqual([1, 1]);
});

test.each(MODES)("lost or damaged packs in the cache are fetched again, and never read: %s", async (mode) => {
  const testRegistry = stage.testRegistry();
  testRegistry.publish(...STORED);
  await using tab = await stage.tab({ isolated: mode === "threads" });
  const wrong = await tab.call((bench, given) => bench.readDamaged(given), { mode, registry: testRegistry.url });
  expect(wrong).toEqual([]);
});
