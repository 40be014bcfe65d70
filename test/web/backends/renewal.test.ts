import { expose } from "comlink";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { InstallerOptions } from "../../../src/api/resolve.ts";
import { WorkerPools } from "../../../web/backends/worker-pools.ts";

// Pools of workers that answer every call at once.

const workers = { started: 0, running: 0 };

vi.mock("../../../web/backends/spawn-worker.ts", () => ({ spawnWorker: async () => fakeWorker() }));

function fakeWorker(): MessagePort & { terminate(): void } {
  const { port1, port2 } = new MessageChannel();
  const answer = { files: {}, lockfile: "", warnings: [], stats: {}, rung: null, tree: new Uint8Array() };
  expose({ setUp: () => {}, flush: () => {}, resolve: () => ({ ok: true, value: answer }) }, port1);
  workers.started++;
  workers.running++;
  const terminate = (): void => {
    workers.running--;
    port1.close();
  };
  return Object.assign(port2, { terminate });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  for (const [name, value] of Object.entries({ navigator: {}, indexedDB: {}, addEventListener() {} }))
    vi.stubGlobal(name, value);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Returns the workers started and running after 12 runs and a rest, or after a run that begins when the replacement does. */
async function afterRuns(options: InstallerOptions, isBusy = false): Promise<{ started: number; running: number }> {
  workers.started = workers.running = 0;
  const pools = await WorkerPools.start("worker", options);
  const resolve = () => pools.resolve({ files: {} }, { signal: new AbortController().signal, onProgress: undefined });
  for (let run = 0; run < 12; run++) await resolve();
  vi.advanceTimersByTime(1_000);
  expect(workers).toEqual({ started: 1, running: 1 });
  vi.advanceTimersByTime(2_000);
  // With a second one, the replacement is not the only idle pool.
  if (isBusy) await Promise.all([resolve(), resolve()]);
  // Each message takes a turn or two.
  for (let turn = 0; turn < 50; turn++) await new Promise((next) => setImmediate(next));
  const counts = { ...workers };
  pools.dispose();
  await expect.poll(() => vi.runAllTimers() && workers.running).toBe(0);
  return counts;
}

test("an idle pool is replaced after many runs, and only one pool stays", async () => {
  expect(await afterRuns({})).toEqual({ started: 2, running: 1 });
  const { running } = await afterRuns({}, true);
  expect(running).toBe(1);
});

test("a pool whose metadata stays in memory is not replaced", async () => {
  expect(await afterRuns({ fetch })).toEqual({ started: 1, running: 1 });
  expect(await afterRuns({ fetch, storeName: "shared" })).toEqual({ started: 2, running: 1 });
  Reflect.deleteProperty(globalThis, "indexedDB");
  expect(await afterRuns({})).toEqual({ started: 1, running: 1 });
});
