import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import { createInstaller } from "../../web/index.ts";
import { type Everywhere, installEverywhere } from "./everywhere.ts";
import { differences, plain } from "./listing.ts";
import { type Left, listDisk, npm, temporaryFolder, writeProject } from "./npm.ts";
import { MODES, Stage } from "./stage.ts";

// Compares real projects of a recorded registry with npm's trees of the same run: every path, byte and mode.

const recorded = process.env["WEBHOIST_REGISTRY"];
const HOME = "http://registry.local/";

/** For the first project, the registry lacks optional packages of other platforms, which `npm ci` requests. */
const COMMANDS = { "vite-react-ts": "install", "create-react-app": "ci" } as const;
type Name = keyof typeof COMMANDS;

/** The registry's own server. */
async function startRegistry(): Promise<{ url: string } & AsyncDisposable> {
  const folder = recorded ?? "";
  const args = [join(folder, "server.mjs"), "--snapshot", join(folder, "snapshot")];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [origin] = (await once(createInterface(server.stdout), "line")) as [string];
  return {
    url: `${origin.trim()}/`,
    async [Symbol.asyncDispose]() {
      server.kill();
      await once(server, "exit");
    },
  };
}

describe.runIf(recorded)("a recorded registry", { timeout: 900_000 }, () => {
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let stage: Stage;
  const answers = new Map<Name, Left & { lock: string; packageJson: string }>();

  beforeAll(async () => {
    registry = await startRegistry();
    stage = await Stage.open();
    for (const [name, command] of Object.entries(COMMANDS) as [Name, string][]) {
      const read = (file: string): Promise<string> => fs.readFile(join(recorded ?? "", "projects", name, file), "utf8");
      const [packageJson, text] = await Promise.all([read("package.json"), read("package-lock.json")]);
      const lock = text.replaceAll(HOME, registry.url);
      await using home = await temporaryFolder();
      const folder = join(home.path, "project");
      await writeProject(folder, { "package.json": packageJson, "package-lock.json": lock });
      await npm(home.path, registry.url, [command, ...(command === "install" ? ["--no-save"] : [])]);
      answers.set(name, { ...(await listDisk(folder)), lock, packageJson });
    }
  }, 900_000);
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });

  const answerOf = (name: Name): Left & { lock: string; packageJson: string } => {
    const found = answers.get(name);
    if (!found) throw new Error(`npm was not asked about ${name}`);
    return found;
  };

  function expectRight(found: Everywhere, { listing }: Left): void {
    expect(Object.keys(listing).length).toBeGreaterThan(1_000);
    expect(differences(found.project, listing)).toEqual([]);
    for (const kind of ["map", "tree", "copied"] as const) {
      expect([kind, differences(found[kind], plain(listing))]).toEqual([kind, []]);
    }
  }

  test.each(Object.keys(COMMANDS) as Name[])("%s in Node", async (name) => {
    const answer = answerOf(name);
    const installer = await createInstaller({ mode: "inline", registry: registry.url });
    expectRight(await installEverywhere(installer, answer.lock), answer);
    await using folder = await temporaryFolder();
    await writeProject(folder.path, { "package.json": answer.packageJson, "package-lock.json": answer.lock });
    for (const time of [1, 2]) {
      const sink = createFsSink(fs, folder.path);
      const { report } = await installer.install(answer.lock, { sink });
      const left = await listDisk(folder.path);
      expect(differences(left.listing, answer.listing)).toEqual([]);
      expect(left.hiddenLock).toBe(answer.hiddenLock);
      if (time === 2) expect([report.added, report.changed, report.removed]).toEqual([[], [], []]);
    }
    installer.dispose();
    console.log(`${name}: ${Object.keys(answer.listing).length} paths as npm's`);
  });

  describe.each(MODES)("in a page: %s", (mode) => {
    test.each(Object.keys(COMMANDS) as Name[])("%s", async (name) => {
      const answer = answerOf(name);
      stage.put("lock", () => answer.lock);
      await using tab = await stage.tab({ isolated: mode === "threads" });
      const found = await tab.call((bench, given) => bench.installLarge(given), { mode, registry: registry.url });
      expectRight(found, answer);
    });
  });
});
