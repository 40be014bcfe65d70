import { expect, test } from "vitest";
import { expectLeft, openTab, resolveUntil, SETUPS, type Setup, stageOfFile } from "./setups.ts";
import type { Tab } from "./tab.ts";

// After a garbage collection, a run leaves no shared memory in any thread's heap but the one that the page keeps for the next run, and
// no additional pending promises.

const stage = stageOfFile();

interface Kept {
  /** The number of shared memories that this thread has seen, and that are still in its heap. */
  memories: { seen: number; kept: number };
  /** Pending promises. */
  pending: number;
}

/** Counts the pending promises among `this`. */
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
  tab.registry.behaviours = {};
  await tab.call((life) => life.resolve("ended"));
  expect(await tab.ended("ended")).toBe("right");
  await tab.call((life) => life.installer.store.usage());
  await expectLeft(tab, setup.workers, "ended");
}

/** Returns the figures of each thread after some rounds. Counting adds a reaction to pending promises, so each page is counted once. */
async function look(setup: Setup, rounds: number): Promise<Record<string, Kept>> {
  // Uses the store, and requests everything again.
  await using tab = await openTab(stage(), setup, { cache: "revalidate" });
  for (let round = 0; round < rounds; round++) await run(tab, setup);
  const found: Record<string, Kept> = { page: await kept(tab) };
  for (const [role, session] of Object.entries(await tab.roles())) found[role] = await kept(tab, session);
  return found;
}

const sumPending = (found: Record<string, Kept>): number =>
  Object.values(found).reduce((sum, { pending }) => sum + pending, 0);

/** Returns the figures with the fewest pending promises of three pages: a leak is in every page, a promise that is about to settle is not. */
async function fewest(setup: Setup, rounds: number, wanted: number): Promise<Record<string, Kept>> {
  let best = await look(setup, rounds);
  for (let again = 0; again < 2 && sumPending(best) > wanted; again++) {
    const found = await look(setup, rounds);
    if (sumPending(found) < sumPending(best)) best = found;
  }
  return best;
}

test.each(SETUPS.filter(({ mode, io }) => mode === "threads" || io === "worker"))(
  "a run leaves nothing in the heap: $mode, io $io",
  async (setup) => {
    const before = await look(setup, 1);
    const found = await fewest(setup, 2, sumPending(before));
    for (const [role, { memories, pending }] of Object.entries(found)) {
      expect(pending, role).toBeLessThanOrEqual(before[role]?.pending ?? 0);
      // The page keeps the three parts of the last one.
      expect(memories.kept, role).toBe(role === "page" && setup.mode === "threads" ? 3 : 0);
    }
    // Checks that the memories were seen at all.
    const seen = Object.keys(found).filter((role) => found[role]?.memories.seen);
    expect(seen.sort()).toEqual(setup.mode === "threads" ? ["engine", "fetch", "page"] : []);
  },
);
