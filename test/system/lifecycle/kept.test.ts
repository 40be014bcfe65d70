import { expect, test } from "vitest";
import { expectLeft, openTab, resolveUntil, SETUPS, type Setup, stageOfFile } from "./setups.ts";
import type { Tab } from "./tab.ts";

// What a run leaves in each thread's heap, after a collection: no shared memory, and no more promises that wait than before.

const stage = stageOfFile();

interface Kept {
  /** Runs whose shared memory this thread has heard of, and of how many it has kept it. */
  memories: { seen: number; kept: number };
  /** Promises that nothing has come of. */
  pending: number;
}

/** Says of each of `this` whether it is still pending. */
const COUNT_PENDING = `async function () {
  const none = {};
  const states = await Promise.all([...this].map((promise) => Promise.race([promise, none]).catch(() => {})));
  return states.filter((state) => state === none).length;
}`;

async function kept(tab: Tab, session?: string): Promise<Kept> {
  const pending = (await tab.instances("Promise", COUNT_PENDING, session)) as number;
  await tab.send("HeapProfiler.collectGarbage", {}, session);
  return { pending, memories: (await tab.evaluate("seenMemories()", session)) as Kept["memories"] };
}

async function run(tab: Tab, setup: Setup): Promise<void> {
  await resolveUntil(tab, "stopped", "while one packument is waited for");
  await tab.call((life) => life.stop("stopped"));
  await expectLeft(tab, setup.workers, "stopped");
  tab.registry.manners = {};
  await tab.call((life) => life.resolve("ended"));
  expect(await tab.ended("ended")).toBe("right");
  await tab.call((life) => life.installer.store.usage());
  await expectLeft(tab, setup.workers, "ended");
}

/** By thread, after so many rounds. To look adds a reaction to whatever is pending: it is done once in a page. */
async function look(setup: Setup, rounds: number): Promise<Record<string, Kept>> {
  // Everything is stored, and asked for again.
  await using tab = await openTab(stage(), setup, { cache: "revalidate" });
  for (let round = 0; round < rounds; round++) await run(tab, setup);
  const found: Record<string, Kept> = { page: await kept(tab) };
  for (const [role, session] of Object.entries(await tab.roles())) found[role] = await kept(tab, session);
  return found;
}

test.each(SETUPS.filter(({ mode, io }) => mode === "threads" || io === "worker"))("$mode, io $io", async (setup) => {
  const found = await look(setup, 2);
  const before = await look(setup, 1);
  for (const [role, { memories, pending }] of Object.entries(found)) {
    expect(pending, role).toBe(before[role]?.pending);
    expect(memories.kept, role).toBe(0);
  }
  // Who was looked at has had some.
  const seen = Object.keys(found).filter((role) => found[role]?.memories.seen);
  expect(seen.sort()).toEqual(setup.mode === "threads" ? ["engine", "fetch", "page"] : []);
});
