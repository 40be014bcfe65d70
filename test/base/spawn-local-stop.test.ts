import { expect, test, vi } from "vitest";
import { LocalScheduler, type Task } from "../../src/base/spawn-local.ts";
import { deferred } from "./deferred.ts";
import { FakeClock, settled, tickingClock } from "./fake-clock.ts";
import { forever } from "./tasks.ts";

test("stop ends and rejects every task, drops jobs, and refuses later ones", async () => {
  const clock = new FakeClock();
  const scheduler = new LocalScheduler(clock, { slice: 1 });
  const left: string[] = [];
  const never = deferred<void>();
  function* task(name: string, wait?: Promise<void>): Task<void> {
    try {
      for (;;) {
        clock.time++;
        yield wait;
      }
    } finally {
      left.push(name);
    }
  }
  const tasks = [scheduler.spawn(task("waits", never.promise)), scheduler.spawn(task("ready"))];
  await settled();
  await clock.turn();
  const late = scheduler.spawn(task("not begun"));
  const job = vi.fn();
  scheduler.post(job);
  scheduler.stop("reason");
  scheduler.stop("another");
  tasks.push(late, scheduler.spawn(task("after")));
  scheduler.post(job);
  expect(scheduler.idle).toBe(true);
  const outcomes = await Promise.allSettled(tasks);
  expect(outcomes).toEqual(tasks.map(() => ({ status: "rejected", reason: "reason" })));
  expect(left).toEqual(["waits", "ready"]);
  never.resolve();
  await clock.turn();
  expect([job.mock.calls.length, clock.waiting, left.length]).toEqual([0, 0, 2]);
});

test("a task can stop the scheduler that runs it", async () => {
  const scheduler = new LocalScheduler(new FakeClock());
  const log: string[] = [];
  function* task(): Task<void> {
    try {
      scheduler.stop("reason");
      log.push("stopped");
      yield;
      log.push("continued");
    } finally {
      log.push("left");
    }
  }
  await expect(scheduler.spawn(task())).rejects.toBe("reason");
  await settled();
  expect(log).toEqual(["stopped", "left"]);
});

test("a job can stop the scheduler that runs it", async () => {
  const other = new LocalScheduler(tickingClock());
  const beside = other.spawn(forever(() => {}));
  other.post(() => other.stop("by a job"));
  await expect(beside).rejects.toBe("by a job");
});

test("a task cannot prevent its end in `finally`", async () => {
  const clock = new FakeClock();
  // One step each turn.
  const scheduler = new LocalScheduler(clock, { slice: 0 });
  const wait = deferred<void>();
  const after = vi.fn();
  function* stubborn(first: Promise<void> | undefined, last: () => undefined): Task<void> {
    try {
      yield first;
    } finally {
      yield last();
      after();
    }
  }
  const throws = (): never => {
    throw new Error("in finally");
  };
  const yields = (): undefined => undefined;
  const all = [stubborn(wait.promise, throws), stubborn(wait.promise, yields), stubborn(undefined, yields)];
  const tasks = all.map((task) => scheduler.spawn(task));
  await settled();
  await clock.turn();
  await clock.turn();
  scheduler.stop("reason");
  for (const task of tasks) await expect(task).rejects.toBe("reason");
  wait.resolve();
  await clock.turn();
  await clock.turn();
  expect(after).not.toHaveBeenCalled();
  expect([scheduler.idle, clock.waiting]).toEqual([true, 0]);
});
