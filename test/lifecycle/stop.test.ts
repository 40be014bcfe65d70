import { afterAll, beforeAll, expect, test } from "vitest";
import { atRest, create, MOMENTS, type Moment, note, openTab, printTimes, resolveUntil, SETUPS } from "./setups.ts";
import { Stage } from "./stage.ts";
import { NOTHING } from "./tab.ts";

// A signal, `dispose`, two at once: each ends every promise and leaves nothing behind but the workers of one installer.

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);

afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  printTimes();
});

const moments = Object.keys(MOMENTS) as Moment[];

test.each(SETUPS)("a signal ends a resolution at any moment, and the next is right: $mode, io $io", async (setup) => {
  await using tab = await openTab(stage, setup);
  for (const moment of moments) {
    await resolveUntil(tab, moment, moment);
    const since = await tab.call((life, name) => life.stop(name), moment);
    expect(await tab.settled(atRest(setup)), moment).toEqual({ ...NOTHING, ...atRest(setup) });
    expect(await tab.ended(moment), moment).toMatch("AbortError");
    await note(tab, `${setup.mode} ${setup.io}: signal ${moment}`, { name: moment, since });
  }
  tab.registry.manners = {};
  await tab.call((life) => {
    life.resolve("late");
    life.resolve("early", { signal: AbortSignal.abort(new Error("before")) });
    life.stop("late");
    life.resolve("next");
  });
  expect(await tab.ended("early")).toBe("Error: before");
  expect(await tab.ended("late")).toMatch("AbortError");
  expect(await tab.ended("next")).toBe("right");
  expect(await tab.settled(atRest(setup))).toEqual({ ...NOTHING, ...atRest(setup) });
  expect((await tab.probe()).faults).toEqual([]);
});

test.each(SETUPS)("two at once are both right, and leave one installer's workers: $mode, io $io", async (setup) => {
  await using tab = await openTab(stage, setup);
  await tab.call((life) => {
    life.resolve("a");
    life.resolve("b");
  });
  expect([await tab.ended("a"), await tab.ended("b")]).toEqual(["right", "right"]);
  expect(await tab.settled(atRest(setup))).toEqual({ ...NOTHING, ...atRest(setup) });
  await resolveUntil(tab, "c", "while one packument is waited for");
  await tab.call((life) => life.resolve("d"));
  await tab.waiting(1);
  await tab.call((life) => life.stop("c"));
  expect(await tab.ended("c")).toMatch("AbortError");
  tab.registry.release();
  expect(await tab.ended("d")).toBe("right");
  expect(await tab.settled(atRest(setup))).toEqual({ ...NOTHING, ...atRest(setup) });
  expect((await tab.probe()).faults).toEqual([]);
});

test.each(SETUPS)("dispose ends all at any moment and leaves nothing: $mode, io $io", async (setup) => {
  await using tab = await openTab(stage, setup);
  for (const moment of moments) {
    await resolveUntil(tab, moment, moment);
    const since = await tab.call((life) => {
      life.follow("packument", () => life.installer.packument("p1"));
      life.follow("usage", () => life.installer.store.usage());
      const at = life.dispose();
      life.dispose();
      life.resolve("after");
      life.follow("packument after", () => life.installer.packument("p1"));
      life.follow("clear after", () => life.installer.store.clear());
      return at;
    });
    expect(await tab.settled(), moment).toEqual(NOTHING);
    for (const name of [moment, "packument", "usage", "after", "packument after", "clear after"]) {
      expect(await tab.ended(name), name).toBe("EDISPOSED");
    }
    await note(tab, `${setup.mode} ${setup.io}: dispose ${moment}`, { name: moment, since });
    await create(tab, setup);
  }
  tab.registry.manners = {};
  await tab.call((life) => life.resolve("last"));
  expect(await tab.ended("last")).toBe("right");
  await tab.call((life) => life.dispose());
  expect(await tab.settled()).toEqual(NOTHING);
  expect((await tab.probe()).faults).toEqual([]);
});
