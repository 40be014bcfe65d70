import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleEntry } from "../../../scripts/bundle-entry.mjs";
import { findChromium } from "../../../scripts/chromium.mjs";
import { fixtureCases } from "../../conformance/fixtures.ts";
import { hostCases } from "./host.ts";
import type { PageAnswer, PageJob } from "./page-protocol.ts";
import { Tabs } from "./tabs.ts";
import { MODES, type RealMode } from "./trial.ts";

// In a hidden tab no frame is drawn, and a chain of timers makes one step a minute. A run must need neither.

/** A project for which the engine pauses about forty times. */
const HEAVY = "react-scripts-5";
/** Milliseconds: far more than a run takes, but too little if its turns depended on the timers of a hidden tab. */
const WATCHDOG = 120_000;
/** More steps than the timers of a hidden tab make in that time. */
const STEPS = 200;

interface Seen extends PageAnswer {
  visible: string;
  /** Frames drawn while the case ran. */
  frames: number;
  steps: number;
}

/** Resources to close, in the order of opening. */
const open: (AsyncDisposable | (() => void))[] = [];
let tabs: Tabs;
let tab: string;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "webhoist-hidden-"));
  open.push(() => rmSync(folder, { recursive: true, force: true }));
  await bundleEntry("test/system/modes/page.ts", { platform: "page", outDir: folder });
  const cases = (await fixtureCases("real")).filter(({ name }) => name === HEAVY);
  const site = await hostCases({ folder, cases: cases.map((found) => ({ open: () => found })) });
  open.push(site);
  tabs = new Tabs(findChromium()!);
  open.push(tabs);
  tab = await tabs.open(site.url);
  expect(await tabs.evaluate(tab, READY)).toBe(true);
  await tabs.open("data:text/html,<title>in front</title>");
  await tabs.evaluate(tab, HIDDEN);
}, 120_000);

afterAll(async () => {
  for (const one of open.reverse()) await (typeof one === "function" ? one() : one[Symbol.asyncDispose]());
});

/** Waits until the page's script has run. Returns whether the page is isolated. */
const READY = `new Promise((done) => {
  const look = () => ("modesPage" in globalThis ? done(crossOriginIsolated) : setTimeout(look, 20));
  look();
})`;

/** Waits until the page knows that it is hidden. */
const HIDDEN = `new Promise((done) => {
  const look = () => document.hidden && done();
  document.addEventListener("visibilitychange", look);
  look();
})`;

/** Runs the case, and counts the frames and timers that it could have waited for. */
function script(mode: RealMode): string {
  const job: PageJob = { index: 0, modes: [mode], shuffles: 0, metadata: "full" };
  return `(async () => {
    let frames = 0, steps = 0;
    requestAnimationFrame(function draw() { frames++; requestAnimationFrame(draw); });
    setTimeout(function step() { if (++steps < ${STEPS}) setTimeout(step); });
    const answer = await modesPage.run(${JSON.stringify(job)});
    return { ...answer, frames, steps, visible: document.visibilityState };
  })()`;
}

async function orHangs<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error("hangs")), WATCHDOG);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

test.each(MODES)("mode %s finishes in a hidden tab", { timeout: WATCHDOG + 10_000 }, async (mode) => {
  const seen = await orHangs(tabs.evaluate<Seen>(tab, script(mode)));
  expect(seen).toMatchObject({ wrong: [], visible: "hidden", frames: 0 });
  // If the tab's timers were not slow, the test would prove nothing.
  expect(seen.steps).toBeLessThan(STEPS);
});
