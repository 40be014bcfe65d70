import { expect, test, vi } from "vitest";
import { Pace } from "../../workers/net/pace.ts";

test("of hundreds of requests made at once, a few start at once and the others follow in order, a few per turn", async () => {
  const pace = new Pace();
  const begun: number[] = [];
  const all = Array.from({ length: 100 }, async (_, index) => {
    await pace.turn();
    begun.push(index);
  });
  await Promise.resolve();
  expect(begun).toEqual(Array.from({ length: 16 }, (_, index) => index));
  await vi.waitFor(() => expect(begun.length).toBeGreaterThan(16), { interval: 0 });
  expect(begun.length).toBeLessThan(100);
  await Promise.all(all);
  expect(begun).toEqual(Array.from({ length: 100 }, (_, index) => index));
});

test("requests made one by one never wait", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const pace = new Pace();
    for (let each = 0; each < 100; each++) {
      expect(pace.turn()).toBeUndefined();
      vi.advanceTimersByTime(2);
    }
  } finally {
    vi.useRealTimers();
  }
});
