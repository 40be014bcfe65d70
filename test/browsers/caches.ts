import { expect, test } from "vitest";
import { lockEntry, lockOf, type TestPackage, testPackage } from "../install/packages.ts";
import type { TestRegistry } from "../install/test-registry.ts";
import type { BrowserTab } from "./browser-stage.ts";
import { type Setting, SHORT, type Trial } from "./trial.ts";

const TOP = testPackage(
  "top@1.0.0",
  { dependencies: { middle: "1" }, bin: "t.js" },
  { "t.js": "#!/usr/bin/env node\n" },
);
const SOME: readonly TestPackage[] = [
  TOP,
  testPackage("middle@1.0.0", { dependencies: { last: "1" } }),
  testPackage("last@1.0.0"),
];
/** `package.json` and `index.js` of each package, the command, and its link. */
const PATHS = 8;

function stocked({ stage }: Trial): TestRegistry {
  const registry = stage.testRegistry();
  registry.publish(...SOME);
  return registry;
}

const lockOfSome = ({ url }: TestRegistry): string =>
  lockOf(Object.fromEntries(SOME.map((one) => [`node_modules/${one.name}`, lockEntry(one, url)])));

/** Resolves and installs a project. Returns what the caller sees. */
async function visit(tab: BrowserTab, { mode }: Partial<Setting>, registry: TestRegistry) {
  registry.asked.length = 0;
  const found = await tab.call(
    async (bench, given) => {
      const installer = await bench.createInstaller(given);
      const files = { "package.json": JSON.stringify({ name: "project", dependencies: { top: "1" } }) };
      const project = await installer.install({ files });
      await project.stored;
      const read = Object.keys(await bench.listProject(project)).length;
      const warnings = [...(project.resolution?.warnings ?? []), ...project.report.warnings].map(({ code }) => code);
      const usage = await installer.store.usage().catch((error) => bench.toFailure(error).code);
      installer.dispose();
      return { read, warnings: [...new Set(warnings)], usage };
    },
    { ...(mode && { mode }), registry: registry.url },
  );
  return { ...found, requests: registry.asked.length };
}

/** The caches of metadata and of tarballs. */
export function testCaches(trial: () => Trial): void {
  test("a second visit makes no request", async () => {
    for (const { isolated, mode } of trial().settings) {
      const registry = stocked(trial());
      await using tab = await trial().stage.tab({ isolated });
      const first = await visit(tab, { mode }, registry);
      expect(first).toMatchObject({ read: PATHS, warnings: [], requests: 6 });
      await tab.reload();
      expect(await visit(tab, { mode }, registry)).toMatchObject({ read: PATHS, warnings: [], requests: 0 });
      expect(await tab.call((bench) => bench.storeFaults())).toEqual([]);
    }
    trial().facts.set("caches between visits", "yes");
  });

  test.runIf(!SHORT)("a visit after the browser was killed makes no request", async () => {
    const [setting] = trial().settings;
    if (!setting) throw new Error("The browser allows no mode");
    const registry = stocked(trial());
    await using tab = await trial().stage.lastingTab(setting);
    expect(await visit(tab, setting, registry)).toMatchObject({ read: PATHS, warnings: [], requests: 6 });
    await tab.restart();
    expect(await visit(tab, setting, registry)).toMatchObject({ read: PATHS, warnings: [], requests: 0 });
  });

  test("a page that may not store anything installs, and warns", async () => {
    const registry = stocked(trial());
    await using tab = await trial().stage.tab({ kind: "sandboxed" });
    const found = await visit(tab, {}, registry);
    expect(found).toMatchObject({ read: PATHS, warnings: ["ESTORE"], requests: 6 });
    const install = await tab.call(
      async (bench, { lock, ...given }) => {
        const installer = await bench.createInstaller(given);
        const project = await installer.install(lock);
        await project.stored;
        installer.dispose();
        return project.report.warnings.map(({ code }) => code);
      },
      { registry: registry.url, lock: lockOfSome(registry) },
    );
    expect(install).toEqual(["ESTORE"]);
    trial().facts.set("storage refused", "installs, with the warning ESTORE");
  });

  test.runIf(!SHORT)(
    "a browser that refuses storage to all pages installs, and warns, if it has such a setting",
    async () => {
      for (const isolated of [true, false]) {
        const registry = stocked(trial());
        await using tab = await trial().stage.tabOf("launchRefusing", { isolated });
        if (!tab) continue;
        expect(await visit(tab, {}, registry)).toMatchObject({ read: PATHS, warnings: ["ESTORE"], requests: 6 });
      }
    },
  );

  test.runIf(!SHORT)("in a private window, a second visit makes no request", async () => {
    const registry = stocked(trial());
    const [setting] = trial().settings;
    await using tab = (await trial().stage.tabOf("launchPrivate", setting!)) ?? (await trial().stage.tab(setting!));
    expect(await visit(tab, {}, registry)).toMatchObject({ read: PATHS, warnings: [], requests: 6 });
    await tab.reload();
    expect(await visit(tab, {}, registry)).toMatchObject({ read: PATHS, warnings: [], requests: 0 });
  });
}
