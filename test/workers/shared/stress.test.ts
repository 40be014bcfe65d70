import { beforeAll, test } from "vitest";
import { runDeath, runStress, type Spawn } from "./director.ts";
import { expectAll, expectSurvived } from "./expected.ts";
import { DEATHS, STRESS } from "./runs.ts";
import { nodeThreads, script } from "./threads.ts";

// With threads of Node: no value is lost, no thread hangs and no payload is wrong, however the threads interleave.

let spawn: Spawn;

beforeAll(async () => {
  spawn = nodeThreads(await script("./worker.ts", "thread"));
}, 60_000);

test.each(STRESS)("$name", { timeout: 120_000 }, async (run) => {
  expectAll(await runStress(run.plan, spawn), run);
});

test.each(DEATHS)(
  "a thread dies at $point: waiting threads get the failure (asleep before: $asleep)",
  { timeout: 120_000 },
  async (run) => {
    expectSurvived(await runDeath(run.plan, spawn, run), run);
  },
);
