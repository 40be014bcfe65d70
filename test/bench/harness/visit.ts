import type { StoreUsage } from "../../../src/api/resolve.ts";
import type { Browser } from "./browser.ts";
import { rendererOf, watchMemory } from "./memory.ts";
import type { Page } from "./page.ts";
import type { Ask, FloorJob, PageDetails, PageJob, PageTimes } from "./page-protocol.ts";
import type { Registry } from "./registry.ts";
import type { FeedIndex, RegistryLog } from "./registry-protocol.ts";
import type { ThreadProfile } from "./thread-profile.ts";

/** The number of requests that make a browser start its network services. */
const WARM = 64;

/** A page that does one job once. */
export interface Visit {
  url: string;
  job: PageJob;
  feed: FeedIndex | null;
  registry: Registry;
}

export interface Seen {
  times: PageTimes;
  details: PageDetails;
  store: StoreUsage | null;
  log: RegistryLog;
  /** Milliseconds that the page's main thread was in tasks: wall-clock time and processor time. */
  busyMs: number;
  threadMs: number;
  /** Processor seconds of all the browser's processes. */
  cpuSeconds: number;
  /** The peak during the run and during the storing after it. */
  peakBytes: number | null;
  materializeMs: number | null;
}

async function prepared(browser: Browser, { url, job, feed, registry }: Visit): Promise<Page> {
  const page = await browser.open(url);
  await page.evaluate(`bench.prepare(${JSON.stringify(job)}, ${JSON.stringify(feed)})`);
  await registry.take();
  return page;
}

async function leave(page: Page): Promise<void> {
  await page.evaluate("bench.dispose()");
  await page.close();
}

/**
 * Opens a page, lets it run and closes it, after the store has been written for the next page.
 * @param look milliseconds between two readings of the renderer's memory; 0: none
 */
export async function visit(browser: Browser, given: Visit, look: number): Promise<Seen> {
  const page = await prepared(browser, given);
  const pid = look > 0 ? await rendererOf(browser, page) : null;
  const peak = pid === null ? (): null => null : watchMemory(pid, look);
  const [before, cpuBefore] = [await page.usage(), await browser.cpu()];
  const times = await page.evaluate<PageTimes>("bench.run()");
  const [after, cpuAfter] = [await page.usage(), await browser.cpu()];
  await page.evaluate("bench.stored()");
  const peakBytes = peak();
  const details = await page.evaluate<PageDetails>("bench.details()");
  const store = await page.evaluate<StoreUsage | null>("bench.settled()");
  const materializeMs = await page.evaluate<number | null>("bench.materialize()");
  await leave(page);
  return {
    times,
    details,
    store,
    log: await given.registry.take(),
    busyMs: (after.busy - before.busy) * 1000,
    threadMs: (after.cpu - before.cpu) * 1000,
    cpuSeconds: cpuAfter - cpuBefore,
    peakBytes,
    materializeMs,
  };
}

/** Makes requests in another profile, so that the measured page does not pay for the start of the browser's services. */
export async function warmUp(browser: Browser, { url, registry }: Visit, asks: readonly Ask[]): Promise<void> {
  const pools = [{ asks: asks.slice(0, WARM), inFlight: WARM }];
  const job: FloorJob = { kind: "floor", registry: registry.url, cache: "default", pools };
  const page = await browser.open(url, true);
  await page.evaluate(`bench.prepare(${JSON.stringify(job)}, null)`);
  await page.evaluate("bench.run()");
  await page.close();
}

/** Visits a page under a profiler. Returns the profile of each thread. */
export async function profiledVisit(browser: Browser, given: Visit, dist: string): Promise<ThreadProfile[]> {
  const page = await prepared(browser, given);
  const profiles = await page.profile(dist, async () => void (await page.evaluate("bench.run()")));
  await page.evaluate("bench.stored()");
  await page.evaluate("bench.settled()");
  await leave(page);
  await given.registry.take();
  return profiles;
}

/** Visits a page under a trace. Returns the page's longest task in milliseconds. */
export async function tracedVisit(browser: Browser, given: Visit): Promise<number | undefined> {
  const page = await prepared(browser, given);
  const longest = await page.longestTask(async () => void (await page.evaluate("bench.run()")));
  await page.evaluate("bench.stored()");
  await page.evaluate("bench.settled()");
  await leave(page);
  await given.registry.take();
  return longest;
}
