import { expect, test } from "vitest";
import { expectLeft, note, openTab, resolveUntil, SETUPS, type Setup, stageOfFile } from "./setups.ts";
import type { Tab } from "./tab.ts";

// A worker that ends without a message: pending promises reject, the other workers end, and the next resolution gets new ones.

const stage = stageOfFile();

const ROLES = { threads: ["engine", "fetch"], worker: ["engine"], inline: [] } as const;
const WITH_WORKERS = SETUPS.filter(({ workers }) => workers > 0);
const rolesOf = ({ mode, io }: Setup): readonly string[] => (io === "worker" ? ["io"] : ROLES[mode]);

/** Ways in which a worker that is awake can end by itself. */
const WAYS = {
  "is closed": "self.close()",
  throws: "setTimeout(() => { throw new Error('by itself') })",
  "leaves a rejection alone": "void Promise.reject(new Error('by itself'))",
};

async function expectGone(tab: Tab, name: string, what: string): Promise<void> {
  await expectLeft(tab, 0, what);
  expect(await tab.ended(name), what).toBe("EWORKER");
}

async function expectBack(tab: Tab, setup: Setup, what: string): Promise<void> {
  tab.registry.behaviours = {};
  await tab.call((life) => life.resolve("next"));
  expect(await tab.ended("next"), what).toBe("right");
  await expectLeft(tab, setup.workers, what);
}

test.each(WITH_WORKERS)(
  "a terminated worker fails its run with EWORKER, and the next run works: $mode, io $io",
  async (setup) => {
    await using tab = await openTab(stage(), setup);
    for (const role of rolesOf(setup)) {
      await resolveUntil(tab, role, "while one packument is waited for");
      const since = await tab.call((life, role) => life.terminate(role), role);
      await expectGone(tab, role, role);
      await note(tab, `${setup.mode} ${setup.io}: ${role} terminated`, { name: role, since });
      await expectBack(tab, setup, role);
      // The same while nothing is in flight.
      await tab.call((life, role) => life.terminate(role), role);
      await expectLeft(tab, 0, role);
      await expectBack(tab, setup, role);
    }
  },
);

test.each(WITH_WORKERS)(
  "a worker that ends by itself fails its run with EWORKER, and the next run works: $mode, io $io",
  async (setup) => {
    await using tab = await openTab(stage(), setup);
    for (const role of rolesOf(setup)) {
      // A sleeping engine cannot run an expression.
      if (setup.mode === "threads" && role === "engine") continue;
      for (const [way, expression] of Object.entries(WAYS)) {
        const what = `${role} ${way}`;
        const session = await tab.worker(role);
        await resolveUntil(tab, what, "while one packument is waited for");
        const since = Date.now();
        await tab.evaluate(expression, session).catch(() => {});
        await expectGone(tab, what, what);
        await note(tab, `${setup.mode} ${setup.io}: ${what}`, { name: what, since });
        await expectBack(tab, setup, what);
      }
    }
  },
);

test.each(WITH_WORKERS)(
  "a page put into the back/forward cache ends its run, and works when it is restored: $mode, io $io",
  async (setup) => {
    await using tab = await openTab(stage(), setup);
    await resolveUntil(tab, "a", "before the first answer");
    await tab.call(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
    await expectGone(tab, "a", "hidden");
    await expectBack(tab, setup, "shown again");
  },
);

test("a signal ends a run whose engine a debugger has interrupted", async () => {
  const [setup] = WITH_WORKERS as [Setup];
  await using tab = await openTab(stage(), setup);
  const session = await tab.worker("engine");
  await resolveUntil(tab, "a", "while one packument is waited for");
  await tab.send("Runtime.terminateExecution", {}, session);
  await tab.evaluate("patience.factor = 1");
  // The engine is awake now, but its step is lost. The page cannot tell that from a long wait.
  expect(await tab.evaluate("1 + 1", session)).toBe(2);
  tab.registry.release();
  await tab.call((life) => life.stop("a"));
  await expectLeft(tab, 0, "stopped");
  expect(await tab.ended("a")).toMatch("AbortError");
  await expectBack(tab, setup, "next");
});

/** The thread that reads packuments. */
const READERS = { threads: "fetch", worker: "engine", inline: null } as const;

test.each(SETUPS.filter(({ io }) => io === "page"))(
  "a failed allocation while reading a packument is a failure of the run: $mode",
  async (setup) => {
    await using tab = await openTab(stage(), setup);
    const reader = READERS[setup.mode];
    const session = reader ? await tab.worker(reader) : undefined;
    await tab.evaluate(
      `Uint8Array.prototype.subarray = () => { throw new RangeError("Array buffer allocation failed") }`,
      session,
    );
    await tab.call((life) => life.resolve("a"));
    expect(await tab.ended("a")).toMatch(/^E[A-Z]+$/);
    expect((await tab.fate("a")).message).toMatch("Array buffer allocation failed");
    await tab.call((life) => life.dispose());
    await expectLeft(tab, 0, "disposed");
  },
);
