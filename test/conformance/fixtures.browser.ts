import { expect, test } from "vitest";
import { createInstaller, type InstallerOptions } from "../../web/index.ts";
import { isDeviation } from "./deviations.ts";
import { conform } from "./judge.ts";
import { openPack } from "./pack.ts";
import { type PackedSuite, SUITES } from "./recorded.ts";

const PACKS: Readonly<Record<PackedSuite, URL>> = {
  projects: new URL("./fixtures/projects.pack", import.meta.url),
  arborist: new URL("./fixtures/arborist.pack", import.meta.url),
  real: new URL("./fixtures/real.pack", import.meta.url),
  random: new URL("./fixtures/random.pack", import.meta.url),
};
const COUNTS: Readonly<Record<PackedSuite, number>> = { projects: 1, arborist: 253, real: 34, random: 567 };

/** Runs on the page's own thread; other tests cover the other modes. Each case is a registry of its own, all at one address. */
const inline = (options?: InstallerOptions) => createInstaller({ ...options, mode: "inline", cache: "none" });

// One test per suite: the page's runner reports each test over a socket. 855 reports would take longer than the tests.
test.each(SUITES)("the %s cases give npm's answers in a page", { timeout: 300_000 }, async (suite) => {
  const cases = await openPack(new Uint8Array(await (await fetch(PACKS[suite])).arrayBuffer()));
  expect(cases.length).toBe(COUNTS[suite]);
  const wrong: string[] = [];
  for (const found of cases) {
    const { why, detail } = await conform(inline, found);
    if (isDeviation(found) ? !why : why) wrong.push([`${found.name}: ${why || "passes now"}`, ...detail].join("\n  "));
  }
  expect(wrong.join("\n")).toBe("");
});
