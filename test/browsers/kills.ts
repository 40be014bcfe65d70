import { expect, test } from "vitest";
import { drawKill, Killer, random, type Way } from "../install/kill.ts";
import type { SinkKind } from "../install/kill-page.ts";
import type { Trial } from "./trial.ts";

/** Killed installs in each mode; half as many killed browsers, because a browser takes seconds to start. */
const RUNS = Number(process.env["KILL_RUNS"] ?? 6);
const SEED = Number(process.env["KILL_SEED"] ?? 1);

const WAYS: readonly Way[] = ["signal", "dispose", "terminate extract", "terminate engine", "reload"];

/** Kills installs at random moments. Returns the problems. */
async function killAll(trial: Trial, { ways, runs }: { ways: readonly Way[]; runs: number }): Promise<string[]> {
  const killer = new Killer(trial.stage);
  const wrong: string[] = [];
  const modes = [...new Set(trial.settings.map(({ mode }) => mode))];
  const hasFiles = (mode: string): boolean => trial.abilities[mode === "threads" ? "isolated" : "plain"].files;
  for (const [index, mode] of modes.entries()) {
    const draw = random(SEED + index * 1000);
    const sinks: SinkKind[] = ["none", "map", "tree", ...(hasFiles(mode) ? (["opfs"] as const) : [])];
    for (let run = 0; run < runs; run++) wrong.push(...(await killer.run(drawKill(mode, draw, { ways, sinks }))));
  }
  console.log(trial.kind, killer.tally);
  return wrong;
}

/** Installs that are cut off at any moment, and browsers that are killed. */
export function testKills(trial: () => Trial): void {
  test("an install that is cut off leaves the old state or the new one, and the next one is right", async () => {
    expect(await killAll(trial(), { ways: WAYS, runs: RUNS })).toEqual([]);
  });

  test("a browser that is killed leaves the old state or the new one, and the next one is right", async () => {
    expect(await killAll(trial(), { ways: ["browser"], runs: Math.ceil(RUNS / 2) })).toEqual([]);
  });
}
