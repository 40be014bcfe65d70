import { afterAll, beforeAll, expect, test } from "vitest";
import { drawKill, Killer, random, WAYS } from "./kill.ts";
import { MODES, Stage } from "./stage.ts";

// An install that is cut off at any moment leaves cache and sink in the old state or the new one, and the next install completes.
// For more runs: `node test/install/kill.mjs --runs 200 --seed 1`.

const RUNS = Number(process.env["KILL_RUNS"] ?? 9);
/** One way instead of all. */
const ONLY = process.env["KILL_WAY"];
const ways = ONLY ? WAYS.filter((way) => way === ONLY) : WAYS;
const SEED = Number(process.env["KILL_SEED"] ?? 1);

let stage: Stage;
let killer: Killer;
beforeAll(async () => {
  stage = await Stage.open();
  killer = new Killer(stage);
}, 60_000);
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  if (process.env["KILL_RUNS"]) console.table(killer.tally);
});

test.each(MODES)(
  "an install that is cut off leaves the old state or the new one: %s",
  { timeout: 60_000 + RUNS * 20_000 },
  async (mode) => {
    const draw = random(SEED + MODES.indexOf(mode) * 1000);
    const wrong: string[] = [];
    const runs = Math.ceil(RUNS / MODES.length);
    for (let run = 0; run < runs; run++) wrong.push(...(await killer.run(drawKill(mode, draw, { ways }))));
    expect(wrong).toEqual([]);
    expect(Object.values(killer.tally).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(runs);
  },
);
