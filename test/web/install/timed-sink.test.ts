import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SinkFile, SinkSession } from "../../../src/api/sink.ts";
import { timedSink } from "../../../web/install/timed-sink.ts";

const LIMIT = 1_000;
const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A sink whose writes take files until they are used up, and then wait for `ended`. */
function openSink(ended: Promise<void>): Promise<SinkSession> {
  const session: SinkSession = {
    held: new Map(),
    begin: async () => {},
    async write(_, files) {
      for (const _ of files) await new Promise((next) => setTimeout(next, LIMIT / 2));
      await ended;
    },
    commit: async () => {},
    abort: async () => {},
  };
  return timedSink({ open: async () => session }, LIMIT).open();
}

function* files(count: number): Generator<SinkFile> {
  for (let at = 0; at < count; at++) yield { path: `${at}`, bytes: new Uint8Array(), mode: 0o644 } as SinkFile;
}

/** Starts a write, and returns how it ends: a code, or "written". */
function outcomeOf(session: SinkSession, count: number): { now: string } {
  const outcome = { now: "pending" };
  session.write("node_modules/a", files(count)).then(
    () => (outcome.now = "written"),
    (error: { code: string }) => (outcome.now = error.code),
  );
  return outcome;
}

test("a write that makes no progress fails with ESINK, not before its limit and at most a tenth after it", async () => {
  const session = await openSink(new Promise(() => {}));
  const outcome = outcomeOf(session, 0);
  await vi.advanceTimersByTimeAsync(LIMIT - 1);
  expect(outcome.now).toBe("pending");
  await vi.advanceTimersByTimeAsync(LIMIT / 10 + 1);
  expect(outcome.now).toBe("ESINK");
  expect(vi.getTimerCount()).toBe(0);
});

test("each file that a write takes is progress", async () => {
  const session = await openSink(Promise.resolve());
  const outcome = outcomeOf(session, 20);
  await vi.advanceTimersByTimeAsync(20 * LIMIT);
  expect(outcome.now).toBe("written");
  expect(vi.getTimerCount()).toBe(0);
});

test("neither the sleep of a computer nor a change of its clock is a time without progress", async () => {
  let end = (): void => {};
  const session = await openSink(new Promise((resolve) => (end = resolve)));
  // Takes the second file, which is progress, after half of the limit.
  const outcome = outcomeOf(session, 2);
  await vi.advanceTimersByTimeAsync(LIMIT / 2);
  // The timers stand still, and the clock goes on.
  vi.setSystemTime(Date.now() + 8 * HOUR);
  await vi.advanceTimersByTimeAsync(LIMIT * 0.6);
  expect(outcome.now).toBe("pending");
  end();
  await vi.advanceTimersByTimeAsync(1);
  expect(outcome.now).toBe("written");
});
