import fc from "fast-check";
import { expect, test } from "vitest";
import type { Operation, OperationState } from "../../../src/api/install.ts";
import { countByState, latestTime, niceStep, TimelineLanes } from "../../../web/playground/install/timeline-lanes.ts";

type Changing = { -readonly [K in keyof Operation]: Operation[K] };

function operation(start: number | null, end: number | null, more: Partial<Operation> = {}): Changing {
  const state: OperationState = start === null ? "waiting" : end === null ? "running" : "done";
  return { kind: "download", key: "k", package: "a@1.0.0", state, bytes: 1, start, end, ...more };
}

function lanesOf(lanes: TimelineLanes): number[] {
  return lanes.bands.flatMap(({ bars }) => bars.map(({ lane }) => lane));
}

test("three operations need two lanes, as in the docs of TimelineLanes", () => {
  const lanes = new TimelineLanes();
  lanes.update([operation(0, 5), operation(2, 3), operation(4, 9)]);
  expect(lanesOf(lanes)).toEqual([0, 1, 1]);
  expect(lanes.bands[0]?.lanes).toBe(2);
});

test("an operation gets a lane when it starts, and keeps it", () => {
  const lanes = new TimelineLanes();
  const [a, b, c] = [operation(0, null), operation(null, null), operation(null, null)];
  const all = [a, b, c];
  lanes.update(all);
  expect(lanesOf(lanes)).toEqual([0]);
  c.start = 3;
  lanes.update(all);
  b.start = 5;
  a.end = 4;
  lanes.update(all);
  expect(lanes.bands[0]?.bars.map(({ operation: { start }, lane }) => [start, lane])).toEqual([
    [0, 0],
    [3, 1],
    [5, 0],
  ]);
});

test("an operation that was dropped before it started gets no lane", () => {
  const lanes = new TimelineLanes();
  lanes.update([operation(null, 4, { state: "dropped" })]);
  expect(lanes.bands).toEqual([]);
});

test("law: operations in a lane never overlap, and no lane is more than needed", () => {
  const span = fc.tuple(fc.nat(1000), fc.nat(200)).map(([start, long]) => operation(start, start + long));
  fc.assert(
    fc.property(fc.array(span, { maxLength: 60 }), (all) => {
      const lanes = new TimelineLanes();
      lanes.update(all);
      const [band] = lanes.bands;
      const bars = band?.bars ?? [];
      expect(bars.length).toBe(all.length);
      for (const a of bars) {
        for (const b of bars) {
          if (a === b || a.lane !== b.lane) continue;
          expect(a.operation.end! <= b.operation.start! || b.operation.end! <= a.operation.start!).toBe(true);
        }
      }
      // An operation of no duration still needs a lane.
      const atOnce = ({ start }: Operation) =>
        all.filter((o) => o.start! <= start! && (o.end! > start! || o.start === start));
      expect(band?.lanes ?? 0).toBeLessThanOrEqual(Math.max(0, ...all.map((each) => atOnce(each).length)));
    }),
  );
});

test("operations are counted by state, and latestTime returns the last start or end", () => {
  const all = [operation(0, 7), operation(9, null), operation(null, null), operation(1, 2, { kind: "extract" })];
  expect(countByState(all, "download")).toEqual({ waiting: 1, running: 1, done: 1, failed: 0, dropped: 0 });
  expect(latestTime(all)).toBe(9);
});

test("the steps of the axis are round numbers", () => {
  expect([1, 3, 7, 40, 101, 600].map(niceStep)).toEqual([1, 5, 10, 50, 200, 1000]);
});
