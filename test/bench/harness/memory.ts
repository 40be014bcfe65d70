import { readdirSync, readFileSync } from "node:fs";
import type { Browser } from "./browser.ts";
import type { Page } from "./page.ts";

/** Proportional set size of a process in bytes; null where the system does not say. */
function pss(pid: number): number | null {
  try {
    const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** How many workers run in a process; none where the system does not say. */
function workersIn(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.filter((thread) => /^DedicatedWorker/.test(readFileSync(`/proc/${pid}/task/${thread}/comm`, "utf8")))
      .length;
  } catch {
    return 0;
  }
}

const START_WORKER = `new Promise((up) => {
  globalThis.probe = new Worker(URL.createObjectURL(new Blob(["postMessage(0)"])));
  probe.onmessage = up;
}).then(() => {})`;

/**
 * The process a page is in, null where the system does not say. Nothing tells it, but a worker that the page starts shows
 * there. (A trace would say so too, but where a page has just been closed Chromium waits ten seconds before it starts one.)
 */
export async function rendererOf(browser: Browser, page: Page): Promise<number | null> {
  const renderers = async (): Promise<number[]> =>
    (await browser.processes()).filter(({ type }) => type === "renderer").map(({ id }) => id);
  const before = new Map((await renderers()).map((pid) => [pid, workersIn(pid)]));
  await page.evaluate(START_WORKER);
  const found = (await renderers()).find((pid) => workersIn(pid) > (before.get(pid) ?? 0));
  await page.evaluate("probe.terminate()");
  return found ?? null;
}

/** Looks at a process's memory every `every` milliseconds; the function it returns ends that and gives the peak. */
export function watchMemory(pid: number, every: number): () => number | null {
  let peak = pss(pid);
  const look = (): void => {
    const now = pss(pid);
    if (now !== null) peak = Math.max(peak ?? 0, now);
  };
  const timer = setInterval(look, every);
  return () => {
    clearInterval(timer);
    look();
    return peak;
  };
}
