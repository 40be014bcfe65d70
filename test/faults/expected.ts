import { expect } from "vitest";
import type { Walked } from "./walk.ts";

/** Checks that each position failed in each of `kinds` ways, and that nothing was wrong. Prints the positions and the results. */
export function expectWalked(what: string, walked: Walked, kinds: number): void {
  const { calls, faults, results, wrong } = walked;
  const all = [...results].sort(([a], [b]) => (a < b ? -1 : 1)).map(([result, count]) => `${count} × ${result}`);
  process.stdout.write(`${what}: ${calls} calls, ${faults} faults: ${all.join("; ")}\n`);
  expect(wrong).toEqual([]);
  expect(calls).toBeGreaterThan(0);
  expect(faults).toBe(calls * kinds);
}
