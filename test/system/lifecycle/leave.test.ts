import { expect, test } from "vitest";
import { create, expectLeft, note, openTab, resolveUntil, SETUPS, stageOfFile } from "./setups.ts";

// A page that is left or closed ends its workers and requests. The next page can use its store.

const stage = stageOfFile();

test.each(SETUPS)("after a page is left during a run, the next page resolves: $mode, io $io", async (setup) => {
  const options = { cache: "default" } as const;
  await using tab = await openTab(stage(), setup, options);
  await resolveUntil(tab, "a", "while one packument is waited for");
  const since = Date.now();
  await tab.reload();
  await expectLeft(tab, 0, "gone");
  await note(tab, `${setup.mode} ${setup.io}: page left`, { name: "a", since });
  tab.registry.behaviours = {};
  await create(tab, setup, options);
  await tab.call((life) => life.resolve("b"));
  expect(await tab.ended("b")).toBe("right");
  expect(await tab.call((life) => life.installer.store.usage())).toMatchObject({ packuments: 31 });
  // A third page needs nothing but the store.
  await tab.reload();
  tab.registry.behaviours = { "": "hold" };
  await create(tab, setup, { cache: "offline" });
  await tab.call((life) => life.resolve("c"));
  expect(await tab.ended("c")).toBe("right");
  await tab.close();
  expect(
    await tab.until(
      () => tab.workers + tab.registry.open,
      (left) => left === 0,
    ),
  ).toBe(0);
});

test.each(SETUPS)("dispose does not keep fetched metadata from being stored: $mode, io $io", async (setup) => {
  const options = { cache: "default" } as const;
  await using tab = await openTab(stage(), setup, options);
  await tab.call((life) => {
    life.resolve("a");
    life.resolve("b");
  });
  expect([await tab.ended("a"), await tab.ended("b")]).toEqual(["right", "right"]);
  await tab.call((life) => life.dispose());
  await expectLeft(tab, 0, "gone");
  await create(tab, setup, options);
  expect(await tab.call((life) => life.installer.store.usage())).toMatchObject({ packuments: 31 });
  await tab.call((life) => life.installer.store.clear());
  expect(await tab.call((life) => life.installer.store.usage())).toMatchObject({ packuments: 0 });
  await tab.call((life) => life.dispose());
  await expectLeft(tab, 0, "gone");
});
