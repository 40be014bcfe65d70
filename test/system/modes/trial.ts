import { isDeviation } from "../../conformance/deviations.ts";
import { type CreateInstaller, judge, type RunOptions, runCase } from "../../conformance/judge.ts";
import type { ConformanceCase } from "../../conformance/recorded.ts";
import { answerOf } from "./answer.ts";
import { differences, type Plain } from "./differences.ts";

/** The modes. The answers of the others are compared with those of the first. */
export const MODES = ["inline", "worker", "threads"] as const;
export type RealMode = (typeof MODES)[number];

export interface Course {
  modes: readonly RealMode[];
  /** Seeds of shuffled orders of arrival, besides the unshuffled one. */
  seeds?: readonly number[];
  run?: RunOptions;
}

export interface Finding {
  /** Each entry has the mode, the order, and the difference from npm's answer or from the first mode's. */
  wrong: string[];
  /** Of the unshuffled run in each mode. */
  milliseconds: Partial<Record<RealMode, number>>;
  /** The number of different orders of requests. If there is only one, shuffling proves nothing. */
  orders: number;
}

/** Runs a case in every mode and every order. Each answer must be npm's, and all must be equal in every member. */
export async function tryModes(create: CreateInstaller, found: ConformanceCase, course: Course): Promise<Finding> {
  const { modes, seeds = [], run = {} } = course;
  const finding: Finding = { wrong: [], milliseconds: {}, orders: 0 };
  const orders = new Set<string>();
  let wanted: { answer: Plain } | undefined;
  for (const seed of [undefined, ...seeds]) {
    for (const mode of modes) {
      const title = `${mode}${seed === undefined ? "" : `, order ${seed}`}`;
      const installer = { ...run.installer, mode, cache: "none" as const };
      const registry = { ...run.registry, ...(seed !== undefined && { shuffle: seed }) };
      const start = performance.now();
      const { given, requests } = await runCase(create, found, { ...run, installer, registry });
      if (seed === undefined) finding.milliseconds[mode] = performance.now() - start;
      orders.add(requests.join());
      const { why, detail } = judge(given, found.expected, found);
      if (why && !isDeviation(found, found.platform.npm))
        finding.wrong.push([`${title}: ${why}`, ...detail].join("\n    "));
      if (given.kind === "crash") continue;
      const answer = answerOf(given);
      wanted ??= { answer };
      const lines = differences(wanted.answer, answer);
      if (lines.length > 0) finding.wrong.push([`${title}: not as ${modes[0]}`, ...lines].join("\n    "));
    }
  }
  finding.orders = orders.size;
  return finding;
}
