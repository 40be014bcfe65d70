import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { type Plugin, rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../scripts/chromium.mjs";
import { runBench } from "./bench.ts";
import { chartOf } from "./harness/chart.ts";
import type { Contender } from "./harness/contenders.ts";
import { parseOptions } from "./harness/options.ts";
import { phaseChains } from "./harness/phases.ts";
import { type Race, race } from "./harness/race.ts";
import { type Row, rowOf, type Sample } from "./harness/rows.ts";
import { tableOf } from "./harness/table.ts";
import { longestTask, type TraceEvent } from "./harness/trace.ts";
import { writeTiny } from "./tiny.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "webhoist-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** No worker starts in `inline`. */
const noWorker: Plugin = {
  name: "no-worker",
  resolveId: (id) => (id.endsWith("?worker&url") ? "\0worker" : null),
  load: (id) => (id === "\0worker" ? 'export default "/none.js"' : null),
};

/** The library's source files that mode `inline` needs. */
async function library(): Promise<void> {
  const build = await rolldown({
    input: join(ROOT, "web/index.ts"),
    plugins: [noWorker],
    transform: { define: { __WEBHOIST_REGISTRY__: '"http://registry.local/"', __WEBHOIST_INTERLEAVE__: "undefined" } },
    logLevel: "silent",
  });
  await build.write({ format: "esm", dir: folder, entryFileNames: "index.js" });
  await build.close();
}

async function bench(...flags: string[]): Promise<Race> {
  const options = parseOptions(["--modes", "inline", "--runs", "1", "--warmups", "0", ...flags]);
  if (!options) throw new Error("no options");
  const executable = findChromium() ?? chromium.executablePath();
  return await runBench(options, { root: ROOT, executable, dist: folder, folder, say: () => {} });
}

const KEYS = [
  ...["phase", "project", "who", "mode", "transport", "seconds", "median", "requests", "bytes", "longestTaskMs"],
  ...["pageBusyMs", "peakBytes", "cpuSeconds", "sd", "messages", "storeBytes", "lockBytes", "feed", "io", "stats"],
  ...["tarballs", "files", "storedSeconds", "materializeSeconds"],
];

describe("in Chromium", { timeout: 120_000 }, () => {
  beforeAll(library);

  test("measures the floor and a resolution of the recorded project over HTTP/2, cold and warm", async () => {
    const { rows, failures } = await bench("--transports", "h2", "--no-trace");
    expect(failures).toEqual([]);
    expect(rows.map(({ phase, who, mode }) => [phase, who, mode])).toEqual([
      ["p1_resolve", "floor", null],
      ["p1_resolve", "webhoist", "inline"],
      ["p2_resolve_warm", "floor", null],
      ["p2_resolve_warm", "webhoist", "inline"],
    ]);
    for (const row of rows) {
      expect(Object.keys(row).sort()).toEqual([...KEYS].sort());
      expect([row.project, row.transport, row.feed, row.seconds.length]).toEqual(["docs-demo", "h2", "network", 1]);
      expect(row.pageBusyMs).toBeGreaterThan(0);
      if (existsSync("/proc/self/smaps_rollup")) expect(row.peakBytes).toBeGreaterThan(1e6);
    }
    const [floor, webhoist, again] = rows;
    // The floor requests the names that the engine requested. Its second page finds all of them in the browser's cache.
    expect(floor?.requests).toBeGreaterThan(100);
    expect(floor?.bytes).toBeGreaterThan(1e5);
    expect(webhoist?.stats["lock"]).toBe("ok");
    expect(webhoist?.lockBytes).toBeGreaterThan(1e4);
    expect(again?.requests).toBe(0);
  });

  test("makes no requests when packuments come from memory", async () => {
    const { rows, failures } = await bench(
      ...["--feed", "memory", "--transports", "h1", "--phases", "p1_resolve", "--no-floor"],
    );
    expect(failures).toEqual([]);
    expect(rows.map(({ who, transport, requests }) => [who, transport, requests])).toEqual([["webhoist", null, 0]]);
    expect(rows[0]?.stats["lock"]).toBe("ok");
    // Reported as long, or found by a trace.
    expect(rows[0]?.longestTaskMs).toBeGreaterThan(0);
  });

  test("measures installs from nothing, from a lock and from the store, and the floor of their tarballs", async () => {
    const { project, snapshot } = writeTiny(folder);
    const phases = "p0_full_cold,p3_cold_install,p4_warm_link";
    const { rows, failures } = await bench(
      ...["--project", project, "--snapshot", snapshot, "--transports", "h1", "--phases", phases, "--no-trace"],
      ...["--metadata", "full", "--tarball-concurrency", "2", "--extract-workers", "1"],
    );
    expect(failures).toEqual([]);
    expect(rows.map(({ phase, who, requests, tarballs, files }) => [phase, who, requests, tarballs, files])).toEqual([
      ["p0_full_cold", "floor", 5, 2, null],
      ["p0_full_cold", "webhoist", 5, 2, 6],
      ["p3_cold_install", "floor", 2, 2, null],
      ["p3_cold_install", "webhoist", 2, 2, 6],
      ["p4_warm_link", "webhoist", 0, 0, 6],
    ]);
    const [, cold, , locked, warm] = rows;
    expect([cold, locked, warm].map((row) => [row?.stats["lock"], row?.stats["wrong"]])).toEqual([
      ["ok", 0],
      [undefined, 0],
      [undefined, 0],
    ]);
    expect([locked?.stats["fetched"], locked?.stats["stored"]]).toEqual([2, 0]);
    expect([warm?.stats["fetched"], warm?.stats["stored"]]).toEqual([0, 2]);
    for (const row of [cold, locked, warm]) {
      expect(row?.storeBytes).toBeGreaterThan(0);
      expect(row?.storedSeconds).toBeGreaterThan(0);
      expect(row?.materializeSeconds).toBeGreaterThan(0);
    }
  });

  test("lets npm install the same lock from the same registry", async () => {
    const { project, snapshot } = writeTiny(folder);
    const { rows, failures } = await bench(
      ...["--project", project, "--snapshot", snapshot, "--modes", "", "--no-floor", "--peers", "npm"],
      ...["--transports", "h1", "--phases", "p3_cold_install,p4_warm_link"],
    );
    expect(failures).toEqual([]);
    // Three files each, and the hidden lock.
    expect(rows.map(({ phase, who, tarballs, files }) => [phase, who, tarballs, files])).toEqual([
      ["p3_cold_install", "npm", 2, 7],
      ["p4_warm_link", "npm", 0, 7],
    ]);
  });

  test("does not measure installs if the registry lacks a tarball, and refuses phases that need it", async () => {
    const { project, snapshot } = writeTiny(folder);
    rmSync(join(snapshot, "tarballs/b"), { recursive: true });
    const flags = ["--project", project, "--snapshot", snapshot, "--transports", "h1", "--no-trace", "--no-floor"];
    const { rows } = await bench(...flags);
    expect(rows.map(({ phase }) => phase)).toEqual(["p1_resolve", "p2_resolve_warm"]);
    await expect(bench(...flags, "--phases", "p3_cold_install")).rejects.toThrow("such as /b/-/b-1.0.0.tgz");
  });
});

const sample = (seconds: number, more: Partial<Sample> = {}): Sample => ({
  seconds,
  requests: 10,
  bytes: 1000,
  longestTaskMs: 0,
  pageBusyMs: null,
  peakBytes: null,
  cpuSeconds: null,
  messages: null,
  storeBytes: null,
  lockBytes: null,
  tarballs: null,
  files: null,
  storedSeconds: null,
  materializeSeconds: null,
  stats: {},
  ...more,
});

const row = (who: string, samples: Sample[]): Row => {
  const label = { phase: "p1_resolve", project: "p", feed: "network", transport: "h2" } as const;
  return rowOf({ ...label, who, mode: null, io: null }, samples, samples);
};

test("a row has the median and spread of its runs, and the worst long task and lock", () => {
  const locks = ["ok", "differs", "ok"];
  const samples = [3, 1, 8].map((n, i) => sample(n, { longestTaskMs: n * 10, stats: { n, lock: locks[i] } }));
  const { seconds, median, sd, longestTaskMs, stats, cpuSeconds } = row("webhoist", samples);
  expect({ seconds, median, longestTaskMs, cpuSeconds }).toEqual({
    seconds: [3, 1, 8],
    median: 3,
    longestTaskMs: 80,
    cpuSeconds: null,
  });
  expect(sd).toBeCloseTo(3.606, 3);
  expect(stats).toEqual({ n: 3, lock: "differs" });
});

test("contenders take turns in rotating order, a failed one drops out, and a warm-up does not count", async () => {
  const turns: string[] = [];
  const contender = (who: string, fails: boolean): Contender => ({
    label: { project: "p", who, mode: null, transport: "h1", feed: "network", io: null },
    round: async (observed) => {
      turns.push(who);
      if (fails) throw new Error(`${who} fails`);
      return new Map([["p1_resolve", sample(turns.length, { peakBytes: observed ? 7 : 0 })]]);
    },
    trace: async () => new Map([["p1_resolve", 12]]),
  });
  const options = parseOptions(["--runs", "2"]);
  if (!options) throw new Error("no options");
  const three = [contender("a", false), contender("b", true), contender("c", false)];
  const { rows, failures } = await race(three, options, { dist: "", say: () => {} });
  // a b c, b c a, c a b: b is out after the first.
  expect(turns.join("")).toBe("abccaca");
  expect(rows.map(({ who, seconds, longestTaskMs, peakBytes }) => [who, seconds, longestTaskMs, peakBytes])).toEqual([
    ["a", [5, 7], 12, 7],
    ["c", [4, 6], 12, 7],
  ]);
  expect(failures.map((text) => text.split("\n")[0])).toEqual(["p b h1: Error: b fails"]);
});

test("a warm phase runs after its cold one, and unrelated phases start in separate profiles", () => {
  expect(phaseChains(["p4_warm_link", "p1_resolve"])).toEqual([["p1_resolve"], ["p3_cold_install", "p4_warm_link"]]);
  expect(phaseChains(["p0_full_cold", "p3_cold_install"])).toEqual([["p0_full_cold"], ["p3_cold_install"]]);
});

test("the table marks wrong files and phases that were not warm", () => {
  const label = { project: "p", feed: "network", transport: "h2", who: "webhoist", mode: null, io: null } as const;
  const warm = rowOf({ ...label, phase: "p4_warm_link" }, [sample(1, { requests: 1, stats: { wrong: 2 } })], []);
  expect(tableOf([warm])).toMatch(/NOT WARM, FILES DIFFER$/);
});

test("the table and the chart name every contender, with ratios to the floor and to each peer", () => {
  const rows = [row("floor", [sample(2)]), row("webhoist", [sample(3)]), row("bun", [sample(0.5)])];
  const [, , , webhoist] = tableOf(rows).split("\n");
  expect(webhoist).toMatch(/^webhoist h2 +3\.00 +3\.00–3\.00 +×1\.50 +×6\.00 +10 /);
  const chart = chartOf(rows);
  for (const label of ["floor h2", "webhoist h2", "bun h2", "3.00 s", "500 ms"]) expect(chart).toContain(label);
});

test("the longest task is taken from the page's own thread, between the marks", () => {
  const event = (name: string, ts: number, more: object): object => ({ name, ph: "X", pid: 1, tid: 1, ts, ...more });
  const events = [
    event("bench-start", 1000, { ph: "R" }),
    event("bench-end", 9000, { ph: "R" }),
    event("RunTask", 100, { dur: 800 }),
    event("RunTask", 2000, { dur: 500 }),
    event("RunTask", 3000, { dur: 700, tid: 2 }),
    event("RunTask", 4000, { dur: 900, pid: 2 }),
  ] as TraceEvent[];
  expect(longestTask(events)).toBe(0.5);
  expect(longestTask(events.slice(1))).toBeUndefined();
});

test("rejects an unknown flag and names the known ones", () => {
  expect(() => parseOptions(["--modes", "inline,fast"])).toThrow(
    "--modes must be one of threads, worker, inline, auto, not fast.",
  );
  expect(() => parseOptions(["--runs", "many"])).toThrow("--runs must be a number, not many.");
  expect(() => parseOptions(["--speed"])).toThrow("--speed");
  expect(parseOptions(["--help"])).toBeNull();
});
