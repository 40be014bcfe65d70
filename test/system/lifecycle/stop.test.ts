import { expect, test } from "vitest";
import {
  create,
  expectLeft,
  MOMENTS,
  type Moment,
  note,
  openTab,
  resolveUntil,
  SETUPS,
  stageOfFile,
} from "./setups.ts";

// A signal, `dispose` and two runs at once settle every promise and leave nothing behind but the workers of one installer.

const stage = stageOfFile();

const moments = Object.keys(MOMENTS) as Moment[];

test.each(SETUPS)("a signal ends a run at any moment: $mode, io $io", async (setup) => {
  await using tab = await openTab(stage(), setup);
  for (const moment of moments) {
    await resolveUntil(tab, moment, moment);
    const since = await tab.call((life, name) => life.stop(name), moment);
    await expectLeft(tab, setup.workers, moment);
    expect(await tab.ended(moment), moment).toMatch("AbortError");
    await note(tab, `${setup.mode} ${setup.io}: signal ${moment}`, { name: moment, since });
  }
  tab.registry.behaviours = {};
  await tab.call((life) => {
    life.resolve("late");
    life.resolve("early", { signal: AbortSignal.abort(new Error("before")) });
    life.stop("late");
    life.resolve("next");
  });
  expect(await tab.ended("early")).toBe("Error: before");
  expect(await tab.ended("late")).toMatch("AbortError");
  expect(await tab.ended("next")).toBe("right");
  await expectLeft(tab, setup.workers, "the next one");
});

test.each(SETUPS)("two runs at once both end, and leave the workers of one: $mode, io $io", async (setup) => {
  await using tab = await openTab(stage(), setup);
  await tab.call((life) => {
    life.resolve("a");
    life.resolve("b");
  });
  expect([await tab.ended("a"), await tab.ended("b")]).toEqual(["right", "right"]);
  await expectLeft(tab, setup.workers, "both right");
  await resolveUntil(tab, "c", "while one packument is waited for");
  await tab.call((life) => life.resolve("d"));
  await tab.waiting(1);
  await tab.call((life) => life.stop("c"));
  expect(await tab.ended("c")).toMatch("AbortError");
  tab.registry.release();
  expect(await tab.ended("d")).toBe("right");
  await expectLeft(tab, setup.workers, "one of two");
});

test.each(SETUPS)("dispose ends everything at any moment: $mode, io $io", async (setup) => {
  await using tab = await openTab(stage(), setup);
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
    await expectLeft(tab, 0, moment);
    for (const name of [moment, "packument", "usage", "after", "packument after", "clear after"]) {
      expect(await tab.ended(name), name).toBe("EDISPOSED");
    }
    await note(tab, `${setup.mode} ${setup.io}: dispose ${moment}`, { name: moment, since });
    await create(tab, setup);
  }
  tab.registry.behaviours = {};
  await tab.call((life) => life.resolve("last"));
  expect(await tab.ended("last")).toBe("right");
  await tab.call((life) => life.dispose());
  await expectLeft(tab, 0, "at rest");
});

const WITH_POOLS = SETUPS.filter(({ mode }) => mode !== "inline");

test.each(WITH_POOLS)("a signal and dispose end a run whose workers are starting: $mode, io $io", async (setup) => {
  await using tab = await openTab(stage(), setup);
  await resolveUntil(tab, "first", "while one packument is waited for");
  const release = stage().holdWorkers();
  try {
    // The second run needs its own workers, whose file is held back.
    const since = await tab.call((life) => {
      life.resolve("second");
      return life.stop("second");
    });
    await tab.until(
      () => stage().starting,
      (starting) => starting > 0,
    );
    expect(await tab.ended("second")).toMatch("AbortError");
    await note(tab, `${setup.mode} ${setup.io}: signal while workers start`, { name: "second", since });
    await tab.call((life) => {
      life.resolve("third");
      life.dispose();
    });
    await expectLeft(tab, 0, "disposed");
    expect([await tab.ended("first"), await tab.ended("third")]).toEqual(["EDISPOSED", "EDISPOSED"]);
  } finally {
    release();
  }
  // The file is delivered after the dispose.
  await tab.until(
    () => stage().starting,
    (starting) => starting === 0,
  );
  await expectLeft(tab, 0, "released");
});
