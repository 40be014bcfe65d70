import { afterEach, expect, test, vi } from "vitest";
import { LocalScheduler, type Task } from "../../src/base/spawn-local.ts";
import { nextTurn } from "../../workers/host/yield.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

function* steps(count: number): Task<void> {
  for (let i = 0; i < count; i++) yield;
}

/** Messages to oneself, one after another, until stopped; each is a turn of the event loop. */
function chatter(): { count: number; stop(): void } {
  const { port1, port2 } = new MessageChannel();
  const talk = {
    count: 0,
    stop: () => port1.close(),
  };
  port1.onmessage = () => {
    talk.count++;
    port2.postMessage(null);
  };
  port2.postMessage(null);
  return talk;
}

test.each([
  ["with a task scheduler", true],
  ["without", false],
])("%s another's turn comes between any two slices", async (_, scheduled) => {
  if (!scheduled) vi.stubGlobal("scheduler", undefined);
  const talk = chatter();
  const seen: number[] = [];
  let time = 0;
  const scheduler = new LocalScheduler({
    // Every look takes a millisecond: eight steps are a slice.
    now: () => time++,
    nextTurn: () => {
      seen.push(talk.count);
      return nextTurn();
    },
  });
  await scheduler.spawn(steps(800));
  talk.stop();
  expect(seen.length).toBeGreaterThanOrEqual(99);
  // Whose turn comes first is the browser's business, so not after each; but nobody is kept waiting for two.
  for (let i = 2; i < seen.length; i++) expect(seen[i]! - seen[i - 2]!).toBeGreaterThan(0);
});
