// Full tier: lets every call fail, more than 1,200 runs. With FAULTS=all, every call of a sink fails in every way: 4,700 runs.
import { expect, test } from "vitest";
import { expectWalked } from "./expected.ts";
import "./globals.ts";
import { KINDS, type Kind } from "./injector.ts";
import type { PlaceName } from "./places.ts";
import { walk } from "./walk.ts";

const MINUTES = 60_000;

/** The kinds of failure of a sink's calls: all, or one for each call in turn. */
const [sinkKinds, kindsOf]: [number, (position: number) => readonly Kind[]] =
  process.env["FAULTS"] === "all"
    ? [KINDS.length, () => KINDS]
    : [1, (position) => [KINDS[position % KINDS.length] as Kind]];

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

const SINKS: readonly PlaceName[] = ["fs", "opfs", "opfs in a worker", "zip", "tar"];

test.each(SINKS)("every call of the sink %s fails", { timeout: 20 * MINUTES }, async (place) => {
  const walked = await walk({ part: "sink", place, retries: 0 }, kindsOf);
  expectWalked(place, walked, sinkKinds);
});

test.each(["map", "tree"] as const)("the sink %s makes no call that could fail", async (place) => {
  const walked = await walk({ part: "sink", place, retries: 0 }, () => KINDS);
  expect(walked).toMatchObject({ calls: 0, faults: 0, wrong: [] });
});
