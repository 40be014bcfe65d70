import { beforeAll, test } from "vitest";
import { runDeath, runStress, type Spawn } from "./director.ts";
import { expectAll, expectMourned } from "./expected.ts";
import { DEATHS, STRESS } from "./runs.ts";
import { nodeThreads, script } from "./threads.ts";

// Threads of Node: no value is lost, nobody hangs, no payload is wrong, whatever comes in between.

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
    expectMourned(await runDeath(run.plan, spawn, run), run);
  },
);
