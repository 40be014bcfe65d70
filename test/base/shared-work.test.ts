import fc from "fast-check";
import { expect, test } from "vitest";
import { SharedWork } from "../../src/base/shared-work.ts";

/** Values are numbers of works, so that a test sees which one a run got. */
function world(kind: "timely" | "lasting" = "timely") {
  let works = 0;
  const ends: ((isDone: boolean) => void)[] = [];
  const shared = new SharedWork<{ work: number }>({
    share: (value) => value,
    keep: kind === "timely" ? { kind, bytes: 2, bytesOf: () => 1 } : { kind, isAgeless: () => true },
  });
  const work = (): Promise<{ work: number }> => {
    const number = ++works;
    return new Promise((resolve, reject) => {
      ends[number] = (isDone) => (isDone ? resolve({ work: number }) : reject(new Error(`${number}`)));
    });
  };
  return { shared, work, end: (number: number, isDone = true) => ends[number]?.(isDone), works: () => works };
}

test("a run waits for the work of another, and takes what was done since it joined", async () => {
  const { shared, work, end, works } = world();
  const [a, b, c] = [shared.join(), shared.join(), shared.join()];
  const first = a.run({ key: "k", work });
  const second = b.run({ key: "k", work });
  end(1);
  expect(await Promise.all([first, second, c.run({ key: "k", work })])).toEqual(Array(3).fill({ work: 1 }));
  expect(works()).toBe(1);
});

test("a run that joins later, or asks again, does not get what is over", async () => {
  const { shared, work, end } = world();
  const [a, b] = [shared.join(), shared.join()];
  const first = a.run({ key: "k", work });
  end(1);
  await first;
  const c = shared.join().run({ key: "k", work });
  end(2);
  expect(await c).toEqual({ work: 2 });
  expect(await b.run({ key: "k", work })).toEqual({ work: 2 });
  const again = b.run({ key: "k", work });
  end(3);
  expect(await again).toEqual({ work: 3 });
});

test("a lasting value stays until the run that made it leaves", async () => {
  const { shared, work, end } = world("lasting");
  const a = shared.join();
  const first = a.run({ key: "k", work });
  end(1);
  await first;
  expect(await shared.join().run({ key: "k", work })).toEqual({ work: 1 });
  a.leave();
  const last = shared.join().run({ key: "k", work });
  end(2);
  expect(await last).toEqual({ work: 2 });
});

test("a run that waits twice for one key gets the value twice", async () => {
  const { shared, work, end } = world();
  const [a, b] = [shared.join(), shared.join()];
  const first = a.run({ key: "k", work });
  const others = [b.run({ key: "k", work }), b.run({ key: "k", work })];
  end(1);
  expect(await Promise.all([first, ...others])).toEqual(Array(3).fill({ work: 1 }));
});

test("values beyond the limit are not kept", async () => {
  const { shared, work, end, works } = world();
  const [a, b] = [shared.join(), shared.join()];
  for (const [at, key] of ["k", "l", "m"].entries()) {
    const done = a.run({ key, work });
    end(at + 1);
    await done;
  }
  await Promise.all([b.run({ key: "k", work }), b.run({ key: "l", work })]);
  expect(works()).toBe(3);
  void b.run({ key: "m", work });
  expect(works()).toBe(4);
});

test("who waits for a run that fails or leaves does the work, and others wait for that", async () => {
  const { shared, work, end, works } = world();
  const [a, b, c] = [shared.join(), shared.join(), shared.join()];
  const first = a.run({ key: "k", work }).catch(({ message }: Error) => message);
  const others = [b.run({ key: "k", work }), c.run({ key: "k", work })];
  end(1, false);
  expect(await first).toBe("1");
  await expect.poll(works).toBe(2);
  b.leave();
  await expect.poll(works).toBe(3);
  end(3);
  end(2);
  expect(await Promise.all(others)).toEqual([{ work: 2 }, { work: 3 }]);
});

test("a wait ends with the signal, and the owner's rank is improved", async () => {
  const { shared, work, end, works } = world();
  const [a, b] = [shared.join(), shared.join()];
  const ranks: number[] = [];
  const first = a.run({ key: "k", work, hurry: (rank) => void ranks.push(rank) });
  const stop = new AbortController();
  const second = b.run({ key: "k", work, rank: 4, signal: stop.signal });
  b.hurry((key) => key === "k", 1);
  stop.abort();
  // A request with an aborted signal ends at once.
  await expect.poll(works).toBe(2);
  b.hurry((key) => key === "k", 0);
  end(1);
  end(2);
  expect(await Promise.all([first, second])).toEqual([{ work: 1 }, { work: 2 }]);
  expect(ranks).toEqual([4, 1]);
});

test("law: every run gets a value for every key, in any order of asking, ending, failing and leaving", async () => {
  const step = fc.record({
    run: fc.nat(3),
    key: fc.constantFrom("k", "l"),
    act: fc.constantFrom("ask", "end", "fail", "leave"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { shared, work, end, works } = world();
      const runs = [0, 1, 2, 3].map(() => shared.join());
      const asked: Promise<unknown>[] = [];
      let next = 1;
      for (const { run, key, act } of steps) {
        if (act === "ask") asked.push(runs[run]!.run({ key, work }).catch(({ message }: Error) => message));
        else if (act === "leave") runs[run]!.leave();
        else if (next <= works()) end(next++, act === "end");
        await Promise.resolve();
      }
      for (let turn = 0; turn < asked.length + 2; turn++) {
        while (next <= works()) end(next++);
        await new Promise((done) => setTimeout(done));
      }
      const values = await Promise.race([Promise.all(asked), new Promise((done) => setTimeout(done, 1_000, "hang"))]);
      expect(values).not.toBe("hang");
      expect(shared.running.size).toBe(0);
    }),
    { numRuns: 100 },
  );
});
