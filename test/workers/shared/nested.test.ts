import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { failure, type InstallError } from "../../../src/errors/failure.ts";
import { createSharedMemory } from "../../../workers/shared/shared-memory.ts";
import { SharedOnceMap } from "../../../workers/shared/shared-once-map.ts";
import { MapModel, type Said, said } from "./model.ts";

// Makes one thread's call in the middle of another's, at every possible point. The outcome must equal that of one call after the other,
// in either order. The hook plays the second thread on the first, so that every overlap occurs, which real threads meet only by chance.

const SIZES = { slots: 3, names: 1024, initial: 2 ** 16, maximum: 2 ** 16 };
// With three slots, some of these keys collide.
const KEYS = ["a", "b", "c"];

interface Step {
  kind: "register" | "done" | "fail" | "failAll" | "look";
  key: string;
  text: string;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const e404 = (text: string) => failure("E404", text);

/** The state of a key as a thread sees it: an answer, in flight, or without an owner. */
function look(map: SharedOnceMap, key: string): string {
  try {
    const outcome = map.waitBlocking(key, 0);
    return outcome ? said(outcome) : "in flight";
  } catch (error) {
    return (error as InstallError).code;
  }
}

function lookAtModel(model: MapModel, key: string): string {
  const generation = model.waited(key);
  if (generation === undefined) return model.closing ?? "EUNREGISTERED";
  return String(model.see(0, key, generation) ?? "in flight");
}

function play(map: SharedOnceMap, { kind, key, text }: Step): unknown {
  if (kind === "register") return map.register(key);
  if (kind === "done") return map.done(key, bytes(text));
  if (kind === "fail") return map.fail(key, e404(text));
  if (kind === "failAll") return map.failAll(failure("EWORKER", text));
  return look(map, key);
}

function playModel(model: MapModel, { kind, key, text }: Step): unknown {
  if (kind === "register") return model.register(key);
  if (kind === "done") return model.done(0, key, bytes(text)) ? 0 : "full";
  if (kind === "fail") return model.fail(0, key, e404(text));
  if (kind === "failAll") return model.failAll(failure("EWORKER", text));
  return lookAtModel(model, key);
}

/** Returns the outcome of one order: the result of each call, the state of each key, and the answers of the waits. */
function inOrder(
  before: readonly Step[],
  steps: readonly Step[],
): { results: unknown[]; keys: string[]; heard: Said[] } {
  const model = new MapModel({ ...SIZES, instances: 1 });
  for (const step of before) playModel(model, step);
  const waits = KEYS.filter((key) => model.waited(key) !== undefined).map((key) => ({
    key,
    of: model.generation(key),
  }));
  const results = steps.map((step) => playModel(model, step));
  const heard = waits.map(({ key, of }) => String(model.see(0, key, of) ?? "in flight"));
  return { results, keys: KEYS.map((key) => lookAtModel(model, key)), heard };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  globalThis.interleave = undefined;
});

const step = fc.record<Step>({
  kind: fc.constantFrom("register", "register", "done", "fail", "failAll", "look"),
  key: fc.constantFrom(...KEYS),
  text: fc.constantFrom("x", "longer than that", ""),
});
const setUp = fc.array(
  step.filter(({ kind }) => kind !== "failAll"),
  { maxLength: 6 },
);

test("a call in the middle of another has the effect of a call before or after it", async () => {
  const met = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(setUp, fc.tuple(step, step), fc.nat({ max: 6 }), async (before, [outer, inner], at) => {
      const memory = createSharedMemory(SIZES);
      const [one, other] = [new SharedOnceMap(memory), new SharedOnceMap(memory)];
      for (const done of before) play(one, done);
      const heard = KEYS.filter((key) => look(other, key) !== "EUNREGISTERED").map((key) => {
        const wait = { said: "in flight" };
        void other.wait(key).then((outcome) => {
          wait.said = said(outcome);
        });
        return wait;
      });
      let points = 0;
      let innerResult: unknown = inOrder;
      globalThis.interleave = (point) => {
        if (points++ !== at) return;
        globalThis.interleave = undefined;
        innerResult = play(other, inner);
        met.set(point, (met.get(point) ?? 0) + 1);
      };
      const outerResult = play(one, outer);
      globalThis.interleave = undefined;
      if (innerResult === inOrder) innerResult = play(other, inner);
      const expected = [
        inOrder(before, [outer, inner]),
        ((order) => ({ ...order, results: order.results.toReversed() }))(inOrder(before, [inner, outer])),
      ];
      const found = () => ({
        results: [outerResult, innerResult],
        keys: KEYS.map((key) => look(other, key)),
        heard: heard.map((wait) => wait.said),
      });
      // Waits are answered in a later turn.
      const isExpected = () => expected.some((order) => isDeepStrictEqual(order, found()));
      for (let turns = 0; turns < 100 && !isExpected(); turns++) await turn();
      expect(expected).toContainEqual(found());
      one.failAll(failure("EABORTED", "the end"));
    }),
    { numRuns: 2000 },
  );
  expect([...met.keys()].sort()).toEqual([
    "claim",
    "claimed",
    "close",
    "name",
    "payload",
    "ready",
    "record",
    "settling",
  ]);
});
