import { expect, test } from "vitest";
import type { RealMode } from "../install/stage.ts";
import type { Probe } from "../system/lifecycle/probe.ts";
import { MOMENTS } from "../system/lifecycle/setups.ts";
import type { Behaviour, FakeRegistry } from "../system/lifecycle/stage.ts";
import type { BrowserTab } from "./browser-stage.ts";
import { startHeldRegistry } from "./registries.ts";
import type { Trial } from "./trial.ts";

type Behaviours = Readonly<Record<string, Behaviour>>;

/** Milliseconds after which a wait ends: far more than it takes. */
const TIMEOUT = 15_000;

async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + TIMEOUT; Date.now() < end && !(await is()); )
    await new Promise((done) => setTimeout(done, 20));
}

/** Returns the result of a promise in the page, once it has settled. */
async function ended(tab: BrowserTab, name: string): Promise<string> {
  const fate = () => tab.call(({ life }, name) => life.fates[name]?.is ?? "unknown", name);
  await until(async () => (await fate()) !== "pending");
  return await fate();
}

async function resolveUntil(tab: BrowserTab, registry: FakeRegistry, name: string, moment: Behaviours): Promise<void> {
  registry.behaviours = moment;
  await tab.call(({ life }, name) => life.resolve(name), name);
  await until(() => registry.open > 0);
}

async function leftInPage(tab: BrowserTab): Promise<Omit<Probe, "role">> {
  const { timers, fetches, objectUrls, faults } = await tab.call((bench) => bench.probe());
  return { timers, fetches, objectUrls, faults };
}

/** Expects that a registry has no open request, and the page no timer, request or object URL. */
async function expectNothingLeft(tab: BrowserTab, registry: FakeRegistry, what: string): Promise<void> {
  const left = async () => ({ ...(await leftInPage(tab)), requests: registry.open });
  const nothing = { timers: tab.driversTimers, fetches: 0, objectUrls: 0, faults: [], requests: 0 };
  await until(async () => JSON.stringify(await left()) === JSON.stringify(nothing));
  expect([what, await left()]).toEqual([what, nothing]);
}

async function create(tab: BrowserTab, mode: RealMode, { url }: FakeRegistry): Promise<void> {
  const given = { mode, registry: url, cache: "none" } as const;
  await tab.call(({ life }, given) => life.create(given), given);
}

async function resolveAgain(tab: BrowserTab, registry: FakeRegistry, what: string): Promise<void> {
  registry.release();
  await tab.call(({ life }) => life.resolve("next"));
  expect([what, await ended(tab, "next")]).toEqual([what, "right"]);
}

/** How runs end, and what they leave behind. */
export function testLifecycle(trial: () => Trial): void {
  const everywhere = (title: string, run: (tab: BrowserTab, registry: FakeRegistry, mode: RealMode) => Promise<void>) =>
    test(title, async () => {
      for (const { isolated, mode } of trial().settings) {
        await using held = await startHeldRegistry();
        await using tab = await trial().stage.tab({ isolated });
        await create(tab, mode, held.registry);
        await run(tab, held.registry, mode);
        await tab.call(({ life }) => life.dispose());
      }
    });

  everywhere("a cancelled resolution ends at any moment, and the next one is right", async (tab, registry, mode) => {
    for (const [moment, behaviours] of Object.entries(MOMENTS)) {
      const what = `${mode} ${moment}`;
      await resolveUntil(tab, registry, what, behaviours);
      await tab.call(({ life }, name) => life.stop(name), what);
      expect([what, await ended(tab, what)]).toEqual([what, expect.stringContaining("AbortError")]);
      await expectNothingLeft(tab, registry, what);
      await resolveAgain(tab, registry, what);
    }
  });

  everywhere("dispose ends a run with EDISPOSED at any moment", async (tab, registry, mode) => {
    for (const [moment, behaviours] of Object.entries(MOMENTS)) {
      const what = `${mode} ${moment}`;
      await resolveUntil(tab, registry, what, behaviours);
      await tab.call(({ life }) => life.dispose());
      expect([what, await ended(tab, what)]).toEqual([what, "EDISPOSED"]);
      await expectNothingLeft(tab, registry, what);
      registry.release();
      await create(tab, mode, registry);
    }
  });

  everywhere("two installers work at the same time, and one outlives the other", async (tab, registry, mode) => {
    await resolveUntil(tab, registry, "first", MOMENTS["while one packument is waited for"]);
    const given = { mode, registry: registry.url, cache: "none" } as const;
    await tab.call(async (bench, given) => {
      const other = await bench.createInstaller(given);
      bench.kept["other"] = other;
      const files = { "package.json": JSON.stringify({ name: "project", dependencies: { p0: "^1.0.0" } }) };
      bench.life.follow("second", () => other.resolve({ files }));
    }, given);
    // Firefox lets a request wait for another one of the same address, so the registry may not see the second one yet.
    await tab.call(({ life }) => life.frames(5));
    await tab.call(({ life }) => life.dispose());
    expect(await ended(tab, "first")).toBe("EDISPOSED");
    registry.release();
    expect(await ended(tab, "second")).toBe("right");
    await tab.call((bench) => (bench.kept["other"] as { dispose(): void }).dispose());
    await expectNothingLeft(tab, registry, mode);
  });

  everywhere("a worker that died ends its run with EWORKER, and the next run is right", async (tab, registry, mode) => {
    const roles = { threads: ["engine", "fetch"], worker: ["engine"], inline: [] }[mode];
    for (const role of roles) {
      const what = `${mode} ${role}`;
      await resolveUntil(tab, registry, what, MOMENTS["while one packument is waited for"]);
      await tab.call(({ life }, role) => life.terminate(role), role);
      expect([what, await ended(tab, what)]).toEqual([what, "EWORKER"]);
      await resolveAgain(tab, registry, what);
      await expectNothingLeft(tab, registry, what);
    }
  });

  everywhere(
    "a page that is left ends its requests, and works when it is opened again",
    async (tab, registry, mode) => {
      await resolveUntil(tab, registry, "left", MOMENTS["while one packument is waited for"]);
      await tab.reload();
      await until(() => registry.open === 0);
      expect(registry.open).toBe(0);
      await create(tab, mode, registry);
      await resolveAgain(tab, registry, mode);
    },
  );
}
