import type { Browser } from "./browser.ts";
import { longestTask, type TraceEvent } from "./trace.ts";

export interface Usage {
  /** Seconds the page's thread was in a task: with its waits for a core, and without. */
  busy: number;
  cpu: number;
}

interface Remote {
  result: { value?: unknown };
  exceptionDetails?: { text: string; exception?: { description?: string } };
}

interface Place {
  url: string;
  targetId: string;
  sessionId: string;
}

/** One tab. */
export class Page {
  readonly #browser: Browser;
  readonly #place: Place;
  /** Its renderer's process id. */
  readonly pid: number;

  private constructor(browser: Browser, place: Place, pid: number) {
    this.#browser = browser;
    this.#place = place;
    this.pid = pid;
  }

  static async load(browser: Browser, place: Place): Promise<Page> {
    const { devtools } = browser;
    const { url, sessionId } = place;
    await devtools.send("Page.enable", {}, sessionId);
    const loaded = devtools.once("Page.loadEventFired", sessionId);
    const { errorText } = await devtools.send<{ errorText?: string }>("Page.navigate", { url }, sessionId);
    if (errorText) throw new Error(`${url}: ${errorText}`);
    await loaded;
    await devtools.send("Page.disable", {}, sessionId);
    await devtools.send("Performance.enable", {}, sessionId);
    return new Page(browser, place, await rendererOf(browser, sessionId));
  }

  /** The value of an expression, awaited. @throws Error with the page's own stack */
  async evaluate<T>(expression: string): Promise<T> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { devtools } = this.#browser;
    const { result, exceptionDetails } = await devtools.send<Remote>("Runtime.evaluate", params, this.#place.sessionId);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  }

  async usage(): Promise<Usage> {
    const metrics = await metricsOf(this.#browser, this.#place.sessionId);
    return { busy: metrics.get("TaskDuration") ?? 0, cpu: metrics.get("ThreadTime") ?? 0 };
  }

  /** Milliseconds of the page's longest task while `run` runs, between its marks. Slows everything: not for a timed run. */
  async longestTask(run: () => Promise<void>): Promise<number | undefined> {
    const { devtools } = this.#browser;
    const events: TraceEvent[] = [];
    const forget = devtools.on("Tracing.dataCollected", undefined, (params) => {
      for (const event of (params as { value: TraceEvent[] }).value) events.push(event);
    });
    const includedCategories = ["toplevel", "blink.user_timing"];
    await devtools.send("Tracing.start", { traceConfig: { includedCategories, recordMode: "recordAsMuchAsPossible" } });
    await run();
    const complete = devtools.once("Tracing.tracingComplete");
    await devtools.send("Tracing.end");
    await complete;
    forget();
    return longestTask(events);
  }

  async close(): Promise<void> {
    await this.#browser.devtools.send("Target.closeTarget", { targetId: this.#place.targetId });
  }
}

async function metricsOf(browser: Browser, sessionId: string): Promise<Map<string, number>> {
  type Metrics = { metrics: { name: string; value: number }[] };
  const { metrics } = await browser.devtools.send<Metrics>("Performance.getMetrics", {}, sessionId);
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

/** Milliseconds for which the page is kept busy to be told from others. */
const SPIN = 80;

/** Nothing says which process a page is in: it is the renderer that works when the page does. */
async function rendererOf(browser: Browser, sessionId: string): Promise<number> {
  const renderers = async () => (await browser.processes()).filter(({ type }) => type === "renderer");
  const before = new Map((await renderers()).map(({ id, cpuTime }) => [id, cpuTime]));
  const expression = `for (const end = performance.now() + ${SPIN}; performance.now() < end; );`;
  await browser.devtools.send("Runtime.evaluate", { expression }, sessionId);
  const used = (await renderers()).map(({ id, cpuTime }) => ({ id, spent: cpuTime - (before.get(id) ?? cpuTime) }));
  return used.sort((a, b) => b.spent - a.spent)[0]?.id ?? 0;
}
