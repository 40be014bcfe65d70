// Full tier: lets every call fail in every way, more than 3,000 runs.
import { expect, test } from "vitest";
import { expectWalked } from "./expected.ts";
import "./globals.ts";
import { KINDS, type Kind } from "./injector.ts";
import type { PlaceName } from "./places.ts";
import { walk } from "./walk.ts";

const MINUTES = 60_000;

test("every call to storage fails in every way", { timeout: 10 * MINUTES }, async () => {
  const walked = await walk({ part: "storage", place: "map", retries: 1 }, () => KINDS);
  expectWalked("storage", walked, KINDS.length);
});

test.each([0, 1])(
  "every part of a request fails in every way, with retries: %i",
  { timeout: 10 * MINUTES },
  async (retries) => {
    const walked = await walk({ part: "network", place: "map", retries }, () => KINDS);
    expectWalked(`network, retries ${retries}`, walked, KINDS.length);
  },
);

const SINKS: readonly PlaceName[] = ["fs", "opfs", "zip", "tar"];

test.each(SINKS)("every call of the sink %s fails in every way", { timeout: 20 * MINUTES }, async (place) => {
  const walked = await walk({ part: "sink", place, retries: 0 }, () => KINDS);
  expectWalked(place, walked, KINDS.length);
});

test("every call of an OPFS sink in a worker fails in two ways", { timeout: 20 * MINUTES }, async () => {
  // Most of its calls are those of the sink above.
  const inTurn = (position: number): readonly Kind[] =>
    [0, 1].map((more) => KINDS[(2 * position + more) % KINDS.length] as Kind);
  const walked = await walk({ part: "sink", place: "opfs in a worker", retries: 0 }, inTurn);
  expectWalked("opfs in a worker", walked, 2);
});

test.each(["map", "tree"] as const)("the sink %s makes no call that could fail", async (place) => {
  const walked = await walk({ part: "sink", place, retries: 0 }, () => KINDS);
  expect(walked).toMatchObject({ calls: 0, faults: 0, wrong: [] });
});
