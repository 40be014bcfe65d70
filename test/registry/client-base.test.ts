import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { backoff, retryAfter } from "../../src/base/backoff.ts";
import { Limit } from "../../src/base/limit.ts";
import { onAbort, orAbort } from "../../src/base/on-abort.ts";
import { OnceMap } from "../../src/base/once-map.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("all callers of a key get the same value, during the work and after it", async () => {
  const once = new OnceMap<string, object>();
  let runs = 0;
  const work = async (): Promise<object> => {
    runs++;
    await tick();
    return {};
  };
  const first = once.run("a", work);
  expect(once.get("a")).toBeUndefined();
  const values = await Promise.all([first, once.run("a", work)]);
  values.push(await once.run("a", work));
  expect(new Set(values).size).toBe(1);
  expect(once.get("a")).toBe(values[0]);
  expect(runs).toBe(1);
});

test("a rejection reaches all waiting callers, and the next caller tries again", async () => {
  const once = new OnceMap<string, number>();
  const bad = (): Promise<number> => Promise.reject(new Error("down"));
  const answers = await Promise.allSettled([once.run("a", bad), once.run("a", bad)]);
  expect(answers.map((answer) => answer.status)).toEqual(["rejected", "rejected"]);
  await expect(once.run("a", () => Promise.resolve(1))).resolves.toBe(1);
});

test("work that throws before it returns a promise fails its key, and releases it", async () => {
  const once = new OnceMap<string, number>();
  const thrown = once.run("a", () => {
    throw new Error("at once");
  });
  await expect(thrown).rejects.toThrow("at once");
  await expect(once.run("a", () => Promise.resolve(1))).resolves.toBe(1);
});

test("refuses to wait for a key without an owner, and then remembers nothing", async () => {
  const once = new OnceMap<string, number>();
  await expect(once.wait("a")).rejects.toMatchObject({ code: "EUNREGISTERED" });
  expect(once.register("a")).toBe(true);
  once.fail("a", new Error("down"));
  await expect(once.wait("a")).rejects.toMatchObject({ code: "EUNREGISTERED" });
  // The value of the next owner does not reach the refused callers.
  once.done("a", 1);
  expect(once.get("a")).toBeUndefined();
});

test("a failure without waiting callers causes no unhandled rejection", async () => {
  const seen: unknown[] = [];
  const listen = (reason: unknown): unknown => seen.push(reason);
  process.on("unhandledRejection", listen);
  const once = new OnceMap<string, number>();
  once.register("a");
  once.fail("a", new Error("down"));
  await tick();
  await tick();
  process.off("unhandledRejection", listen);
  expect(seen).toEqual([]);
});

test("each waiting caller gets its owner's result, in any order of registering, settling and waiting", async () => {
  const action = fc.record({
    kind: fc.constantFrom("register" as const, "done" as const, "fail" as const, "wait" as const),
    key: fc.constantFrom("a", "b", Number.NaN, undefined),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const once = new OnceMap<unknown, number | undefined>();
      const running = new Map<unknown, { answer: unknown }[]>();
      const values = new Map<unknown, number | undefined>();
      const waits: { given: Promise<unknown>; wanted: { answer: unknown } }[] = [];
      actions.forEach(({ kind, key }, index) => {
        // undefined is a valid value
        const value = index % 3 ? index : undefined;
        const own = running.get(key);
        if (kind === "register") {
          const free = !own && !values.has(key);
          expect(once.register(key)).toBe(free);
          if (free) running.set(key, []);
        } else if (kind === "wait") {
          const wanted = { answer: values.has(key) ? values.get(key) : own ? "for ever" : "EUNREGISTERED" };
          own?.push(wanted);
          const given = once.wait(key).catch((error: Error & { code?: string }) => error.code ?? error.message);
          waits.push({
            given: Promise.race([
              given,
              tick()
                .then(tick)
                .then(() => "for ever"),
            ]),
            wanted,
          });
        } else {
          if (kind === "done") once.done(key, value);
          else once.fail(key, new Error(`down ${index}`));
          if (own && kind === "done") values.set(key, value);
          for (const wanted of own ?? []) wanted.answer = kind === "done" ? value : `down ${index}`;
          running.delete(key);
        }
        expect(once.get(key)).toBe(values.get(key));
      });
      expect(await Promise.all(waits.map(({ given }) => given))).toEqual(waits.map(({ wanted }) => wanted.answer));
    }),
  );
});

test.each([0, -1, Number.NaN])("a limit of %s allows one at a time", async (size) => {
  const limit = new Limit(size);
  const work = [1, 2].map((value) => limit.run(() => Promise.resolve(value)));
  await expect(Promise.race([Promise.all(work), tick()])).resolves.toEqual([1, 2]);
});

test("a limit is used fully and never exceeded, in the order of arrival, despite failures and cancellations", async () => {
  const job = fc.record({ ticks: fc.integer({ min: 1, max: 3 }), fails: fc.boolean(), cancels: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(job, { maxLength: 30 }), async (size, jobs) => {
      const limit = new Limit(size);
      const started: number[] = [];
      let active = 0;
      let most = 0;
      const runs = jobs.map(({ ticks, fails, cancels }, index) => {
        const stop = new AbortController();
        const run = limit.run(
          async () => {
            started.push(index);
            most = Math.max(most, ++active);
            for (let i = 0; i < ticks; i++) await tick();
            active--;
            if (fails) throw new Error("failed");
          },
          { signal: stop.signal },
        );
        if (cancels) stop.abort(new Error("cancelled"));
        return run.then(
          () => "done",
          (error: Error) => error.message,
        );
      });
      const ends = await Promise.all(runs);
      expect(most).toBe(Math.min(size, started.length));
      expect(started).toEqual([...started].sort((a, b) => a - b));
      ends.forEach((end, index) => {
        const { fails, cancels } = jobs[index]!;
        const ran = started.includes(index);
        if (!cancels) expect(ran).toBe(true);
        expect(end).toBe(ran ? (fails ? "failed" : "done") : "cancelled");
      });
      // All slots are free again, and their number did not change.
      most = 0;
      const later = Array.from({ length: size + 2 }, () =>
        limit.run(async () => {
          most = Math.max(most, ++active);
          await tick();
          active--;
        }),
      );
      await Promise.all(later);
      expect(most).toBe(size);
    }),
  );
});

test("a hundred waits on one signal share a listener, which is removed at the end", async () => {
  const stop = new AbortController();
  const { signal } = stop;
  const add = vi.spyOn(signal, "addEventListener");
  const remove = vi.spyOn(signal, "removeEventListener");
  let rung = 0;
  const forget = Array.from({ length: 100 }, () => onAbort(signal, () => rung++));
  expect(add).toHaveBeenCalledTimes(1);
  for (const each of forget.slice(1)) each();
  expect(remove).not.toHaveBeenCalled();
  stop.abort();
  expect(rung).toBe(1);
  forget[0]?.();
  expect(add).toHaveBeenCalledTimes(1);
  expect(remove).toHaveBeenCalledTimes(1);
});

test("a signal ends the wait for a promise that never settles", async () => {
  const stop = new AbortController();
  const never = orAbort(new Promise(() => {}), stop.signal);
  stop.abort("enough");
  await expect(never).rejects.toBe("enough");
  await expect(orAbort(Promise.resolve(1), stop.signal)).rejects.toBe("enough");
  await expect(orAbort(Promise.resolve(1), new AbortController().signal)).resolves.toBe(1);
});

test("retry delays double, are random over their full length, and stop growing", () => {
  expect([0, 1, 2].map((tried) => backoff(tried, 1))).toEqual([500, 1000, 2000]);
  expect(backoff(2, 0)).toBe(0);
  expect(backoff(2, 0.25)).toBe(500);
  expect(backoff(60, 1)).toBe(10_000);
});

test("reads Retry-After as seconds or as a date", () => {
  const now = Date.parse("Wed, 21 Oct 2015 07:28:00 GMT");
  expect(retryAfter("120", now)).toBe(120_000);
  expect(retryAfter(" 0 ", now)).toBe(0);
  expect(retryAfter("Wed, 21 Oct 2015 07:28:03 GMT", now)).toBe(3000);
  expect(retryAfter("Wed, 21 Oct 2015 07:27:00 GMT", now)).toBe(0);
  expect(retryAfter("soon", now)).toBeUndefined();
  expect(retryAfter(null, now)).toBeUndefined();
});

test("the lowest rank goes first, a hurried request goes before all, and none is lost", async () => {
  const limit = new Limit(1);
  const order: string[] = [];
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const runs = ["a", "b", "c", "d", "e"].map((key) =>
    limit.run(
      async () => {
        order.push(key);
        if (key === "a") await gate;
      },
      { key, rank: { c: 1, e: 3 }[key] },
    ),
  );
  limit.hurry("d", -1);
  limit.hurry("e", 1);
  // Its rank is already lower.
  limit.hurry("b", 1);
  limit.hurry("missing", -1);
  open();
  await Promise.all(runs);
  expect(order).toEqual(["a", "d", "b", "c", "e"]);
});
