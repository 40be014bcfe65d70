import { expect, test } from "vitest";
import type { InstallerOptions } from "../../../src/api/resolve.ts";
import { openTab, SETUPS, type Setup, stageOfFile } from "./setups.ts";
import type { Tab } from "./tab.ts";

// Which installers of one origin see each other's packuments.

const stage = stageOfFile();

type Visit = Omit<InstallerOptions, "fetch"> & { fetch?: "own" };

/** Resolves twice with one new installer, and returns how many packuments each resolution requested. */
async function visit(tab: Tab, setup: Setup, options: Visit): Promise<[first: number, second: number]> {
  const { mode, io } = setup;
  const given = {
    mode,
    io,
    registry: tab.registry.url,
    workerUrl: "/worker.js",
    cache: "default",
    ...options,
  } as const;
  const counts: number[] = [];
  for (const name of ["first", "second"]) {
    const before = tab.registry.asked.length;
    await tab.call(
      async (life, { given, name }) => {
        const { fetch, ...rest } = given;
        const own = fetch === "own" && {
          fetch: (...words: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...words),
        };
        if (name === "first") await life.create({ ...rest, ...own } as InstallerOptions);
        life.resolve(name);
        await life.ended();
        await life.installer.store.usage();
      },
      { given: given as unknown as Omit<InstallerOptions, "fetch"> & { fetch?: string }, name },
    );
    expect(await tab.ended(name)).toBe("right");
    counts.push(tab.registry.asked.length - before);
  }
  await tab.call((life) => life.dispose());
  return counts as [number, number];
}

const ALL = 31;

test.each(SETUPS.filter(({ io }) => io === "page"))(
  "an installer with its own fetch shares its store with no other, unless it has a name: $mode",
  async (setup) => {
    await using tab = await openTab(stage(), setup);
    await tab.call((life) => life.dispose());
    const own: Visit = { fetch: "own" };
    expect(await visit(tab, setup, {})).toEqual([ALL, 0]);
    expect(await visit(tab, setup, {})).toEqual([0, 0]);
    expect(await visit(tab, setup, own)).toEqual([ALL, 0]);
    expect(await visit(tab, setup, own)).toEqual([ALL, 0]);
    expect(await visit(tab, setup, { ...own, storeName: "a b" })).toEqual([ALL, 0]);
    expect(await visit(tab, setup, { ...own, storeName: "a b" })).toEqual([0, 0]);
    expect(await visit(tab, setup, { storeName: "a b" })).toEqual([0, 0]);
    expect(await visit(tab, setup, { ...own, storeName: "a" })).toEqual([ALL, 0]);
    expect(await visit(tab, setup, { ...own, storeName: "" })).toEqual([0, 0]);
    expect(await visit(tab, setup, { proxy: "/relay/" })).toEqual([ALL, 0]);
  },
);

test.each(SETUPS.filter(({ io }) => io === "worker"))(
  "storeName reaches the worker that fetches: $mode",
  async (setup) => {
    await using tab = await openTab(stage(), setup);
    await tab.call((life) => life.dispose());
    expect(await visit(tab, setup, { storeName: "a" })).toEqual([ALL, 0]);
    expect(await visit(tab, setup, {})).toEqual([ALL, 0]);
    expect(await visit(tab, setup, { storeName: "a" })).toEqual([0, 0]);
  },
);
