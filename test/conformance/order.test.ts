// Full tier: resolves cases in many orders of arrival.
import { describe, expect, test } from "vitest";
import { createInstaller } from "../../web/index.ts";
import { fixtureCases } from "./fixtures.ts";
import { folderCases } from "./folder.ts";
import { type Given, runCase } from "./judge.ts";
import type { ConformanceCase } from "./recorded.ts";

// The answer must not depend on the order in which packuments arrive. Each seed is another order.

/** Returns everything that a caller sees of a run, except times and counts. */
function answerOf(given: Given): unknown {
  if (given.kind === "crash") throw given.error;
  if (given.kind === "failure") return given.failure;
  const { files, warnings, tree } = given.resolution;
  return { files, warnings, locations: tree.nodes.map(({ location }) => location) };
}

async function expectOneAnswer(found: ConformanceCase, orders: number): Promise<void> {
  const straight = await runCase(createInstaller, found);
  const wanted = answerOf(straight.given);
  const sequences = new Set([straight.requests.join()]);
  for (let seed = 1; seed <= orders; seed++) {
    const { given, requests } = await runCase(createInstaller, found, { registry: { shuffle: seed } });
    sequences.add(requests.join());
    expect(answerOf(given), `order ${seed}`).toEqual(wanted);
  }
  // If all orders were the same, the test would prove nothing.
  if (straight.requests.length > 20) expect(sequences.size).toBeGreaterThan(orders / 2);
}

const spread = (cases: ConformanceCase[], every: number): ConformanceCase[] =>
  cases.filter((found, index) => index % every === 0 && found.expected.kind !== "bounded");

const projects = await fixtureCases("projects");
const some = [
  ...spread(await fixtureCases("arborist"), 16),
  ...spread(await fixtureCases("real"), 8),
  ...spread(await fixtureCases("random"), 24),
];

test.each(projects)("$name has one answer in 20 orders", { timeout: 120_000 }, (found) => expectOneAnswer(found, 20));

test.each(some)("$suite $name has one answer in 20 orders", { timeout: 120_000 }, (found) =>
  expectOneAnswer(found, 20),
);

const root = process.env["WEBHOIST_REGISTRY"];
const FIVE = ["docs-demo", "express-server", "next-app", "vite-react-ts", "vue-app"];

describe.runIf(root)("the recorded registry", () => {
  for (const found of root ? folderCases(root, ["projects"]) : []) {
    if (!FIVE.includes(found.name)) continue;
    test(`${found.name} has one answer in 100 orders`, { timeout: 1_200_000 }, () =>
      expectOneAnswer(found.open(), 100),
    );
  }
});
