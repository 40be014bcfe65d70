import { readdirSync, readFileSync } from "node:fs";
import type { Browser } from "./browser.ts";
import type { Page } from "./page.ts";

/** Returns the proportional set size of a process in bytes, or null if the system does not report it. */
export function pss(pid: number): number | null {
  try {
    const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** Returns the number of workers in a process, or 0 if the system does not report it. */
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
  globalThis.probeUrl = URL.createObjectURL(new Blob(["postMessage(0)"]));
  globalThis.probe = new Worker(probeUrl);
  probe.onmessage = up;
}).then(() => {})`;

/**
 * Returns the process of a page, or null if the system does not report it. Finds it by a worker that the page starts. (A trace has
 * this information, too, but after a page was closed Chromium waits ten seconds before it starts one.)
 */
export async function rendererOf(browser: Browser, page: Page): Promise<number | null> {
  const renderers = async (): Promise<number[]> =>
    (await browser.processes()).filter(({ type }) => type === "renderer").map(({ id }) => id);
  const before = new Map((await renderers()).map((pid) => [pid, workersIn(pid)]));
  await page.evaluate(START_WORKER);
  const found = (await renderers()).find((pid) => workersIn(pid) > (before.get(pid) ?? 0));
  await page.evaluate("probe.terminate(), URL.revokeObjectURL(probeUrl)");
  return found ?? null;
}

/** Reads a process's memory every `every` milliseconds. Returns a function that stops this and returns the peak. */
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
