import { expect, test } from "vitest";
import { createInstaller } from "../../../web/index.ts";
import type { ConformanceCase, PackedSuite } from "../../conformance/recorded.ts";
import { fetchCases } from "./packs.ts";
import { sharedInstallers } from "./shared-installer.ts";
import { MODES, tryModes } from "./trial.ts";

// The order in which packuments arrive is random. The answer must not depend on it, in any mode.

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

async function spread(suite: PackedSuite, every: number): Promise<ConformanceCase[]> {
  const cases = await fetchCases(suite);
  return cases.filter((found, index) => index % every === 1 && found.expected.kind !== "bounded");
}

test("a project of 123 packages has one answer in 8 orders of arrival and three modes", {
  timeout: 300_000,
}, async () => {
  await using shared = sharedInstallers(createInstaller);
  const [demo] = await fetchCases("projects");
  const { wrong, orders } = await tryModes(shared.create, demo!, { modes: MODES, seeds: SEEDS });
  expect(wrong.join("\n")).toBe("");
  // If there were only one order, the test would prove nothing.
  expect(orders).toBeGreaterThan(SEEDS.length);
});

test("conflicts, failures and locks have one answer in 4 orders of arrival and three modes", {
  timeout: 300_000,
}, async () => {
  await using shared = sharedInstallers(createInstaller);
  const wrong: string[] = [];
  for (const found of [...(await spread("arborist", 40)), ...(await spread("random", 60))]) {
    const finding = await tryModes(shared.create, found, { modes: MODES, seeds: SEEDS.slice(0, 4) });
    wrong.push(...finding.wrong.map((text) => `${found.suite} ${found.name}: ${text}`));
  }
  expect(wrong.join("\n")).toBe("");
});
