import { expect, test } from "vitest";
import { createInstaller } from "../../../web/index.ts";
import { type Given, runCase } from "../../conformance/judge.ts";
import type { ConformanceCase } from "../../conformance/recorded.ts";
import { answerOf } from "./answer.ts";
import { differences, type Plain } from "./differences.ts";
import { fetchCases } from "./packs.ts";
import { sharedInstallers } from "./shared-installer.ts";
import { MODES } from "./trial.ts";

// Flat answers and proofs are equal in every member, in every mode and every order of arrival.

/** Takes one in this many of the smaller cases. */
const EVERY = 16;

async function someCases(): Promise<ConformanceCase[]> {
  const [projects, arborist, random] = await Promise.all([
    fetchCases("projects"),
    fetchCases("arborist"),
    fetchCases("random"),
  ]);
  return [...projects.slice(0, 1), ...[...arborist, ...random].filter((_, at) => at % EVERY === 0)];
}

function flatly(found: ConformanceCase, at: number): ConformanceCase {
  const relax = (["none", "copies"] as const)[at % 2] ?? "none";
  return { ...found, options: { ...found.options, strategy: "flat", relax } };
}

test("a flat resolution has the same answer or proof in every mode and every order", { timeout: 300_000 }, async () => {
  await using shared = sharedInstallers(createInstaller);
  const kinds: Record<string, number> = {};
  const wrong: string[] = [];
  for (const [at, found] of (await someCases()).map(flatly).entries()) {
    let wanted: Plain | undefined;
    for (const mode of MODES) {
      const registry = mode === "inline" ? {} : { shuffle: at };
      const { given } = await runCase(shared.create, found, { installer: { mode, cache: "none" }, registry });
      kinds[kindOf(given)] = (kinds[kindOf(given)] ?? 0) + 1;
      const answer = answerOf(given as Parameters<typeof answerOf>[0]);
      wanted ??= answer;
      wrong.push(...differences(wanted, answer).map((line) => `${found.name}, ${mode}: ${line}`));
    }
  }
  expect(wrong.slice(0, 20).join("\n")).toBe("");
  // With fewer, the test would prove little.
  expect(kinds["solved"]).toBeGreaterThan(15);
  expect(kinds["ENOSOLUTION"]).toBeGreaterThan(9);
});

function kindOf(given: Given): string {
  if ("failure" in given) return given.failure.code;
  return given.kind === "crash" ? "crash" : "solved";
}
