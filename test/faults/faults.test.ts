import { expect, test } from "vitest";
import "./globals.ts";
import { expectWalked } from "./expected.ts";
import { KINDS, type Kind } from "./injector.ts";
import { walk } from "./walk.ts";

// Every call to storage and to the network fails once, with one kind of failure each. table.test.ts has all kinds, and the sinks.

const inTurn = (position: number): readonly Kind[] => [KINDS[position % KINDS.length] as Kind];

test("an update survives a fault of each call to storage", { timeout: 120_000 }, async () => {
  const walked = await walk({ part: "storage", place: "map", retries: 0 }, inTurn);
  expectWalked("storage", walked, 1);
});

test("an update survives a fault of each request, and of each part of its answer", { timeout: 120_000 }, async () => {
  const walked = await walk({ part: "network", place: "map", retries: 0 }, inTurn);
  expectWalked("network", walked, 1);
  expect([...walked.results.keys()].some((result) => result.includes("without the optional package"))).toBe(true);
});

test("an install survives a fault of each call to a sink of the embedder's own", { timeout: 120_000 }, async () => {
  const walked = await walk({ part: "sink", place: "custom", retries: 0 }, () => KINDS);
  expectWalked("a sink of the embedder's own", walked, KINDS.length);
});
