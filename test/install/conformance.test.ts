import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import { createInstaller } from "../../web/index.ts";
import { type Everywhere, installEverywhere } from "./everywhere.ts";
import { differences, plain } from "./listing.ts";
import { type Left, listDisk, npm, temporaryFolder, writeProject } from "./npm.ts";
import { PROJECTS, type SmallProject } from "./projects.ts";
import { MODES, Stage } from "./stage.ts";
import { openTestRegistry, type TestRegistry } from "./test-registry.ts";

// Compares small projects with npm's trees in fixtures/: every path, byte and mode. With WEBHOIST_ASK_NPM set, npm
// runs again.

interface Kept extends Left {
  lock: string;
}

const HOME = "http://registry.local/";
const fixture = (name: string): string => join(import.meta.dirname, "fixtures", `${name}.json`);
const ask = process.env["WEBHOIST_ASK_NPM"] !== undefined;

/** npm's own tree, with the lock that npm wrote. */
async function askNpm({ files }: SmallProject, testRegistry: TestRegistry): Promise<Kept> {
  await using home = await temporaryFolder();
  const folder = join(home.path, "project");
  await writeProject(folder, files);
  await npm(home.path, testRegistry.url, ["install", "--package-lock-only"]);
  const lock = await fs.readFile(join(folder, "package-lock.json"), "utf8");
  await npm(home.path, testRegistry.url, ["ci"]);
  const { listing, hiddenLock } = await listDisk(folder);
  const home1 = (text: string): string => text.replaceAll(testRegistry.url, HOME);
  return { lock: home1(lock), listing, hiddenLock: home1(hiddenLock) };
}

async function expected(name: string): Promise<Kept> {
  return JSON.parse(await fs.readFile(fixture(name), "utf8")) as Kept;
}

function expectRight(found: Everywhere, { listing }: Left): void {
  expect(differences(found.project, listing)).toEqual([]);
  for (const kind of ["map", "tree", "copied"] as const) {
    expect([kind, differences(found[kind], plain(listing))]).toEqual([kind, []]);
  }
}

const NAMES = Object.keys(PROJECTS);

describe.runIf(ask || !existsSync(fixture("odds")))("npm's own answers", () => {
  test.each(NAMES)("npm ci of %s", async (name) => {
    await using testRegistry = await openTestRegistry();
    const project = PROJECTS[name] as SmallProject;
    testRegistry.publish(...project.packages);
    const kept = await askNpm(project, testRegistry);
    await fs.mkdir(join(fixture(name), ".."), { recursive: true });
    await fs.writeFile(fixture(name), `${JSON.stringify(kept, null, 1)}\n`);
  });
});

describe.each(NAMES)("%s", (name) => {
  const project = PROJECTS[name] as SmallProject;

  test("in Node, from the lock: read, into a Map, into a tree", async () => {
    await using testRegistry = await openTestRegistry();
    testRegistry.publish(...project.packages);
    const kept = await expected(name);
    const installer = await createInstaller({ mode: "inline", registry: testRegistry.url });
    const lock = kept.lock.replaceAll(HOME, testRegistry.url);
    expectRight(await installEverywhere(installer, lock, { files: project.files }), kept);
    installer.dispose();
  });

  test("on a disk, with the hidden lock; a second install changes nothing", async () => {
    await using testRegistry = await openTestRegistry();
    testRegistry.publish(...project.packages);
    await using folder = await temporaryFolder();
    const kept = await expected(name);
    await writeProject(folder.path, project.files);
    const installer = await createInstaller({ mode: "inline", registry: testRegistry.url });
    const lock = kept.lock.replaceAll(HOME, testRegistry.url);
    for (const times of [1, 2]) {
      const { report } = await installer.install(lock, {
        files: project.files,
        sink: createFsSink(fs, folder.path),
      });
      const left = await listDisk(folder.path);
      expect(differences(left.listing, kept.listing)).toEqual([]);
      expect(left.hiddenLock.replaceAll(testRegistry.url, HOME)).toBe(kept.hiddenLock);
      if (times === 2) expect([report.added, report.removed, report.changed]).toEqual([[], [], []]);
    }
    installer.dispose();
  });

  test("resolve and install in one call", async () => {
    await using testRegistry = await openTestRegistry();
    testRegistry.publish(...project.packages);
    const kept = await expected(name);
    const installer = await createInstaller({ mode: "inline", registry: testRegistry.url });
    expectRight(await installEverywhere(installer, { files: project.files }), kept);
    const installed = await installer.install({ files: project.files });
    expect(installed.lockfile).toBe(kept.lock.replaceAll(HOME, testRegistry.url));
    installer.dispose();
  });
});

describe("in a page", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open();
  }, 60_000);
  afterAll(() => stage?.[Symbol.asyncDispose]());

  test.each(MODES)("%s", async (mode) => {
    await using tab = await stage.tab({ isolated: mode === "threads" });
    for (const name of NAMES) {
      // The same name@version has different content in each project.
      const testRegistry = stage.testRegistry();
      testRegistry.publish(...(PROJECTS[name] as SmallProject).packages);
      const kept = await expected(name);
      const given = { mode, registry: testRegistry.url, name, lock: kept.lock.replaceAll(HOME, testRegistry.url) };
      for (const input of ["lock", "files"] as const) {
        const found = await tab.call((bench, all) => bench.installSmall(all), { ...given, input });
        expectRight(found, kept);
      }
    }
  });
});
