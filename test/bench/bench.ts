import { writeFileSync } from "node:fs";
import { chartOf } from "./harness/chart.ts";
import { lineUp } from "./harness/line-up.ts";
import { type BenchOptions, HELP, parseOptions } from "./harness/options.ts";
import { WARM } from "./harness/phases.ts";
import { type Race, race } from "./harness/race.ts";
import type { Row } from "./harness/rows.ts";
import { type Place, Stage } from "./harness/stage.ts";
import { tableOf } from "./harness/table.ts";

/** Measures one project after the other. */
export async function runBench(options: BenchOptions, place: Place): Promise<Race> {
  await using stage = await Stage.open(options, place);
  const all: Race = { rows: [], failures: [] };
  for (const project of await stage.projects()) {
    const { rows, failures } = await race(await lineUp(stage, project), options, place);
    all.rows.push(...rows);
    all.failures.push(...failures);
  }
  return all;
}

function write(file: string, rows: readonly Row[]): void {
  writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`);
  writeFileSync(`${file.replace(/\.json$/, "")}.svg`, chartOf(rows));
}

/** Checks whether a row is wrong: its lock or files differ from npm's, or a warm phase made a request. */
function isWrong({ phase, who, requests, stats }: Row, { cache }: BenchOptions): boolean {
  const cold = WARM.includes(phase) && who === "webhoist" && cache === "default" && requests > 0;
  return cold || stats["lock"] === "differs" || Number(stats["wrong"] ?? 0) > 0;
}

/** Runs the command. Returns its exit code: 1 if a contender failed or a row is wrong. */
export async function main(
  argv: readonly string[],
  place: (dist: string | undefined) => Promise<Place>,
): Promise<number> {
  const options = parseOptions(argv);
  if (!options) {
    console.log(HELP);
    return 0;
  }
  const { rows, failures } = await runBench(options, await place(options.dist));
  console.log(tableOf(rows));
  for (const failure of failures) console.error(`\nfailed: ${failure}`);
  if (options.json) write(options.json, rows);
  return failures.length > 0 || rows.some((row) => isWrong(row, options)) ? 1 : 0;
}
