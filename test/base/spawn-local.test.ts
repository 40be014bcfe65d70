import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { LocalScheduler, type Task } from "../../src/base/spawn-local.ts";
import { localClock, nextTurn } from "../../workers/host/yield.ts";
import { deferred } from "./deferred.ts";
import { FakeClock, settled, tickingClock } from "./fake-clock.ts";
import { forever, steps } from "./tasks.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("spawn resolves with the task's result, and the caller continues before the first step", async () => {
  const scheduler = new LocalScheduler(new FakeClock());
  const log: string[] = [];
  const task = scheduler.spawn(steps(2, () => log.push("step"), "result"));
  log.push("caller");
  expect(scheduler.idle).toBe(false);
  expect(await task).toBe("result");
  expect(log).toEqual(["caller", "step", "step"]);
  expect(scheduler.idle).toBe(true);
});

test("a task is resumed with the value that it waited for, or with its rejection thrown", async () => {
  const scheduler = new LocalScheduler(new FakeClock());
  const [first, second] = [deferred<string>(), deferred<string>()];
  function* task(): Task<unknown[]> {
    const seen: unknown[] = [yield first.promise];
    try {
      yield second.promise;
    } catch (error) {
      seen.push(error, yield);
    }
    // biome-ignore lint/suspicious/noThenProperty: a task can wait for any object with a `then`
    seen.push(yield { then: (done: (value: string) => void) => done("thenable") } as PromiseLike<string>);
    seen.push(yield);
    return seen;
  }
  const answer = scheduler.spawn(task());
  first.resolve("value");
  second.reject("reason");
  expect(await answer).toEqual(["value", "reason", undefined, "thenable", undefined]);
});

test("a task can wait for one that it spawned", async () => {
  const scheduler = new LocalScheduler(new FakeClock());
  function* parent(): Task<unknown> {
    return yield scheduler.spawn(steps(3, () => {}, "child"));
  }
  expect(await scheduler.spawn(parent())).toBe("child");
});

test("a task that throws rejects its own promise only", async () => {
  const scheduler = new LocalScheduler(new FakeClock());
  function* throws(): Task<never> {
    yield;
    throw new Error("own");
  }
  function* waits(): Task<void> {
    yield Promise.reject(new Error("waited for"));
  }
  const all = [scheduler.spawn(throws()), scheduler.spawn(waits()), scheduler.spawn(steps(5, () => {}, "fine"))];
  const [own, waited, fine] = await Promise.allSettled(all);
  expect(own).toMatchObject({ reason: { message: "own" } });
  expect(waited).toMatchObject({ reason: { message: "waited for" } });
  expect(fine).toMatchObject({ value: "fine" });
  expect(scheduler.idle).toBe(true);
});

test("jobs and tasks take turns, and tasks among themselves", async () => {
  const scheduler = new LocalScheduler(new FakeClock());
  let log = "";
  const tasks = ["A", "B"].map((name) => scheduler.spawn(steps(3, () => (log += name), null)));
  for (const name of "123") scheduler.post(() => (log += name));
  await Promise.all(tasks);
  expect(log).toBe("1A2B3ABAB");
});

/** Measures the lead: by how many turns jobs were ahead of steps, or one task of another, while both had work. */
function race(
  lengths: readonly number[],
  jobs: number,
): { step: (task: number) => void; job: () => void; lead: number } {
  const each = lengths.map(() => 0);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let [steps, done] = [0, 0];
  const run = {
    lead: 0,
    step(task: number) {
      each[task]!++;
      steps++;
      run.compare();
    },
    job() {
      done++;
      run.compare();
    },
    compare() {
      if (done < jobs && steps < total) run.lead = Math.max(run.lead, Math.abs(done - steps));
      const live = each.filter((count, task) => count < lengths[task]!);
      for (const count of live) run.lead = Math.max(run.lead, count - Math.min(...live));
    },
  };
  return run;
}

test("law: jobs are never more than one ahead of steps, nor one task of another", async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 });
  const law = fc.asyncProperty(lengths, fc.nat(40), fc.integer({ min: 1, max: 9 }), async (lengths, jobs, slice) => {
    const scheduler = new LocalScheduler(tickingClock(), { slice });
    const seen = race(lengths, jobs);
    function* task(own: number, length: number): Task<void> {
      for (let step = 1; ; step++) {
        seen.step(own);
        if (step === length) return;
        yield;
      }
    }
    const tasks = lengths.map((length, own) => scheduler.spawn(task(own, length)));
    const end = deferred<void>();
    for (let i = 0; i < jobs; i++) scheduler.post(seen.job);
    scheduler.post(end.resolve);
    await Promise.all([...tasks, end.promise]);
    expect(seen.lead).toBeLessThanOrEqual(1);
    expect(scheduler.idle).toBe(true);
  });
  await fc.assert(law);
});

test("jobs that never end do not starve a task", async () => {
  const scheduler = new LocalScheduler(tickingClock());
  let jobs = 0;
  const more = (): void => {
    jobs++;
    scheduler.post(more);
  };
  more();
  function* task(): Task<number> {
    for (let i = 0; i < 100; i++) yield;
    return jobs;
  }
  expect(await scheduler.spawn(task())).toBeLessThanOrEqual(103);
  scheduler.stop("enough");
});

test("a task that never ends does not starve a job", async () => {
  const scheduler = new LocalScheduler(tickingClock());
  let done = 0;
  const endless = scheduler.spawn(forever(() => done++));
  const job = deferred<number>();
  scheduler.post(() => job.resolve(done));
  expect(await job.promise).toBeLessThanOrEqual(1);
  scheduler.stop("enough");
  await expect(endless).rejects.toBe("enough");
});

test("a turn of the event loop has at most one slice", async () => {
  const clock = new FakeClock();
  const scheduler = new LocalScheduler(clock);
  let done = 0;
  const task = scheduler.spawn(
    steps(
      20,
      () => {
        done++;
        clock.time++;
      },
      null,
    ),
  );
  await settled();
  expect([done, clock.waiting]).toEqual([8, 1]);
  await settled();
  expect(done).toBe(8);
  await clock.turn();
  expect([done, clock.waiting]).toEqual([16, 1]);
  await clock.turn();
  await task;
  expect([done, clock.waiting]).toEqual([20, 0]);
});

test("work that arrives between slices waits for the next one", async () => {
  const clock = new FakeClock();
  const scheduler = new LocalScheduler(clock, { slice: 2 });
  const log: string[] = [];
  const task = scheduler.spawn(
    steps(
      4,
      () => {
        log.push("step");
        clock.time++;
      },
      null,
    ),
  );
  await settled();
  scheduler.post(() => log.push("job"));
  await settled();
  expect(log).toEqual(["step", "step"]);
  await clock.turn();
  expect(log.slice(2).sort()).toEqual(["job", "step", "step"]);
  await clock.turn();
  await task;
});

test("a scheduler that is woken in the same turn has only the rest of the slice", async () => {
  const clock = new FakeClock();
  const scheduler = new LocalScheduler(clock);
  const wait = deferred<void>();
  let done = 0;
  function* task(): Task<void> {
    for (let i = 0; i < 20; i++) {
      done++;
      clock.time++;
      yield i === 4 ? wait.promise : undefined;
    }
  }
  const end = scheduler.spawn(task());
  await settled();
  expect([done, clock.waiting]).toEqual([5, 0]);
  clock.time += 1000;
  wait.resolve();
  await settled();
  expect([done, clock.waiting]).toEqual([8, 1]);
  await clock.turn();
  await clock.turn();
  await end;
});

test("a clock that is set back ends the slice", async () => {
  const clock = new FakeClock();
  const scheduler = new LocalScheduler(clock);
  let done = 0;
  const task = scheduler.spawn(forever(() => (clock.time -= 3_600_000 * ++done)));
  await settled();
  expect([done, clock.waiting]).toEqual([1, 1]);
  scheduler.stop("enough");
  await expect(task).rejects.toBe("enough");
});

test("the clock is not read while all tasks wait", async () => {
  const clock = new FakeClock();
  const scheduler = new LocalScheduler(clock);
  const waits = Array.from({ length: 5 }, () => deferred<number>());
  const tasks = waits.map(({ promise }) =>
    scheduler.spawn(
      (function* (): Task<unknown> {
        return yield promise;
      })(),
    ),
  );
  await settled();
  const { reads } = clock;
  for (let i = 0; i < 10; i++) await settled();
  expect([clock.reads, clock.waiting, scheduler.idle]).toEqual([reads, 0, false]);
  for (const [i, { resolve }] of waits.entries()) resolve(i);
  expect(await Promise.all(tasks)).toEqual([0, 1, 2, 3, 4]);
});

test("a step creates no promise", async () => {
  let created = 0;
  class Counted<T> extends Promise<T> {
    constructor(run: ConstructorParameters<typeof Promise<T>>[0]) {
      super(run);
      created++;
    }
  }
  vi.stubGlobal("Promise", Counted);
  const scheduler = new LocalScheduler(new FakeClock());
  const tasks = [1, 2].map(() => scheduler.spawn(steps(50_000, () => {}, null)));
  for (let i = 0; i < 50_000; i++) scheduler.post(() => {});
  for (const task of tasks) await task;
  expect(created).toBeGreaterThan(2);
  expect(created).toBeLessThan(20);
});

test("5,000 tasks that wait and work all end", async () => {
  const clock = new FakeClock();
  const scheduler = new LocalScheduler(clock);
  const gates = Array.from({ length: 50 }, () => deferred<number>());
  let running = 0;
  let most = 0;
  function* task(id: number): Task<number> {
    most = Math.max(most, ++running);
    let sum = 0;
    for (let i = 0; i < 3; i++) {
      yield;
      sum += Number(yield gates[(id + i) % gates.length]!.promise);
    }
    running--;
    return sum;
  }
  const all = Array.from({ length: 5_000 }, (_, id) => scheduler.spawn(task(id)));
  await settled();
  expect(most).toBe(5_000);
  for (const [i, { resolve }] of gates.entries()) resolve(i);
  const sums = await Promise.all(all);
  expect(sums.every((sum, id) => sum === [0, 1, 2].reduce((a, i) => a + ((id + i) % 50), 0))).toBe(true);
  expect(scheduler.idle).toBe(true);
});

test("a job that throws causes an unhandled rejection, and other work continues", async () => {
  const scheduler = new LocalScheduler(new FakeClock());
  const reject = vi.spyOn(Promise, "reject").mockImplementation(() => new Promise<never>(() => {}));
  const wait = deferred<void>();
  scheduler.post(() => {
    throw new Error("defect");
  });
  scheduler.post(wait.resolve);
  await wait.promise;
  expect(reject).toHaveBeenCalledExactlyOnceWith(new Error("defect"));
});

test("in Node, other work runs between slices, and no port stays open", async () => {
  const scheduler = new LocalScheduler(tickingClock(nextTurn));
  const open = (): number => process.getActiveResourcesInfo().filter((kind) => /message/i.test(kind)).length;
  const before = open();
  let others = 0;
  let live = true;
  const other = (): void => {
    others++;
    if (live) setImmediate(other);
  };
  other();
  // A slice has eight steps.
  await scheduler.spawn(steps(800, () => {}, null));
  live = false;
  expect(others).toBeGreaterThan(50);
  // A closed port disappears some turns later.
  await vi.waitFor(() => expect(open()).toBe(before));
  expect(localClock.now()).toBeGreaterThan(0);
});
