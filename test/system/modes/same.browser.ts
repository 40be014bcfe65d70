import { expect, test } from "vitest";
import { createInstaller } from "../../../web/index.ts";
import type { RunOptions } from "../../conformance/judge.ts";
import { type ConformanceCase, SUITES } from "../../conformance/recorded.ts";
import { fetchCases, isSpecial } from "./packs.ts";
import { sharedInstallers } from "./shared-installer.ts";
import { MODES, tryModes } from "./trial.ts";

// Runs a sample of the recorded cases. `npm run conformance -- --mode threads --mode worker` runs all.

/** Takes one in this many of the cases that are not special. */
const EVERY = 10;

async function expectSame(cases: readonly ConformanceCase[], run: RunOptions = {}): Promise<void> {
  await using shared = sharedInstallers(createInstaller);
  const wrong: string[] = [];
  for (const found of cases) {
    const finding = await tryModes(shared.create, found, { modes: MODES, run });
    wrong.push(...finding.wrong.map((text) => `${found.suite} ${found.name}: ${text}`));
  }
  expect(wrong.slice(0, 20).join("\n")).toBe("");
}

test("the test page is cross-origin isolated, so that all three modes run", () => {
  expect(globalThis.crossOriginIsolated).toBe(true);
});

test.each(SUITES)("the %s cases have the same answer in every mode", { timeout: 600_000 }, async (suite) => {
  const cases = await fetchCases(suite);
  await expectSame(cases.filter((found, index) => index % EVERY === 0 || (suite !== "real" && isSpecial(found))));
});

test("abbreviated metadata with completeLockfile gives the same answer in every mode", {
  timeout: 600_000,
}, async () => {
  const cases = [...(await fetchCases("projects")), ...(await fetchCases("arborist"))];
  const some = cases.filter((_, index) => index % 16 === 0);
  await expectSame(some, { installer: { metadata: "abbreviated" }, completeLockfile: true });
});

test("an unused field may nest as deep as docs/limits.md allows, in every mode", async () => {
  const [demo] = await fetchCases("projects");
  const { files } = demo!.project;
  const deep = `"x": ${"[".repeat(499)}${"]".repeat(499)},`;
  const text = String(files["package.json"]).replace("{", `{${deep}`);
  await expectSame([{ ...demo!, project: { ...demo!.project, files: { "package.json": text } } }]);
});
