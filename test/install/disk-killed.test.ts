import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleEntry } from "../../scripts/bundle-entry.mjs";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import { WORK } from "../../src/sink/work-folder.ts";
import { random } from "./kill.ts";
import { ALL, locksOf, projectOf } from "./kill-page.ts";
import { differences, type Listing } from "./listing.ts";
import { listDisk, temporaryFolder } from "./npm.ts";
import { openTestRegistry, type TestRegistry } from "./test-registry.ts";

// Kills the command at random moments: the folder must have the old tree or the new one.

const RUNS = Math.ceil(Number(process.env["KILL_RUNS"] ?? 16) / 2);
const SEED = Number(process.env["KILL_SEED"] ?? 1);

let testRegistry: TestRegistry & AsyncDisposable;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let command = "";

beforeAll(async () => {
  folder = await temporaryFolder();
  command = await bundleEntry("web/cli/main.ts", { platform: "node", outDir: join(folder.path, "bundle") });
  testRegistry = await openTestRegistry();
  testRegistry.publish(...ALL);
}, 60_000);
afterAll(async () => {
  await testRegistry?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** Resolves when a path exists, or when `ended` returns true. */
async function appears(path: string, ended: () => boolean): Promise<void> {
  while (!ended() && !(await fs.lstat(path).catch(() => null))) await new Promise((done) => setTimeout(done, 1));
}

/**
 * Runs the command in a folder, and kills it after some milliseconds. Returns null if it was killed.
 * @param whileWriting counts the milliseconds from the moment at which it begins to write
 */
async function install(at: string, killedAfter?: number, whileWriting = false): Promise<number | null> {
  const words = ["install", at, "--registry", testRegistry.url];
  const child = spawn(process.execPath, [command, ...words], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const closed = once(child, "close");
  if (whileWriting) await appears(join(at, WORK), () => child.exitCode !== null);
  const timer = killedAfter !== undefined && setTimeout(() => child.kill("SIGKILL"), killedAfter);
  const [status] = (await closed) as [number | null];
  if (timer) clearTimeout(timer);
  if (status) throw new Error(said);
  return status;
}

async function put(at: string, lock: string): Promise<void> {
  await fs.mkdir(at, { recursive: true });
  await fs.writeFile(join(at, "package.json"), projectOf(lock));
  await fs.writeFile(join(at, "package-lock.json"), lock);
}

const listed = async (at: string): Promise<Listing> => {
  const { listing, hiddenLock } = await listDisk(at).catch(() => ({ listing: {}, hiddenLock: "" }));
  // The work folder of an interrupted change stays until the next `open`.
  const tree = Object.entries(listing).filter(([path]) => !path.startsWith(`${WORK}/`));
  return { ...Object.fromEntries(tree), hiddenLock };
};

test("the command, killed at random moments, leaves the old tree or the new one", {
  timeout: 60_000 + RUNS * 20_000,
}, async () => {
  const locks = locksOf(testRegistry.url);
  const at = (name: string): string => join(folder.path, name);
  await put(at("old"), locks.old);
  await install(at("old"));
  await put(at("new"), locks.new);
  testRegistry.latency = 5;
  const since = performance.now();
  await install(at("new"));
  const length = performance.now() - since;
  const [before, after] = [await listed(at("old")), await listed(at("new"))];
  expect(Object.keys(after).length).toBeGreaterThan(40);

  const draw = random(SEED);
  const tally: Record<string, number> = {};
  for (let run = 0; run < RUNS; run++) {
    const here = at(`run-${run}`);
    await fs.cp(at("old"), here, { recursive: true, verbatimSymlinks: true });
    await put(here, locks.new);
    // Node takes some time to start. Every second command is killed while it writes.
    const whileWriting = run % 2 === 1;
    const status = await install(here, (whileWriting ? 0.4 * draw() : 0.3 + 0.7 * draw()) * length, whileWriting);
    const now = await listed(here);
    const isBefore = differences(now, before).length === 0;
    const isAfter = differences(now, after).length === 0;
    const state = isBefore ? "before" : isAfter ? "after" : "between";
    tally[`${status === null ? "killed" : "ended"}, ${state}`] =
      (tally[`${status === null ? "killed" : "ended"}, ${state}`] ?? 0) + 1;
    if (state === "between") {
      // Killed during the swap: the next `open` finishes it.
      await (await createFsSink(fs, here).open()).abort();
      const found = await listed(here);
      const wrong = [differences(found, before), differences(found, after)];
      expect(
        wrong.some((list) => list.length === 0),
        `run ${run}: ${wrong.join("\n")}`,
      ).toBe(true);
    }
    expect(status === 0 && state !== "after").toBe(false);
    expect(await install(here)).toBe(0);
    expect(differences(await listed(here), after)).toEqual([]);
    // The command writes its own files under another name and renames them: one may be left if it was killed in between.
    const names = (await fs.readdir(here)).filter((name) => !/^\.package-lock\.json\.webhoist-\d+$/.test(name));
    expect(names.sort()).toEqual(["node_modules", "package-lock.json", "package.json"]);
    await fs.rm(here, { recursive: true });
  }
  if (process.env["KILL_RUNS"]) console.table(tally);
});
