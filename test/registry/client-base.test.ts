import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { backoff, retryAfter } from "../../src/base/backoff.ts";
import { Limit } from "../../src/base/limit.ts";
import { onAbort, orAbort } from "../../src/base/on-abort.ts";
import { OnceMap } from "../../src/base/once-map.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("whoever asks for a key, during the work or after it, gets the one value", async () => {
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

test("a rejection reaches everybody who waits, and the next to ask tries again", async () => {
  const once = new OnceMap<string, number>();
  const bad = (): Promise<number> => Promise.reject(new Error("down"));
  const answers = await Promise.allSettled([once.run("a", bad), once.run("a", bad)]);
  expect(answers.map((answer) => answer.status)).toEqual(["rejected", "rejected"]);
  await expect(once.run("a", () => Promise.resolve(1))).resolves.toBe(1);
});

test("work that throws before it gives a promise fails its key, and does not own it for ever", async () => {
  const once = new OnceMap<string, number>();
  const thrown = once.run("a", () => {
    throw new Error("at once");
  });
  await expect(thrown).rejects.toThrow("at once");
  await expect(once.run("a", () => Promise.resolve(1))).resolves.toBe(1);
});

test("a key that nobody works on cannot be waited for, and waiting leaves nothing behind", async () => {
  const once = new OnceMap<string, number>();
  await expect(once.wait("a")).rejects.toMatchObject({ code: "EUNREGISTERED" });
  expect(once.register("a")).toBe(true);
  once.fail("a", new Error("down"));
  await expect(once.wait("a")).rejects.toMatchObject({ code: "EUNREGISTERED" });
  // The next owner's value does not reach those who were turned away.
  once.done("a", 1);
  expect(once.get("a")).toBeUndefined();
});

test("a failure that nobody waits for is nobody's unhandled rejection", async () => {
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

test("any order of registering, settling and waiting tells each waiter what its owner said", async () => {
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
        // A value may be undefined, and is one all the same.
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

test.each([0, -1, Number.NaN])("a limit of %s lets one through at a time", async (size) => {
  const limit = new Limit(size);
  const work = [1, 2].map((value) => limit.run(() => Promise.resolve(value)));
  await expect(Promise.race([Promise.all(work), tick()])).resolves.toEqual([1, 2]);
});

test("a limit is reached, never passed, in the order of arrival, whatever fails or is cancelled", async () => {
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
      // All places are free again, and no more than there were.
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

test("a hundred wait on a signal with one listener, and none is left behind", async () => {
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

test("a promise that never ends gives way to its signal", async () => {
  const stop = new AbortController();
  const never = orAbort(new Promise(() => {}), stop.signal);
  stop.abort("enough");
  await expect(never).rejects.toBe("enough");
  await expect(orAbort(Promise.resolve(1), stop.signal)).rejects.toBe("enough");
  await expect(orAbort(Promise.resolve(1), new AbortController().signal)).resolves.toBe(1);
});

test("waits double, are spread over all of their length, and stop growing", () => {
  expect([0, 1, 2].map((tried) => backoff(tried, 1))).toEqual([500, 1000, 2000]);
  expect(backoff(2, 0)).toBe(0);
  expect(backoff(2, 0.25)).toBe(500);
  expect(backoff(60, 1)).toBe(10_000);
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("Wed, 21 Oct 2015 07:28:00 GMT");
  expect(retryAfter("120", now)).toBe(120_000);
  expect(retryAfter(" 0 ", now)).toBe(0);
  expect(retryAfter("Wed, 21 Oct 2015 07:28:03 GMT", now)).toBe(3000);
  expect(retryAfter("Wed, 21 Oct 2015 07:27:00 GMT", now)).toBe(0);
  expect(retryAfter("soon", now)).toBeUndefined();
  expect(retryAfter(null, now)).toBeUndefined();
});

test("the lowest rank goes first, who is in a hurry before all, and nobody is lost", async () => {
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
  // It has a lower one.
  limit.hurry("b", 1);
  limit.hurry("nobody", -1);
  open();
  await Promise.all(runs);
  expect(order).toEqual(["a", "d", "b", "c", "e"]);
});
