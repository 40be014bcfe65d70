import { afterEach, expect, test, vi } from "vitest";
import { LocalScheduler, type Task } from "../../src/base/spawn-local.ts";
import { nextTurn } from "../../workers/host/yield.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

function* steps(count: number): Task<void> {
  for (let i = 0; i < count; i++) yield;
}

/** Sends messages to itself, one in each turn of the event loop, until it is stopped. `count` is their number. */
function startMessages(): { count: number; stop(): void } {
  const { port1, port2 } = new MessageChannel();
  const messages = {
    count: 0,
    stop: () => port1.close(),
  };
  port1.onmessage = () => {
    messages.count++;
    port2.postMessage(null);
  };
  port2.postMessage(null);
  return messages;
}

test.each([
  ["with scheduler.postTask", true],
  ["without scheduler.postTask", false],
])("%s, other work gets a turn between slices", async (_, scheduled) => {
  if (!scheduled) vi.stubGlobal("scheduler", undefined);
  const messages = startMessages();
  const seen: number[] = [];
  let time = 0;
  const scheduler = new LocalScheduler({
    // Each call takes a millisecond, so a slice has eight steps.
    now: () => time++,
    nextTurn: () => {
      seen.push(messages.count);
      return nextTurn();
    },
  });
  await scheduler.spawn(steps(800));
  messages.stop();
  expect(seen.length).toBeGreaterThanOrEqual(99);
  // The browser chooses the order of turns, so a message may wait for one slice, but not for two.
  for (let i = 2; i < seen.length; i++) expect(seen[i]! - seen[i - 2]!).toBeGreaterThan(0);
});
